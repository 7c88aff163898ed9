from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone, translation

from tests.factories import a_field, a_ticket, a_topic
from tickets.exceptions import FieldsMissing, UnknownTopic
from tickets.models import Ticket
from tickets.queue import QueueFilter
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.selectors import timeline
from tickets.services.bulk import start_bulk_change
from tickets.services.describing import set_fields, set_topic
from tickets.services.handling import solve
from tickets.services.merging import merge_tickets
from tickets.services.replying import Reply, reply_to_customer
from tickets.services.scheduling import schedule_reply, send_scheduled
from topics.exceptions import BadValues
from topics.services import save_field, save_topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def told(ticket: Ticket, language: str = "en") -> list[str]:
    """What the timeline says last."""
    with translation.override(language):
        return [entry.event for entry in timeline(ticket) if entry.event][2:]


def found(words: str, agent) -> list[int]:
    now = timezone.now()
    return [match.ticket_id for match in find(read_query(words), agent=agent, now=now).matches]


def test_a_topic_is_set_changed_and_removed_and_the_timeline_says_so(aiko):
    ticket, billing, orders = a_ticket(), a_topic(), a_topic("Orders", "注文")

    for topic in (billing, orders, None):
        ticket = set_topic(ticket, topic=topic, by=aiko)

    assert ticket.topic is None
    assert told(ticket) == [
        "Aiko set the topic: Billing",
        "Aiko changed the topic from Billing to Orders.",
        "Aiko removed the topic: Orders",
    ]
    assert "注文" in told(ticket, "ja")[1]


def test_a_topic_of_a_ticket_leaves_it_where_it_is(aiko, other_team):
    ticket = set_topic(a_ticket(), topic=a_topic(team=other_team), by=aiko)

    assert ticket.team.name == "Support"


def test_the_same_again_changes_nothing(aiko):
    topic, ticket = a_topic(), a_ticket()
    a_field(key="model")
    ticket = set_topic(ticket, topic=topic, by=aiko)
    ticket = set_fields(ticket, values={"model": "LP-220"}, by=aiko)
    revision = ticket.revision

    set_topic(ticket, topic=topic, by=aiko)
    again = set_fields(ticket, values={"model": " LP-220 "}, by=aiko)

    assert again.revision == revision
    assert len(told(again)) == 2


def test_a_topic_that_is_switched_off_stays_but_is_not_set(aiko):
    topic, ticket = a_topic(), a_ticket()
    ticket = set_topic(ticket, topic=topic, by=aiko)
    save_topic(topic, values={"is_active": False})

    with pytest.raises(UnknownTopic):
        set_topic(a_ticket(), topic=topic, by=aiko)

    assert set_topic(ticket, topic=topic, by=aiko).topic == topic


def test_fields_are_filled_in_and_the_timeline_says_what_they_said_before(aiko, ben):
    ticket = a_ticket()
    a_field(key="model")
    a_field("Guarantee", "保証", kind="choice", key="guarantee")

    set_fields(ticket, values={"model": "LP-220", "guarantee": "c1"}, by=aiko)
    set_fields(ticket, values={"guarantee": "c2"}, by=ben)
    after = set_fields(ticket, values={"model": ""}, by=aiko)

    assert after.fields == {"guarantee": "c2"}
    assert told(after) == [
        "Aiko changed the details: Model: LP-220, Guarantee: In guarantee",
        "Ben changed the details: Guarantee: In guarantee → Expired",
        "Aiko changed the details: Model: LP-220 → (empty)",
    ]
    assert "保証" in told(after, "ja")[1]


def test_a_value_that_a_field_does_not_take_changes_nothing(aiko):
    ticket = a_ticket()
    a_field(key="model")
    a_field("Pages", kind="number", key="pages")

    with pytest.raises(BadValues) as bad:
        set_fields(ticket, values={"model": "LP-220", "pages": "many"}, by=aiko)

    assert set(bad.value.sentences) == {"pages"}
    ticket.refresh_from_db()
    assert ticket.fields == {}
    assert told(ticket) == []


