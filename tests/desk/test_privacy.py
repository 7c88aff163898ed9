"""Handing out and erasing a customer, at the desk."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest

from audit.models import Access
from customers.models import Customer
from privacy.handing_out import continue_hand_outs, delete_expired
from privacy.models import Erasure
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.factories import a_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def page_of(ticket):
    return f"/desk/customers/{ticket.customer_id}/privacy/"


def looks():
    return list(Access.objects.order_by("pk").values_list("name", "kind"))


def test_a_customer_gets_a_file_and_who_made_and_fetched_it_is_known(admin):
    ticket = a_ticket(body="印刷できません。")
    browser = signed_in(admin)

    for _ in range(2):
        browser.post(f"{page_of(ticket)}files/", {"with_notes": "on"})
    assert "About to begin." in words(browser.get(page_of(ticket)))
    assert continue_hand_outs() == 1

    hand_out = ticket.customer.hand_outs.get()
    assert "Download" in words(browser.get(page_of(ticket)))
    response = browser.get(f"{page_of(ticket)}files/{hand_out.pk}/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response)))
    told = json.loads(archive.read(f"tickets/{ticket.number}.json"))
    assert told["messages"][0]["body"] == "印刷できません。"
    assert {("Admin", "hand_out"), ("Admin", "download")} <= set(looks())

    assert delete_expired(now=MONDAY_AT_TEN + timedelta(days=8)) == 1
    assert browser.get(f"{page_of(ticket)}files/{hand_out.pk}/").status_code == 404
    hand_out.refresh_from_db()
    assert (hand_out.state, hand_out.agent) == ("expired", admin)


def test_erasing_asks_for_the_number_of_tickets_and_refuses_open_ones(admin, aiko):
    ticket = a_ticket(email="hana@example.com")
    browser = signed_in(admin)
    address = f"{page_of(ticket)}erasure/"

    assert browser.post(address, {"tickets": "2"}).status_code == 422
    refused = browser.post(address, {"tickets": "1"})
    assert "still open" in words(refused)
    assert not Erasure.objects.exists()

    browser.post(address, {"tickets": "１", "closes": "on"})

    ticket.refresh_from_db()
    assert (ticket.status, ticket.subject) == ("resolved", "■■■")
    assert "Admin erased this customer" in words(
        browser.get(f"/desk/customers/{ticket.customer_id}/")
    )
    assert browser.get(f"/desk/tickets/{ticket.number}/").status_code == 200
    assert "Admin erased this customer" in words(browser.get(page_of(ticket)))
    assert ("Admin", "erase") in looks()
    # Whoever writes again is somebody new.
    assert a_ticket(email="hana@example.com").customer_id != ticket.customer_id


def test_agents_and_managers_do_neither(as_aiko, chika):
    ticket = a_ticket()

    for browser in (as_aiko, signed_in(chika)):
        assert browser.get(page_of(ticket)).status_code == 403
        assert browser.post(f"{page_of(ticket)}erasure/", {"tickets": "1"}).status_code == 403
        assert "Hand out or erase" not in words(
            browser.get(f"/desk/customers/{ticket.customer_id}/")
        )
    assert Customer.objects.get(pk=ticket.customer_id).name
