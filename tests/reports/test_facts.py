"""Facts are what happened, tallies are what facts add up to, and neither gets lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from accounts.models import Agent, Team
from accounts.services import add_member
from customers.models import Organization
from reports.facts import keeping
from reports.facts.keeping import keep_all, keep_batch
from reports.measures import MEASURES
from reports.models import Fact, Stale, Tally, TargetTally
from sla.models import Commitment, Status
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, allow_holding_notes
from tests.factories import AgentFactory, a_customer, a_ticket
from tests.processes import environment_of_these_tests, run_python
from tests.reports.happening import Desk
from tests.reports.recounting import recount
from tickets.models import Rating, Ticket
from tickets.services.handling import set_status, solve
from tickets.services.merging import merge_tickets
from tickets.services.rating import record_rating
from tickets.services.replying import Reply, receive_reply, reply_to_customer

COLUMNS = (
    *("measure", "ticket_id", "at", "day", "hour", "seconds"),
    *("customer", "organization", "team", "agent", "topic", "channel"),
)
TALLIED = (
    *("grain", "measure", "day", "hour", "team", "agent", "topic", "channel"),
    *("customer", "organization", "bin"),
)
AT = MONDAY_AT_TEN


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def stored() -> Counter[tuple[object, ...]]:
    return Counter(Fact.objects.values_list(*COLUMNS))


def with_keys() -> set[tuple[object, ...]]:
    return set(Fact.objects.values_list(*COLUMNS, "key"))


def tallied() -> dict[tuple[object, ...], tuple[int, int]]:
    rows = Tally.objects.values_list(*TALLIED, "count", "seconds")
    return {row[:-2]: row[-2:] for row in rows}


# What pages show by the hour, and of customers and organisations.
OF_CUSTOMERS = {
    *("arrived", "contact", "unclean", "repeat_failure", "rated_good", "rated_bad", "effort"),
    *("promise_kept", "promise_late", "promise_silent"),
}
TOLD_BY = {
    "hour": {"arrived"} | {key for key, measure in MEASURES.items() if measure.group == "promises"},
    "customer": OF_CUSTOMERS,
    "organization": OF_CUSTOMERS,
}


def added_up() -> dict[tuple[object, ...], tuple[int, int]]:
    """What the tallies should be, from the facts one by one."""
    sums: dict[tuple[object, ...], tuple[int, int]] = {}
    for fact in Fact.objects.all():
        measure, month = MEASURES[fact.measure], fact.day.replace(day=1)
        bin_ = -1 if fact.seconds is None else measure.bin(fact.seconds)
        agent, topic, organization = fact.agent or 0, fact.topic or 0, fact.organization or 0
        day, channel = fact.day, fact.channel
        month_bin = bin_ if fact.measure == "effort" else -1
        for grain, *rest in (
            ("total", day, 0, 0, 0, 0, "", 0, 0, bin_),
            ("hour", day, fact.hour, 0, 0, 0, "", 0, 0, -1),
            ("team", day, 0, fact.team, 0, 0, "", 0, 0, bin_),
            ("agent", day, 0, 0, agent, 0, "", 0, 0, bin_),
            ("topic", day, 0, 0, 0, topic, "", 0, 0, bin_),
            ("channel", day, 0, 0, 0, 0, channel, 0, 0, bin_),
            ("all", day, 0, fact.team, agent, topic, channel, 0, 0, bin_),
            ("customer", month, 0, 0, 0, 0, "", fact.customer, 0, month_bin),
            ("organization", month, 0, 0, 0, 0, "", 0, organization, month_bin),
        ):
            if fact.measure not in TOLD_BY.get(grain, MEASURES):
                continue
            key = (grain, fact.measure, *rest)
            count, seconds = sums.get(key, (0, 0))
            sums[key] = (count + 1, seconds + (fact.seconds or 0))
    return sums


def targets() -> dict[tuple[object, ...], tuple[int, int]]:
    """What is tallied of targets."""
    names = ("day", "policy", "kind", "team", "agent", "topic", "channel", "kept", "broken")
    return {row[:-2]: row[-2:] for row in TargetTally.objects.values_list(*names)}


def targets_added_up() -> dict[tuple[object, ...], tuple[int, int]]:
    """What that should be, from the facts and the commitments that their keys name."""
    kept: Counter[tuple[object, ...]] = Counter()
    broken: Counter[tuple[object, ...]] = Counter()
    for fact in Fact.objects.filter(measure__startswith="sla_"):
        target = Commitment.objects.get(pk=fact.key.split(":")[1])
        policy = target.policy_version.policy_id
        place = (fact.team, fact.agent or 0, fact.topic or 0, fact.channel)
        (kept if fact.measure == "sla_kept" else broken)[fact.day, policy, target.kind, *place] += 1
    return {key: (kept[key], broken[key]) for key in {*kept, *broken}}


def told(measure: str) -> list[tuple[object, int | None]]:
    """Minutes since ten o'clock, and seconds, of each fact."""
    facts = Fact.objects.filter(measure=measure).order_by("at", "pk")
    return [((fact.at - AT).total_seconds() / 60, fact.seconds) for fact in facts]


