"""The queue's filter is its address."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.models import Priority
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.models import Channel
from tickets.queue import QueueFilter, queue_page
from tickets.services.handling import assign, set_status, set_tags
from tickets.services.rematching import change_priority

FIELDS = {
    "scope": st.sampled_from(QueueFilter.SCOPES),
    "state": st.sampled_from(QueueFilter.STATES),
    "due": st.sampled_from(["", *QueueFilter.DUES]),
    "status": st.sampled_from(["", *map(str, QueueFilter.STATUSES)]),
    "priority": st.sampled_from(["", *Priority.values]),
    "channel": st.sampled_from(["", *Channel.values]),
    "assignee": st.none() | st.integers(1, 10**17),
    "team": st.none() | st.integers(1, 10**17),
    "tag": st.text(max_size=50),
}
WILD = st.fixed_dictionaries(
    {},
    optional={name: st.text(max_size=30) | known.map(str) for name, known in FIELDS.items()},
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: known.map(lambda v: "" if v is None else str(v)) for name, known in FIELDS.items()
        },
    )
)
def test_a_filter_is_read_back_from_its_address(fields):
    chosen = QueueFilter.read(fields)

    assert QueueFilter.parse(chosen.query()) == chosen


@given(WILD)
def test_whatever_is_sent_is_some_queue_and_stays_the_same_one(fields):
    chosen = QueueFilter.read(fields)

    assert QueueFilter.parse(chosen.query()) == chosen
    assert QueueFilter.read(dict(fields, scope="?", state="?", assignee="?")).state == "open"


def test_an_overlong_address_is_the_whole_queue():
    assert QueueFilter.parse("scope=mine&" + "x" * 600) == QueueFilter()


@pytest.fixture
def one_of_each(support, other_team, aiko, chika, monday_at_ten):
    """Tickets that differ in one thing each, by its name."""
    tickets = {name: a_ticket() for name in ("plain", "waits", "urgent", "aikos", "tagged")}
    tickets["mailed"] = a_ticket(channel="email")
    tickets["theirs"] = a_ticket(team=other_team)
    set_status(tickets["waits"], to="pending_customer", agent=aiko)
    change_priority(tickets["urgent"], to="urgent", by=aiko)
    assign(tickets["aikos"], to=aiko, by=aiko)
    set_tags(tickets["tagged"], names=["ｻﾎﾟｰﾄ", "VIP"], by=aiko)
    return tickets


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "pending_customer"}, "waits"),
        ({"priority": "urgent"}, "urgent"),
        ({"channel": "email"}, "mailed"),
        ({"assignee": "{aiko}"}, "aikos"),
        ({"team": "{other_team}"}, "theirs"),
        ({"tag": "サポート"}, "tagged"),
        ({"tag": "vip", "priority": "normal"}, "tagged"),
    ],
)
def test_each_field_finds_its_tickets(one_of_each, chika, aiko, other_team, query, found):
    ids = {"aiko": aiko.pk, "other_team": other_team.pk}
    chosen = QueueFilter.parse(urlencode({k: v.format(**ids) for k, v in query.items()}))

    page = queue_page(chosen, agent=chika, now=MONDAY_AT_TEN)

    assert [row["number"] for row in page.rows] == [one_of_each[found].number]


@pytest.mark.django_db
def test_nobody_is_found_where_somebody_unknown_is_asked_for(one_of_each, chika):
    chosen = QueueFilter.parse("assignee=99999999999999999")

    assert queue_page(chosen, agent=chika, now=MONDAY_AT_TEN).rows == []
