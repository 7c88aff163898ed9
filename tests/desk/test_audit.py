"""The audit log as those who may read it see it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Change
from audit.services import erase_customer
from tests.conftest import signed_in
from tests.factories import a_customer, a_ticket, a_topic
from tests.html import Page
from topics.models import Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

CHANGES = "/desk/settings/audit/"
LOOKS = "/desk/settings/audit/looks/"


@pytest.fixture
def as_admin(admin) -> Client:
    return signed_in(admin)


def text_of(client: Client, address: str) -> str:
    return Page(client.get(address).text).text


@pytest.fixture
def renamed(as_admin, support) -> Topic:
    topic = a_topic(name_ja="返品", name_en="")
    as_admin.post(
        f"/desk/settings/topics/{topic.pk}/update/",
        {"name_ja": "返品・交換", "team": support.pk, "is_active": "on"},
    )
    return topic


def test_a_change_is_a_sentence_with_what_was_before_and_a_link(as_admin, renamed):
    page = as_admin.get(CHANGES)

    text = Page(page.text).text
    assert "Admin changed topic “返品”" in text
    assert "Name (Japanese): 返品 → 返品・交換" in text
    assert f'href="/desk/settings/topics/{renamed.pk}/"' in page.text


def test_it_is_said_in_japanese_too(as_admin, admin, renamed):
    admin.language = "ja"
    admin.save()

    text = text_of(as_admin, CHANGES)

    assert "Adminさんが種別「返品」を変更しました" in text
    assert "名前（日本語）：返品 → 返品・交換" in text


def test_references_are_names_and_not_numbers(as_admin, support, aiko):
    assert "added membership “Support / Aiko”" in text_of(as_admin, CHANGES)


def test_the_log_can_be_cut_down(as_admin, admin, renamed, aiko):
    today = timezone.localdate().isoformat()

    for query, is_there in {
        f"agent={admin.pk}": True,
        f"agent={aiko.pk}": False,
        "table=topics_topic": True,
        "table=sla_policy": False,
        "words=返品・": True,
        "words=100%25": False,
        f"since={today}&until={today}": True,
        "until=2020-01-01": False,
        f"table=topics_topic&row={renamed.pk}": True,
        # What cannot be read cuts nothing down.
        "agent=x&since=yesterday&row=１&after=nowhere": True,
    }.items():
        assert ("返品・交換" in text_of(as_admin, f"{CHANGES}?{query}")) is is_there, query


def test_pages_go_on_where_the_one_before_ended(as_admin):
    for number in range(51):
        a_topic(name_en=f"Topic {number}")
    cut_down = f"{CHANGES}?table=topics_topic"

    first = as_admin.get(cut_down)
    second = Page(as_admin.get(CHANGES + first.context["older_url"]).text).text

    assert len(first.context["lines"]) == 50
    assert "topic “請求 / Topic 0”" in second
    assert "Topic 1”" not in second


def test_what_was_erased_says_so_and_nothing_else(as_admin):
    hana = a_customer(name="花子")
    erase_customer(hana.pk)

    text = text_of(as_admin, f"{CHANGES}?table=customers_customer")

    assert "花子" not in text
    assert f"customer “#{hana.pk}”" in text
    assert "What it said was erased" in text


def test_who_looked_at_a_customer_is_linked_from_the_record(as_admin, as_aiko, aiko):
    ticket = a_ticket()
    as_aiko.get(f"/desk/tickets/{ticket.number}/")
    record = f"/desk/customers/{ticket.customer_id}/"
    address = f"{LOOKS}?customer={ticket.customer_id}"

    assert address not in as_aiko.get(record).text
    assert address in as_admin.get(record).text
    text = text_of(as_admin, address)
    assert "Aiko opened a ticket" in " ".join(text.split())
    assert f"#{ticket.number}" in text
    assert "Aiko opened a ticket" not in text_of(as_admin, f"{LOOKS}?customer=999999")


def test_both_logs_can_be_exported_and_that_is_written_down(as_admin, renamed):
    Topic.objects.filter(pk=renamed.pk).update(name_ja="=1+1")

    table = b"".join(as_admin.get(f"{CHANGES}export/?table=topics_topic")).decode("utf-8-sig")
    looks = b"".join(as_admin.get(f"{LOOKS}export/")).decode("utf-8-sig")

    assert table.splitlines()[0].startswith('"When","Who","What"')
    assert '"Admin changed topic “返品”","Name (Japanese): 返品 → 返品・交換"' in table
    assert "exported this log" in looks or "exported this log" in text_of(as_admin, LOOKS)


def test_agents_do_not_read_it(as_aiko):
    for address in (CHANGES, LOOKS, f"{CHANGES}export/", f"{LOOKS}export/"):
        assert as_aiko.get(address).status_code == 403
    assert not Change.objects.filter(table_name="audit_access").exists()