@pytest.fixture
def teams(support: Team, other_team: Team, aiko: Agent, ben: Agent, mallory: Agent):
    carla = AgentFactory(name="Carla")
    add_member(other_team, carla)
    return {support: [aiko, ben], other_team: [mallory, carla]}


def a_desk(seed: int, teams: dict[Team, list[Agent]], *, steps: int) -> Desk:
    """Figures are kept now and then while all this happens."""
    allow_holding_notes()
    desk = Desk(seed, teams)
    with override_settings(UNDO_SEND_SECONDS=60):
        for _ in range(steps):
            desk.step()
            if desk.random.random() < 0.3:
                keep_batch(desk.random.choice([1, 3, 1000]))
    keep_all()
    return desk


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [6])
def test_facts_are_what_happened_and_tallies_add_them_up(teams, seed: int):
    desk = a_desk(seed, teams, steps=120)

    expected = recount(now=desk.now)

    assert len({measure for measure, *_ in expected}) > 25
    assert expected - stored() == Counter()
    assert stored() - expected == Counter()
    assert (tallied(), targets()) == (added_up(), targets_added_up())
    before = with_keys()
    Fact.objects.all().delete()
    call_command("rebuild_figures", verbosity=0)
    assert with_keys() == before
    assert (tallied(), targets()) == (added_up(), targets_added_up())
    assert keep_all() == 0


@pytest.fixture
def _a_day(support: Team, aiko: Agent) -> None:
    """Told by hand: three renewals without news, a late contact, a chaser, and a bad rating."""
    ticket = a_ticket(now=AT)
    for number in (10, 20, 30, 40):
        say(ticket, aiko, number, promise_at=AT + minutes(number + 15))
    receive_reply(ticket, body="その後いかがでしょうか。", channel="email", now=AT + minutes(50))
    sweep_due(now=AT + minutes(60))
    say(ticket, aiko, 61.5, promise_at=AT + minutes(120))
    say(ticket, aiko, 100, solves=True)
    record_rating(Rating.objects.get(), value=0, now=AT + minutes(130))


def say(ticket: Ticket, agent: Agent, at: float, **reply: object) -> None:
    reply_to_customer(ticket, Reply(body="はい。", **reply), agent=agent, now=AT + minutes(at))  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.usefixtures("_a_day")
@pytest.mark.parametrize(
    ("measure", "facts"),
    [
        ("arrived", [(0, None)]),
        ("contact", [(0, None), (50, None)]),
        ("answered", [(10, 600)]),
        ("answered_working", [(10, 600)]),
        ("next_answered", [(61.5, 690)]),
        ("resolved", [(100, 6000)]),
        ("promise_made", [(n, None) for n in (0, 10, 20, 30, 40, 61.5)]),
        ("promise_kept", [(n, None) for n in (10, 20, 30, 40, 100)]),
        ("promise_renewed", [(n, None) for n in (10, 20, 30, 40)]),
        ("renewed_without_news", [(30, None), (40, None)]),
        ("promise_late", [(55, 390)]),
        ("promise_silent", []),
        ("chased", [(50, None)]),
        ("channel_changed", [(50, None)]),
        ("waited_us", [(100, 6000)]),
        ("rated_bad", [(130, None)]),
        ("rated_good", []),
        ("clean", []),
        ("unclean", [(100, None)]),
        ("unclean_promise_broken", [(100, None)]),
        ("unclean_chased", [(100, None)]),
        ("unclean_rated_badly", [(100, None)]),
        ("unclean_reopened", []),
    ],
)
def test_a_day_told_by_hand(measure: str, facts: list[tuple[float, int | None]]):
    keep_all()

    assert told(measure) == facts