def test_keys_that_nobody_has_defined_are_not_kept(aiko):
    a_field(key="of_customers", of="customer")

    ticket = set_fields(a_ticket(), values={"unknown": "x", "of_customers": "x"}, by=aiko)

    assert ticket.fields == {}


# Solving --------------------------------------------------------------------------------------


@pytest.fixture
def unknown_cause(aiko):
    """A ticket whose cause must be known before it is resolved, and is not."""
    fault = a_topic("Fault", "故障")
    a_field("Cause", "原因", key="cause", is_required_to_solve=True, topics=[fault])
    return set_topic(a_ticket(), topic=fault, by=aiko)


def test_a_ticket_is_not_resolved_before_what_must_be_known_is(unknown_cause, aiko):
    before = Ticket.objects.filter(pk=unknown_cause.pk).values().get()
    attempts = [
        lambda: solve(unknown_cause, agent=aiko),
        lambda: reply_to_customer(unknown_cause, Reply(body="はい", solves=True), agent=aiko),
        lambda: schedule_reply(
            unknown_cause,
            Reply(body="はい", solves=True),
            leaves_at=timezone.now() + timezone.timedelta(minutes=5),
            agent=aiko,
        ),
    ]

    for attempt in attempts:
        with pytest.raises(FieldsMissing, match="Cause"), translation.override("en"):
            attempt()

    assert Ticket.objects.filter(pk=unknown_cause.pk).values().get() == before


def test_a_scheduled_reply_is_kept_when_what_must_be_known_is_gone_again(unknown_cause, aiko):
    soon = timezone.now() + timezone.timedelta(minutes=5)
    ticket = set_fields(unknown_cause, values={"cause": "dust"}, by=aiko)
    schedule_reply(ticket, Reply(body="はい", solves=True), leaves_at=soon, agent=aiko)
    set_fields(ticket, values={"cause": ""}, by=aiko)

    assert send_scheduled(now=soon) == 0

    assert ticket.drafts.get().body == "はい"
    assert aiko.notifications.get(kind="not_sent").facts["reason"] == "fields_missing"


def test_in_bulk_the_sentence_stands_at_the_ticket(unknown_cause, aiko):
    other = a_ticket()
    chosen = Ticket.objects.filter(pk__in=[unknown_cause.pk, other.pk])

    change = start_bulk_change(chosen, action="resolve", facts={}, by=aiko)

    outcomes = {
        item.ticket_id: (item.outcome, "Cause" in item.error) for item in change.items.all()
    }
    assert outcomes == {unknown_cause.pk: ("failed", True), other.pk: ("done", False)}


def test_once_it_is_known_the_ticket_is_resolved(unknown_cause, aiko):
    ticket = set_fields(unknown_cause, values={"cause": "dust"}, by=aiko)

    assert solve(ticket, agent=aiko).status == "resolved"


def test_customers_and_other_topics_are_not_asked(unknown_cause, aiko):
    assert solve(a_ticket(), agent=aiko).status == "resolved"
    assert solve(unknown_cause, agent=None).status == "resolved"


def test_a_promise_needs_no_details(unknown_cause, aiko):
    later = timezone.now() + timezone.timedelta(hours=1)

    reply_to_customer(unknown_cause, Reply(body="はい", promise_at=later), agent=aiko)

    unknown_cause.refresh_from_db()
    assert unknown_cause.status == "open"


# Finding --------------------------------------------------------------------------------------


def test_topic_and_values_are_found_in_both_languages_while_they_are_there(aiko):
    ticket = a_ticket()
    a_ticket()
    a_field(key="model")
    a_field("Guarantee", "保証", kind="choice", key="guarantee")
    set_topic(ticket, topic=a_topic(), by=aiko)
    set_fields(ticket, values={"model": "LP-220", "guarantee": "c1"}, by=aiko)
    for words in ("billing", "請求", "lp-220", "保証期間内", '"in guarantee"'):
        assert found(words, aiko) == [ticket.pk], words

    set_fields(ticket, values={"model": ""}, by=aiko)

    assert found("lp-220", aiko) == []
    assert found("billing", aiko) == [ticket.pk]


