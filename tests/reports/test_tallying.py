"""All tallies made anew are those that were added up bit by bit, and only what differs is written."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.models import Team
from reports import tallying
from reports.facts import keeping
from reports.facts.keeping import keep_all
from reports.models import Fact, Stale, Tally
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.services.handling import solve
from tickets.services.replying import Reply, receive_reply, reply_to_customer
from topics.models import Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_at_ten")]
VALUES = tuple(field.name for field in Tally._meta.fields)


@pytest.fixture
def added_up(support: Team, aiko, ben, monday_at_ten) -> set[tuple[object, ...]]:
    """The tallies of a few tickets of two teams, as they were added up."""
    billing = Team.objects.create(name="Billing")
    topic = Topic.objects.create(name_en="Invoices", team=billing)
    for number in range(6):
        ticket = a_ticket()
        if number % 2:
            ticket.team, ticket.topic, ticket.assignee = billing, topic, aiko
            ticket.save()
        monday_at_ten.shift(timedelta(minutes=20 * number))
        at = MONDAY_AT_TEN + timedelta(days=1)
        reply_to_customer(ticket, Reply(body="調べます。", promise_at=at), agent=ben)
        receive_reply(ticket, body="その後いかがでしょうか。")
        if number % 3 == 0:
            ticket.refresh_from_db()
            solve(ticket, agent=aiko)
        keep_all()
    return rows()


def rows() -> set[tuple[object, ...]]:
    return set(Tally.objects.values_list(*VALUES))


def anew() -> set[tuple[object, ...]]:
    with transaction.atomic():
        tallying.add_all()
    return rows()


def test_what_is_right_stays_as_it_stands_key_and_all(added_up):
    assert {row[1] for row in added_up} >= {"total", "hour", "team", "agent", "topic", "all"}
    assert anew() == added_up


def test_what_is_wrong_missing_or_nobodys_is_put_right(added_up):
    def said(row: tuple[object, ...]) -> tuple[object, ...]:
        return row[1:]

    wrong, missing, *_others = Tally.objects.order_by("grain", "pk")[3:]
    Tally.objects.filter(pk=wrong.pk).update(count=wrong.count + 7)
    missing.delete()
    Tally.objects.create(
        grain="team", measure="arrived", day=MONDAY_AT_TEN, team=999, count=5, seconds=0
    )

    again = anew()

    assert {said(row) for row in again} == {said(row) for row in added_up}
    # No more than the two was written anew.
    assert len(again - added_up) == 2


def test_a_rebuild_looks_at_nothing_twice_and_misses_nothing(support, aiko, monkeypatch):
    looked_at: list[int] = []
    late: list[int] = []
    see = keeping.look_at

    def look_at(tickets):
        looked_at.extend(tickets)
        see(tickets)
        if not late:
            late.append(a_ticket().pk)
            solve(first, agent=aiko)

    monkeypatch.setattr(keeping, "look_at", look_at)
    first, second = a_ticket(), a_ticket()

    call_command("rebuild_figures", stdout=StringIO())

    # Seen before it was solved, so once more; the others once.
    assert Counter(looked_at) == {first.pk: 2, second.pk: 1, late[0]: 1}
    assert Fact.objects.filter(measure="resolved").values_list("ticket", flat=True)[0] == first.pk
    assert Fact.objects.filter(measure="arrived").count() == 3
    assert not Stale.objects.exists()