@pytest.mark.django_db
def test_what_is_not_contacted_any_more_broke_in_silence(support: Team, aiko: Agent):
    ticket = a_ticket(now=AT)
    say(ticket, aiko, 10, promise_at=AT + minutes(20))
    sweep_due(now=AT + minutes(21))
    keep_all()
    assert told("promise_silent") == [(20, None)]

    solve(ticket, agent=aiko, now=AT + minutes(30))
    keep_all()

    assert told("promise_silent") == [(20, None)]
    assert told("promise_late") == []


@pytest.mark.django_db
def test_the_sweep_alone_is_noticed(support: Team, aiko: Agent):
    say(a_ticket(now=AT), aiko, 10, promise_at=AT + minutes(20))
    keep_all()

    sweep_due(now=AT + minutes(21))

    assert Stale.objects.exists()
    keep_all()
    assert told("promise_silent") == [(20, None)]


@pytest.mark.django_db
def test_spam_counts_nowhere_and_a_merged_ticket_on_the_one_that_goes_on(support, aiko):
    old, new, spam = (a_ticket(now=AT + minutes(number)) for number in (0, 1, 2))
    set_status(spam, to=Status.SPAM, agent=aiko, now=AT + minutes(3))
    merge_tickets(old, into=new, agent=aiko, now=AT + minutes(4))
    keep_all()

    assert told("arrived") == [(0, None)]
    assert told("contact") == [(0, None), (1, None)]
    assert set(Fact.objects.values_list("ticket", flat=True)) == {new.pk}


@pytest.mark.django_db
def test_an_answer_and_a_contact_are_of_whom_they_are_about(support, aiko, ben):
    ticket = a_ticket(now=AT)
    say(ticket, aiko, 5, promise_at=AT + minutes(60))
    receive_reply(ticket, body="まだです。", now=AT + minutes(7))
    say(ticket, ben, 9, solves=True)
    keep_all()

    agents = dict(Fact.objects.values_list("measure", "agent"))
    whose = [agents[measure] for measure in ("answered", "next_answered", "resolved")]
    assert whose == [aiko.pk, ben.pk, aiko.pk]


@pytest.mark.django_db
def test_a_customer_failed_twice_in_a_row_is_a_repeat(support: Team, aiko: Agent):
    """Of three bad tickets, a good one and a bad one, two follow a bad one."""
    for number, is_late in enumerate([True, True, True, False, True]):
        ticket = a_ticket(now=AT + timedelta(days=number))
        start = number * 24 * 60
        say(ticket, aiko, start + 1, promise_at=AT + minutes(start + 2))
        if is_late:
            sweep_due(now=AT + minutes(start + 4))
        say(ticket, aiko, start + (5 if is_late else 2), solves=True)
        keep_batch()
    keep_all()

    assert [at for at, _ in told("repeat_failure")] == [24 * 60 + 5, 48 * 60 + 5]


@pytest.mark.django_db
def test_a_customer_who_moves_takes_the_facts_along(support: Team):
    customer = a_customer()
    a_ticket(customer=customer, now=AT)
    keep_all()

    customer.organization = Organization.objects.create(name="Acme")
    customer.save()
    keep_all()

    assert set(Fact.objects.values_list("organization", flat=True)) == {customer.organization.pk}
    assert (tallied(), targets()) == (added_up(), targets_added_up())


@pytest.mark.django_db
def test_days_and_hours_are_the_desks(support: Team):
    a_ticket(now=AT.replace(hour=0, minute=30))
    keep_all()

    assert set(Fact.objects.values_list("day", "hour")) == {(AT.date(), 0)}


# Nothing is lost ----------------------------------------------------------------------------------