def test_a_merged_tickets_details_are_found_where_it_goes_on(aiko):
    a_field(key="model")
    ticket, into = a_ticket(), a_ticket()
    set_fields(ticket, values={"model": "LP-220"}, by=aiko)

    merge_tickets(ticket, into=into, agent=aiko)

    assert found("lp-220", aiko) == [into.pk]


@pytest.mark.parametrize("words", ["topic:bill", "topic:請求", 'topic:"Billing"'])
def test_the_search_is_narrowed_to_a_topic_by_a_part_of_its_name(aiko, words):
    ticket = set_topic(a_ticket(), topic=a_topic(), by=aiko)
    without = a_ticket()
    set_topic(a_ticket(), topic=a_topic("Orders", "注文"), by=aiko)

    assert found(words, aiko) == [ticket.pk]
    assert found("topic:none", aiko) == [without.pk]
    assert found("topic:nothing", aiko) == []


# The queue ------------------------------------------------------------------------------------


def shown(address: str, agent) -> set[int]:
    chosen = QueueFilter.parse(address)
    return {ticket.pk for ticket in chosen.tickets(agent, now=timezone.now())}


def test_the_queue_is_cut_down_by_topic_and_by_what_fields_say(aiko):
    billing = a_topic()
    a_field(key="model")
    a_field("Pages", kind="number", key="pages")
    a_field("Heard", kind="yes_no", key="heard")
    plain = a_ticket()
    ticket = set_topic(a_ticket(), topic=billing, by=aiko)
    values = {"model": "LP 220", "pages": "1,200", "heard": "no"}
    set_fields(ticket, values=values, by=aiko)

    for address in (
        f"topic={billing.pk}",
        "field.model=LP+220",
        "field.pages=1200.0",
        f"topic={billing.pk}&field.heard=no&field.pages=1200",
    ):
        assert shown(address, aiko) == {ticket.pk}, address
        assert QueueFilter.parse(QueueFilter.parse(address).query()) == QueueFilter.parse(address)
    assert shown("field.heard=yes", aiko) == set()
    for nothing in ("topic=99999", "topic=x", "field.nobody=1", "field.pages=many", "field.="):
        assert shown(nothing, aiko) == {plain.pk, ticket.pk}, nothing
        assert not QueueFilter.parse(nothing).is_cut_down


def test_more_than_an_address_has_room_for_is_left_out():
    for number in range(5):
        a_field(f"Field {number}", key=f"key{number}")
    address = "&".join(f"field.key{number}={'x' * 90}" for number in range(5))

    chosen = QueueFilter.read(dict(part.split("=") for part in address.split("&")))

    assert [key for key, _ in chosen.values] == ["key0", "key1", "key2"]
    assert QueueFilter.parse(chosen.query()) == chosen


def test_what_the_queue_asks_of_fields_is_in_an_index(aiko):
    a_field(key="model")
    asked = QueueFilter.parse("field.model=LP-220").condition(aiko, now=timezone.now())
    [of_fields] = [each for each in asked.children if each[0] == "fields__contains"]
    tickets = Ticket.objects.filter(of_fields).order_by().values("pk")

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, parameters = tickets.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "tickets_by_field" in plan


def test_a_switched_off_field_goes_on_to_be_asked_of_the_queue(aiko):
    field = a_field(key="model")
    ticket = set_fields(a_ticket(), values={"model": "LP-220"}, by=aiko)

    save_field(field, values={"is_active": False})

    assert shown("field.model=LP-220", aiko) == {ticket.pk}
    assert shown("field.model=LP-221", aiko) == set()
