"""Rules in the settings: written, tried, switched on, looked at and undone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from rules.models import Recurrence, Rule, Run
from tests.conftest import signed_in
from tests.factories import a_ticket

RULES = "/desk/settings/rules/"
FILLED = {
    "name": "Refunds",
    "events": ["opened", "wrote"],
    "needs_all": "yes",
    "c-0-of": "subject",
    "c-0-way": "has",
    "c-0-value": "返金",
    "a-0-do": "priority",
    "a-0-value": "high",
    "a-1-do": "tag",
    "a-1-value": "返金",
}


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    return signed_in(admin)


@pytest.fixture
def rule(as_admin: Client, support) -> Rule:
    answer = as_admin.post(reverse("desk:settings_rule_create"), FILLED)
    assert answer.status_code == 302
    return Rule.objects.get()


def page_of(client: Client, rule: Rule) -> str:
    return client.get(f"{RULES}{rule.pk}/").content.decode()


def test_a_rule_is_a_sentence_in_both_languages(as_admin, admin, rule):
    assert (
        "When a ticket is opened or a customer writes again, if the subject contains “返金”: set"
        " the priority to “High”; add the tags “返金”." in page_of(as_admin, rule)
    )
    admin.language = "ja"
    admin.save()
    page = page_of(as_admin, rule)
    assert (
        "新しい問い合わせが届いた、またはお客様から追加の連絡があったとき、件名に「返金」を含む場合: "
        "優先度を「高」にする、タグ「返金」を付ける。" in page
    )


def test_it_does_nothing_until_it_is_switched_on(as_admin, rule):
    assert not rule.is_active
    assert "It does nothing until it is switched on." in page_of(as_admin, rule)
    as_admin.post(f"{RULES}{rule.pk}/switch/", {"on": "yes"})
    rule.refresh_from_db()
    assert rule.is_active


def test_a_row_more_and_a_row_fewer_keep_what_was_typed(as_admin, support):
    typed = {**FILLED, "name": "", "add": "c", "new-c": "assignee"}
    page = as_admin.post(reverse("desk:settings_rule_create"), typed)
    assert page.status_code == 200
    text = page.content.decode()
    assert 'name="c-1-of" value="assignee"' in text
    assert 'value="返金"' in text
    assert "Please check" not in text

    page = as_admin.post(reverse("desk:settings_rule_create"), {**FILLED, "remove": "a-0"})
    assert "a-0-value" not in page.content.decode()
    assert "a-1-value" in page.content.decode()
    assert not Rule.objects.exists()


def test_what_is_wrong_is_said_and_kept(as_admin, support):
    for wrong in ({"a-0-value": "enormous"}, {"events": []}, {"name": ""}, {"c-0-value": ""}):
        page = as_admin.post(reverse("desk:settings_rule_create"), FILLED | wrong)
        assert page.status_code == 422
        assert "Please check" in page.content.decode()
    assert not Rule.objects.exists()


def test_a_dry_run_says_which_tickets_and_what_would_change(as_admin, rule):
    hit, missed = a_ticket(subject="返金のお願い"), a_ticket(subject="使い方")
    page = page_of(as_admin, rule)
    assert "1 open ticket meets the conditions." in page
    assert f"/desk/tickets/{hit.number}/" in page
    assert f"/desk/tickets/{missed.number}/" not in page
    assert "Priority: Normal → High" in page
    assert "+ 返金" in page
    hit.refresh_from_db()
    assert hit.priority == "normal"


def test_it_is_done_by_hand_looked_at_and_undone(as_admin, rule):
    ticket = a_ticket(subject="返金のお願い")
    page = as_admin.post(f"{RULES}{rule.pk}/run/", follow=True).content.decode()
    ticket.refresh_from_db()
    assert ticket.priority == "high"
    assert "1 ticket was changed." in page
    assert f"#{ticket.number}" in page
    history = signed_in(Agent.objects.get(role="administrator")).get(
        f"/desk/tickets/{ticket.number}/"
    )
    assert "(rule “Refunds”)" in history.content.decode()

    run = Run.objects.get()
    page = as_admin.post(f"{RULES}{rule.pk}/undo/", {"run": run.pk}, follow=True)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.tags.count()) == ("normal", 0)
    assert "undone" in page.content.decode()


def test_the_log_can_be_cut_down_to_a_ticket(as_admin, rule):
    first, second = (a_ticket(subject="返金", email=f"{n}@example.com") for n in (1, 2))
    as_admin.post(f"{RULES}{rule.pk}/run/")
    page = as_admin.get(f"{RULES}{rule.pk}/log/", {"ticket": second.number}).content.decode()
    assert f"/desk/tickets/{second.number}/" in page
    assert f"/desk/tickets/{first.number}/" not in page


def test_rules_are_moved_and_deleted(as_admin, rule):
    as_admin.post(reverse("desk:settings_rule_create"), FILLED | {"name": "Second"})
    as_admin.post(f"{RULES}{rule.pk}/order/", {"by": "1"})
    assert list(Rule.objects.values_list("name", flat=True)) == ["Second", "Refunds"]
    as_admin.post(f"{RULES}{rule.pk}/deletion/")
    assert list(Rule.objects.values_list("name", flat=True)) == ["Second"]


def test_a_rule_of_time_names_its_hours(as_admin, support):
    typed = {**FILLED, "since": "waiting", "after": "4:30"}
    as_admin.post(reverse("desk:settings_rule_create") + "?time=1", typed)
    page = page_of(as_admin, Rule.objects.get())
    assert "When a customer has waited for our word for 4 hours 30 minutes, if" in page


def test_a_recurring_ticket_is_kept_for_a_known_customer(as_admin, support):
    ticket = a_ticket()
    typed = {
        "subject": "Monthly check-in",
        "body": "How is it going?",
        "customer": "hana@example.com",
        "team": support.pk,
        "priority": "normal",
        "every": "month",
        "first_at": "2026-12-01T09:00",
        "is_active": "on",
    }
    url = reverse("desk:settings_recurrence_create")
    page = as_admin.post(url, typed | {"customer": "nobody@example.com"})
    assert page.status_code == 422
    assert "There is no customer with this address." in page.content.decode()
    page = as_admin.post(url, typed, follow=True).content.decode()
    assert "Monthly check-in" in page
    assert Recurrence.objects.get().customer == ticket.customer