def another_connection() -> Any:
    known = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    return psycopg2.connect(**{name: known[name] for name in wanted if name in known})


class Killed(BaseException):
    """As if the process were gone."""


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["gather", "find", "judge", "store", "add_changes"])
def test_a_worker_that_dies_between_two_steps_loses_and_doubles_nothing(support, monkeypatch, step):
    a_ticket(now=AT)
    keep_all()
    a_ticket(now=AT + minutes(1))

    def die(*_: object) -> None:
        raise Killed

    place = keeping.tallying if step == "add_changes" else keeping
    with monkeypatch.context() as broken:
        broken.setattr(place, step, die)
        with pytest.raises(Killed), transaction.atomic():
            keep_batch()
    assert told("arrived") == [(0, None)]
    keep_all()

    assert told("arrived") == [(0, None), (1, None)]
    assert (tallied(), targets()) == (added_up(), targets_added_up())


@pytest.mark.django_db
def test_a_rebuild_that_dies_is_made_good(support, monkeypatch):
    a_ticket(now=AT)
    keep_all()
    Fact.objects.all().delete()

    def die() -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(keeping.tallying, "add_all", die)
        with pytest.raises(Killed):
            list(keeping.rebuild())
    keep_all()

    assert told("arrived") == [(0, None)]
    assert (tallied(), targets()) == (added_up(), targets_added_up())


@pytest.mark.usefixtures("fresh_desk")
def test_a_rebuild_by_two_processes_finds_the_same(support: Team, aiko: Agent):
    """Also who was let down twice in a row, which no batch of tickets knows."""
    for day in range(3):
        ticket = a_ticket(now=AT + timedelta(days=day))
        receive_reply(ticket, body="まだでしょうか。", now=AT + timedelta(days=day, minutes=1))
        solve(ticket, agent=aiko, now=AT + timedelta(days=day, minutes=5))
    keep_all()
    kept = with_keys()
    assert len(told("repeat_failure")) == 2
    Fact.objects.all().delete()

    script = "from django.core.management import call_command as run; run('rebuild_figures', processes=2)"
    run_python(script, environment=environment_of_these_tests())

    assert with_keys() == kept
    assert (tallied(), targets()) == (added_up(), targets_added_up())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_who_commits_after_the_notes_were_read_is_not_lost(support: Team):
    """Another connection has changed a ticket, and commits while the figures are being kept."""
    ticket = a_ticket(now=AT)
    keep_all()
    other = another_connection()
    with other, other.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET channel = 'phone' WHERE id = %s", [ticket.pk])
        Stale.objects.create(ticket=ticket.pk)
        assert keep_batch() == 1
        assert set(Fact.objects.values_list("channel", flat=True)) == {"web"}
    other.close()
    keep_all()

    arrived = Fact.objects.get(measure="arrived")
    assert arrived.channel == "phone"
    assert (tallied(), targets()) == (added_up(), targets_added_up())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_desk")
def test_two_workers_do_not_count_twice(support: Team):
    """While one is at it, the other leaves everything to it."""
    other = another_connection()
    a_ticket(now=AT)
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [keeping.LOCK])
        assert keep_batch() == 0
    other.close()

    assert keep_all() > 0
    assert told("arrived") == [(0, None)]


@pytest.mark.django_db
def test_a_ticket_that_is_deleted_counts_no_more(support: Team):
    ticket = a_ticket(now=AT)
    keep_all()

    Ticket.objects.filter(pk=ticket.pk).delete()
    keep_all()

    assert not Fact.objects.exists()
    assert not Tally.objects.exists()


@pytest.mark.django_db
def test_only_what_changed_is_written(support: Team, aiko: Agent):
    ticket = a_ticket(now=AT)
    keep_all()
    kept = set(Fact.objects.values_list("pk", flat=True))

    say(ticket, aiko, 5, promise_at=AT + minutes(60))
    keep_all()

    # It has an assignee now, so what was nobody's is theirs; the same again changes nothing.
    after = set(Fact.objects.values_list("pk", flat=True))
    assert after != kept
    keeping.mark_stale()
    keep_all()
    assert set(Fact.objects.values_list("pk", flat=True)) == after
