"""Rules at work, with the triggers that tell them what happened."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Notification
from integrations.models import Occurrence, Webhook
from integrations.services import save_webhook
from rules.exceptions import BadRule
from rules.models import Rule, Run
from rules.running import run_by_hand, run_on_occurrences, run_on_time, undo_batch
from rules.services import save_rule, switch_rule
from sla.sweep import sweep_due
from tests.factories import a_ticket, a_topic
from tickets.models import TicketEvent
from tickets.services.handling import change_tags, solve
from tickets.services.rematching import change_priority
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from tickets.services.unsending import take_back


def a_rule(by, name="A rule", *, is_active=True, **values):
    defaults = {"events": ["opened"], "actions": [{"do": "tag", "value": "seen"}]}
    rule = save_rule(Rule(name=name), values={**defaults, **values}, by=by)
    switch_rule(rule, is_active=is_active)
    return rule


def asks(of, way, value=""):
    return {"of": of, "way": way, "value": value}


def does(do, value):
    return {"do": do, "value": value}


def tags_of(ticket):
    return sorted(ticket.tags.values_list("name", flat=True))


def test_a_new_ticket_that_meets_the_conditions_is_seen_to(admin, support, aiko):
    a_rule(
        admin,
        conditions=[asks("subject", "has", "返金"), asks("priority", "is", "normal")],
        actions=[does("assign", str(aiko.pk)), does("priority", "high"), does("tag", "返金")],
    )
    refund, other = a_ticket(subject="返金のお願い"), a_ticket(subject="使い方")

    assert run_on_occurrences() > 0

    refund.refresh_from_db()
    other.refresh_from_db()
    assert (refund.assignee, refund.priority, tags_of(refund)) == (aiko, "high", ["返金"])
    assert (other.assignee, other.priority, tags_of(other)) == (None, "normal", [])
    assert Run.objects.get().outcome == "done"
    assert all(event.facts.get("rule") == "A rule" for event in refund.events.exclude(agent=None))
    while run_on_occurrences():
        pass
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        (asks("assignee", "is", "nobody"), True),
        (asks("assignee", "is_not", "nobody"), False),
        (asks("topic", "is_not", "TOPIC"), True),
        (asks("tag", "lacks", "vip"), True),
        (asks("tag", "has", "vip"), False),
        (asks("said", "has", "印刷"), True),
        (asks("said", "lacks", "印刷"), False),
        (asks("vip", "no"), True),
        (asks("known", "no"), True),
        (asks("broken", "yes"), False),
        (asks("care", "yes"), False),
        (asks("reopened", "at_least", "1"), False),
        (asks("language", "is", "ja"), True),
        (asks("channel", "is_not", "web"), False),
    ],
)
def test_each_condition_is_met_or_not(admin, support, condition, is_met):
    topic = a_topic()
    condition["value"] = condition["value"].replace("TOPIC", str(topic.pk))
    a_rule(admin, conditions=[condition])
    ticket = a_ticket()
    run_on_occurrences()
    assert (tags_of(ticket) == ["seen"]) is is_met


def test_one_of_several_conditions_is_enough_when_it_is_said_so(admin, support):
    conditions = [asks("subject", "has", "nothing like it"), asks("language", "is", "ja")]
    a_rule(admin, conditions=conditions, needs_all=False)
    a_rule(admin, "All", conditions=conditions, actions=[does("tag", "all")])
    ticket = a_ticket()
    run_on_occurrences()
    assert tags_of(ticket) == ["seen"]


def test_a_rule_hears_only_of_what_it_waits_for(admin, support, aiko):
    a_rule(admin, events=["wrote", "moved"])
    ticket = a_ticket()
    change_priority(ticket, to="high", by=aiko)
    while run_on_occurrences():
        pass
    assert not Run.objects.exists()

    receive_reply(ticket, body="まだですか。", channel="web")
    solve(ticket, agent=aiko)
    while run_on_occurrences():
        pass
    assert list(Run.objects.order_by("pk").values_list("because", flat=True)) == ["wrote", "moved"]


def test_a_broken_promise_is_told_to_the_lead(admin, support, aiko, ben, monday_at_ten):
    a_rule(admin, events=["broken"], actions=[does("tell", "leads")])
    ticket = a_ticket()
    monday_at_ten.move_to(ticket.next_contact_at + timedelta(seconds=2))
    sweep_due(sweeper="test")
    run_on_occurrences()
    told = Notification.objects.get(kind="rule")
    assert (told.agent, told.facts) == (ben, {"rule": "A rule"})


def test_a_rule_that_is_off_costs_and_does_nothing(admin, support):
    rule = a_rule(admin, is_active=False)
    a_ticket()
    assert Occurrence.objects.count() == 0
    switch_rule(rule, is_active=True)
    a_ticket(email="two@example.com")
    run_on_occurrences()
    assert Run.objects.count() == 1


def test_rules_that_set_each_other_off_are_stopped(admin, support):
    a_rule(admin, "Up", events=["priority", "opened"], actions=[does("priority", "high")])
    a_rule(admin, "Down", events=["priority"], actions=[does("priority", "low")])
    ticket = a_ticket()
    while run_on_occurrences():
        pass
    ticket.refresh_from_db()
    assert set(Run.objects.values_list("outcome", flat=True)) >= {"done", "stopped"}
    assert Run.objects.count() < 8
    assert Occurrence.objects.count() == 0


def test_one_bad_action_leaves_nothing_half_done_and_holds_up_nobody(admin, support, mallory):
    rule = a_rule(admin, actions=[does("tag", "half"), does("assign", str(mallory.pk))])
    a_rule(admin, "Good", actions=[does("tag", "good")])
    ticket = a_ticket()
    run_on_occurrences()
    run = Run.objects.get(rule=rule)
    assert (run.outcome, run.before) == ("failed", [])
    assert "Mallory" in run.error
    assert tags_of(ticket) == ["good"]


def test_a_rule_of_time_acts_once_for_each_wait(admin, support, monday_at_ten):
    a_rule(
        admin,
        events=[],
        since="waiting",
        after=timedelta(hours=2),
        actions=[does("note", "{{customer}} waits.")],
    )
    ticket = a_ticket()
    assert run_on_time() == 0

    monday_at_ten.shift(timedelta(hours=2))
    assert (run_on_time(), run_on_time()) == (1, 0)
    assert ticket.notes.get().body == "山田花子 waits."


def test_a_rule_of_time_looks_ahead_to_a_promise(admin, support, monday_at_ten):
    a_rule(admin, events=[], since="promise", after=timedelta(minutes=30))
    ticket = a_ticket()
    monday_at_ten.move_to(ticket.next_contact_at - timedelta(minutes=31))
    assert run_on_time() == 0
    monday_at_ten.shift(timedelta(minutes=1))
    assert run_on_time() == 1
    assert tags_of(ticket) == ["seen"]


def test_a_new_rule_of_time_leaves_old_tickets_alone(admin, support, monday_at_ten):
    a_ticket()
    monday_at_ten.shift(timedelta(days=3))
    a_rule(admin, events=[], since="opened", after=timedelta(hours=1))
    a_ticket(email="two@example.com")
    assert run_on_time() == 0
    monday_at_ten.shift(timedelta(hours=1))
    assert run_on_time() == 1


def test_what_was_done_by_hand_is_undone_where_nobody_has_gone_on(admin, support, aiko):
    tickets = [a_ticket(email=f"c{number}@example.com") for number in range(3)]
    rule = a_rule(
        admin,
        is_active=False,
        conditions=[asks("priority", "is", "normal")],
        actions=[does("priority", "urgent"), does("assign", str(aiko.pk)), does("tag", "x")],
    )
    batch = run_by_hand(rule, [ticket.pk for ticket in tickets])
    assert Run.objects.filter(outcome="done").count() == 3
    change_tags(tickets[2], add=["mine"], by=aiko)

    assert undo_batch(batch) == 2
    for ticket in tickets:
        ticket.refresh_from_db()
    assert [ticket.priority for ticket in tickets] == ["normal", "normal", "urgent"]
    assert [ticket.assignee for ticket in tickets] == [None, None, aiko]
    assert [tags_of(ticket) for ticket in tickets] == [[], [], ["mine", "x"]]
    assert sorted(Run.objects.values_list("outcome", flat=True)) == ["kept", "undone", "undone"]


def _in_a_process_of_its_own(_number):
    try:
        run_on_occurrences()
    finally:
        connection.close()


def test_two_processes_do_it_once(fresh_desk, support, admin):
    a_rule(admin, actions=[does("note", "Once.")])
    ticket = a_ticket()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_in_a_process_of_its_own, range(2)))
    while run_on_occurrences():
        pass
    assert ticket.notes.count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"actions": []},
        {"actions": [does("assign", "999999")]},
        {"actions": [does("launch", "x")]},
        {"actions": [does("tag", " , ")]},
        {"conditions": [asks("priority", "has", "high")]},
        {"conditions": [asks("priority", "is", "enormous")]},
        {"conditions": [asks("reopened", "at_least", "many")]},
        {"conditions": [asks("subject", "has", "")]},
        {"conditions": [asks("field.gone", "has", "x")]},
        {"events": []},
    ],
)
def test_what_makes_no_sense_is_not_kept(admin, support, values):
    with pytest.raises(BadRule):
        a_rule(admin, **values)
    assert not Rule.objects.filter(is_active=True).exists()


def test_another_system_is_told(admin, support, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    webhook = Webhook(kind="generic")
    save_webhook(webhook, values={"name": "CRM"}, url="http://127.0.0.1:9/hook")
    a_rule(admin, "Refunds", actions=[does("webhook", str(webhook.pk))])
    ticket = a_ticket()
    while run_on_occurrences():
        pass
    told = json.loads(webhook.deliveries.get(event="rule.acted").body)
    assert told["type"] == "rule.acted"
    assert told["data"]["rule"] == {"name": "Refunds"}
    assert told["data"]["ticket"]["number"] == ticket.number
    assert Run.objects.get().outcome == "done"


def test_what_a_rule_names_may_go_away(admin, support, other_team):
    ticket = a_ticket()
    rule = a_rule(admin, conditions=[asks("team", "is_not", str(other_team.pk))])
    other_team.delete()
    run_by_hand(rule, [ticket.pk])
    assert not Run.objects.exists()
    assert TicketEvent.objects.filter(ticket=ticket, kind="tags_changed").count() == 0
    assert timezone.now() >= ticket.opened_at


def test_an_answer_counts_when_it_can_no_longer_be_taken_back(
    admin, support, aiko, monday_at_ten, settings
):
    settings.UNDO_SEND_SECONDS = 10
    a_rule(admin, events=["answered"])
    kept, back = a_ticket(), a_ticket(email="two@example.com")
    for ticket in (kept, back):
        promise_at = timezone.now() + timedelta(hours=2)
        message = reply_to_customer(ticket, Reply(body="Hello", promise_at=promise_at), agent=aiko)
    while run_on_occurrences():
        pass
    assert not Run.objects.exists()

    take_back(message, by=aiko)
    monday_at_ten.shift(timedelta(seconds=11))
    while run_on_occurrences():
        pass
    assert (tags_of(kept), tags_of(back)) == (["seen"], [])
