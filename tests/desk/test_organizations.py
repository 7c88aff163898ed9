from __future__ import annotations

import pytest
from django.urls import reverse

from customers.models import Organization
from tests.conftest import signed_in
from tests.factories import a_customer, a_ticket
from tests.html import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


def at(name: str, *args: int) -> str:
    return reverse(f"desk:organization{name}", args=args)


def test_an_organization_is_made_found_renamed_and_deleted(chika, as_aiko, mallory):
    desk = signed_in(chika)
    assert as_aiko.post(at("_create"), {"name": "x"}).status_code == 404

    wrong = desk.post(at("_create"), {"name": "Example KK", "domains": "gmail.com"})
    assert wrong.status_code == 422
    assert "gmail.com" in wrong.text
    made = desk.post(at("_create"), {"name": "Example KK", "domains": "example.co.jp\nexample.com"})
    organization = Organization.objects.get()
    assert made.headers["Location"] == at("", organization.pk)
    assert sorted(organization.domains.values_list("domain", flat=True)) == [
        "example.co.jp",
        "example.com",
    ]

    # Nobody of it has asked this team yet.
    assert as_aiko.get(at("", organization.pk)).status_code == 404
    hana = a_ticket(email="hana@example.co.jp").customer
    page = Page(as_aiko.get(at("_list"), {"q": "co.jp"}).text)
    assert at("", organization.pk) in [each.get("href") for _tag, each in page.elements]
    changed = as_aiko.post(at("_update", organization.pk), {"name": "Example Inc.", "domains": ""})
    assert changed.status_code == 302
    assert signed_in(mallory).get(at("", organization.pk)).status_code == 404
    shown = as_aiko.get(at("", organization.pk)).text
    assert reverse("desk:customer", args=[hana.pk]) in shown
    assert at("_delete", organization.pk) not in shown

    kept = as_aiko.post(at("_delete", organization.pk), follow=True)
    assert Organization.objects.get().name == "Example Inc."
    assert kept.status_code == 200
    organization.customers.clear()
    desk.post(at("_delete", organization.pk))
    assert not Organization.objects.exists()
    # Who has a record already stays where they are.
    assert a_customer("jiro@example.co.jp").organization_id is None
