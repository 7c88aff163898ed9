"""Tags are renamed, made one and deleted."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Agent
from rules.models import Rule
from tests.conftest import signed_in
from tests.factories import a_ticket
from tickets.models import Macro, SavedView, Tag
from tickets.services.handling import set_tags
from tickets.services.viewing import save_view

TAGS = "/desk/settings/tags/"


@pytest.fixture
def as_admin(admin: Agent, support) -> Client:
    return signed_in(admin)


def tags_of(ticket):
    return sorted(ticket.tags.values_list("name", flat=True))


def page_of(tag):
    return f"{TAGS}{tag.pk}/"


def test_tags_are_listed_with_their_open_tickets_and_searched(as_admin, aiko):
    set_tags(a_ticket(), names=["VIP", "返金"], by=aiko)
    set_tags(a_ticket(email="b@example.com"), names=["vip"], by=aiko)
    text = as_admin.get(TAGS).text
    assert text.index("VIP") < text.index("返金")
    assert "2 open tickets" in text
    found = as_admin.get(TAGS, {"q": "ＶＩ"}).text
    assert "VIP" in found
    assert "返金" not in found
    assert "There is no such tag." in as_admin.get(TAGS, {"q": "nothing"}).text


def test_another_name_is_followed_by_tickets_macros_views_and_rules(as_admin, admin, aiko):
    ticket = a_ticket()
    set_tags(ticket, names=["refund"], by=aiko)
    macro = Macro.objects.create(name="M", body="x", tags=["Refund", "other"])
    save_view(name="V", query="tag=refund&priority=high", owner=admin, team=None)
    rule = Rule.objects.create(
        name="R",
        keeper=admin,
        conditions=[{"of": "tag", "way": "has", "value": "REFUND"}],
        actions=[{"do": "untag", "value": "x, refund"}],
    )
    answer = as_admin.post(f"{page_of(Tag.objects.get())}update/", {"name": "返金"}, follow=True)
    assert "“refund” is “返金” now." in answer.text
    macro.refresh_from_db()
    rule.refresh_from_db()
    assert tags_of(ticket) == ["返金"]
    assert macro.tags == ["返金", "other"]
    assert "tag=%E8%BF%94%E9%87%91" in SavedView.objects.get().query
    assert rule.conditions[0]["value"] == "返金"
    assert rule.actions[0]["value"] == "x, 返金"


def test_with_the_name_of_another_the_two_are_one(as_admin, aiko):
    both, one = a_ticket(), a_ticket(email="b@example.com")
    set_tags(both, names=["refund", "返金"], by=aiko)
    set_tags(one, names=["refund"], by=aiko)
    as_admin.post(f"{page_of(Tag.objects.get(name='refund'))}update/", {"name": "返金"})
    assert (tags_of(both), tags_of(one)) == (["返金"], ["返金"])
    assert Tag.objects.count() == 1


def test_only_the_spelling_may_change(as_admin, aiko):
    ticket = a_ticket()
    set_tags(ticket, names=["vip"], by=aiko)
    as_admin.post(f"{page_of(Tag.objects.get())}update/", {"name": "VIP"})
    assert tags_of(ticket) == ["VIP"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_bad_name_changes_nothing(as_admin, aiko, name):
    ticket = a_ticket()
    set_tags(ticket, names=["vip"], by=aiko)
    assert as_admin.post(f"{page_of(Tag.objects.get())}update/", {"name": name}).status_code == 422
    assert tags_of(ticket) == ["vip"]


def test_a_deleted_tag_is_off_all_tickets(as_admin, aiko):
    ticket = a_ticket()
    set_tags(ticket, names=["vip", "other"], by=aiko)
    as_admin.post(f"{page_of(Tag.objects.get(name='vip'))}deletion/")
    assert tags_of(ticket) == ["other"]
