"""Sweepers, agents and kill -9 at the same moment: each step exactly once, and nothing false."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from os import kill
from pathlib import Path
from random import Random
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.db.models import F

from accounts.models import Agent, Notification, Team
from helpdesk.processes import kill_group
from mail.models import OutboundEmail
from sla.checking import differences
from sla.models import Commitment, Escalation, Kind
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, allow_holding_notes
from tests.factories import a_ticket
from tests.processes import ROOT, environment_of_these_tests, wait_until
from tests.sla.commitments import database_now, only_the_promise, promises_due
from tickets.models import Ticket
from tickets.services.holding import hold_due_promises
from tickets.services.replying import Reply, reply_to_customer

DUE = MONDAY_AT_TEN.replace(hour=14)
IN_TIME = DUE + timedelta(seconds=0.9)
SWEPT = DUE + timedelta(seconds=1)
TOO_LATE = DUE + timedelta(seconds=1.5)
PROMISED = MONDAY_AT_TEN.replace(hour=17)


@pytest.fixture
def ticket(committed_agent: Agent) -> Ticket:
    """Due at 14:00, with a promise and nothing else."""
    ticket = a_ticket(now=MONDAY_AT_TEN)
    only_the_promise(ticket)
    return ticket


def answer(ticket: Ticket, agent: Agent, now: datetime) -> None:
    reply_to_customer(ticket, Reply(body="はい。", promise_at=PROMISED), agent=agent, now=now)


class Actor(Thread):
    """Does one thing in a transaction of its own, and can be held before it commits."""

    def __init__(self, act: Callable[[], object], *, is_held: bool = False) -> None:
        super().__init__(daemon=True)
        self.act = act
        self.has_acted, self.may_commit = Event(), Event()
        self.error: BaseException | None = None
        if not is_held:
            self.may_commit.set()
        self.start()

    def run(self) -> None:
        try:
            with transaction.atomic():
                self.act()
                self.has_acted.set()
                assert self.may_commit.wait(20)
        except BaseException as error:
            self.error = error
        finally:
            connection.close()

    def finish(self) -> None:
        self.may_commit.set()
        self.join(30)
        assert not self.is_alive()
        if self.error:
            raise self.error


# An agent answers in the second in which the sweep runs


@pytest.mark.parametrize("now", [IN_TIME, TOO_LATE], ids=["in time", "too late"])
def test_a_sweep_passes_by_what_an_agent_is_answering(ticket, committed_agent, now):
    agent = Actor(lambda: answer(ticket, committed_agent, now), is_held=True)
    assert agent.has_acted.wait(20)

    assert sweep_due(now=SWEPT) == 0
    agent.finish()
    assert sweep_due(now=SWEPT + timedelta(seconds=1)) == 0

    the_outcome_is_true(ticket, now)
    assert not Notification.objects.filter(kind=Notification.Kind.BREACH).exists()


@pytest.mark.parametrize("now", [IN_TIME, TOO_LATE], ids=["in time", "too late"])
def test_an_answer_waits_for_the_sweep_and_then_says_what_is_true(ticket, committed_agent, now):
    sweeper = Actor(lambda: sweep_due(now=SWEPT), is_held=True)
    assert sweeper.has_acted.wait(20)
    agent = Actor(lambda: answer(ticket, committed_agent, now))
    wait_until(somebody_waits_for_a_lock, seconds=20, what="the agent at the sweep's lock")

    sweeper.finish()
    agent.finish()

    the_outcome_is_true(ticket, now)
    told = Notification.objects.filter(kind=Notification.Kind.BREACH)
    assert [each.agent for each in told] == [committed_agent]
    assert Notification.objects.filter(kind=Notification.Kind.SETTLED).count() == 1


@pytest.mark.parametrize("now", [IN_TIME, TOO_LATE], ids=["in time", "too late"])
def test_a_queue_that_is_answered_while_two_sweepers_go_through_it_tells_no_lie(
    committed_agent, now
):
    tickets = [a_ticket(now=MONDAY_AT_TEN, email=f"c{n}@example.com") for n in range(30)]
    for ticket in tickets:
        only_the_promise(ticket)

    sweepers = [Thread(target=sweep_again_and_again) for _ in "12"]
    agent = Thread(target=one_by_one, args=(tickets, committed_agent, now))
    for thread in (*sweepers, agent):
        thread.start()
    for thread in (*sweepers, agent):
        thread.join(60)
        assert not thread.is_alive()
    sweep_due(now=SWEPT)

    for ticket in tickets:
        the_outcome_is_true(ticket, now)


def one_by_one(tickets: list[Ticket], agent: Agent, now: datetime) -> None:
    try:
        for ticket in tickets:
            answer(ticket, agent, now)
    finally:
        connection.close()


def sweep_again_and_again() -> None:
    try:
        for _ in range(40):
            sweep_due(now=SWEPT)
            time.sleep(0.01)
    finally:
        connection.close()


def the_outcome_is_true(ticket: Ticket, answered: datetime) -> None:
    """Met in time or broken, as the answer's own second says; alarmed of once or not at all."""
    first, second = ticket.clock.commitments.filter(kind=Kind.PROMISE).order_by("cycle")
    was_in_time = answered < SWEPT
    assert first.met_at == first.ended_at == answered.replace(microsecond=0)
    assert (first.state, first.breached_at) == (("met", None) if was_in_time else ("breached", DUE))
    assert list(first.escalations.values_list("level", flat=True)) in ([], [1])
    assert was_in_time or first.escalations.count() == 1
    assert (second.state, second.due_at) == ("active", PROMISED)
    ticket.clock.refresh_from_db()
    found = differences(ticket.clock, now=TOO_LATE)
    # Only the promise is kept in these stories; the log knows of the other clocks as well.
    assert [line for line in found if line.startswith("promise")] == []


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        (count,) = cursor.fetchone()
    return bool(count)


# Somebody is in touch in the second in which the customer is told that it takes longer

HOLD = DUE - timedelta(minutes=24)


@pytest.fixture
def about_to_break(committed_agent: Agent) -> Ticket:
    """Due at 14:00, under a policy that tells the customer at 13:36 that it takes longer."""
    allow_holding_notes()
    return a_ticket(now=MONDAY_AT_TEN)


def how_promises_ended(ticket: Ticket) -> list[tuple[str, str]]:
    found = ticket.clock.commitments.filter(kind=Kind.PROMISE).order_by("cycle")
    ticket.clock.refresh_from_db()
    assert differences(ticket.clock, now=HOLD) == []
    return [(promise.source, promise.end_reason) for promise in found]


def test_an_answer_that_came_first_leaves_nothing_to_put_off(about_to_break, committed_agent):
    agent = Actor(lambda: answer(about_to_break, committed_agent, HOLD), is_held=True)
    assert agent.has_acted.wait(20)
    note = Actor(lambda: hold_due_promises(now=HOLD))
    wait_until(somebody_waits_for_a_lock, seconds=20, what="the note at the ticket's lock")

    agent.finish()
    note.finish()

    assert how_promises_ended(about_to_break) == [("agent", "contact"), ("agent", "")]
    assert not OutboundEmail.objects.filter(dedupe_key__startswith="held:").exists()


def test_an_answer_that_waits_for_the_note_keeps_the_new_promise(about_to_break, committed_agent):
    note = Actor(lambda: hold_due_promises(now=HOLD), is_held=True)
    assert note.has_acted.wait(20)
    agent = Actor(lambda: answer(about_to_break, committed_agent, HOLD))
    wait_until(somebody_waits_for_a_lock, seconds=20, what="the agent at the ticket's lock")

    note.finish()
    agent.finish()

    ended = [("agent", "held"), ("auto_hold", "contact"), ("agent", "")]
    assert how_promises_ended(about_to_break) == ended


def test_two_processes_write_one_note(about_to_break):
    first = Actor(lambda: hold_due_promises(now=HOLD), is_held=True)
    assert first.has_acted.wait(20)
    second = Actor(lambda: hold_due_promises(now=HOLD))
    wait_until(somebody_waits_for_a_lock, seconds=20, what="the second at the ticket's lock")

    first.finish()
    second.finish()

    assert OutboundEmail.objects.filter(dedupe_key__startswith="held:").count() == 1
    assert how_promises_ended(about_to_break) == [("agent", "held"), ("auto_hold", "")]


# kill -9

SWEEPER = """
import os, signal, sys, time
from django.core.management import call_command
import sla.management.commands.sweep_commitments

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
parent = os.getpid()
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        with open(os.devnull, "w") as nowhere:
            while os.getppid() == parent:
                call_command("sweep_commitments", stdout=nowhere)
                time.sleep(0.005)
            os._exit(0)
    print(pid, flush=True)
"""
KILLS = 50
BREACHES = 20_000


@contextmanager
def nursery(log: Path) -> Iterator[Callable[[], int]]:
    """Makes sweepers: processes that run the command in a loop, and returns the id of each.

    They are forks of one that has loaded Django. Loading it takes a second or two of a core, and
    fifty of those would be most of this test's time.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", f"import django; django.setup()\n{SWEEPER}"],
            cwd=ROOT,
            env=environment_of_these_tests(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    assert process.stdin
    assert process.stdout
    orders, births = process.stdin, process.stdout

    def give_birth() -> int:
        orders.write("one more\n")
        orders.flush()
        return int(births.readline())

    try:
        yield give_birth
    finally:
        orders.close()
        kill_group(process.pid)
        process.wait(10)
        births.close()


@pytest.mark.slow
def test_fifty_times_kill_9_during_twenty_thousand_breaches_loses_and_doubles_nothing(
    committed_team: Team,
    committed_agent: Agent,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    chance = Random(50)
    due_at = database_now().replace(microsecond=0) - timedelta(seconds=2)
    began, interrupted = time.monotonic(), 0
    with nursery(tmp_path / "sweepers.log") as give_birth:
        sweepers = [give_birth() for _ in "12"]
        for first in range(0, BREACHES, BREACHES // KILLS):
            promises_due(
                due_at,
                count=BREACHES // KILLS,
                first=first,
                team=committed_team,
                owner=committed_agent,
            )
            time.sleep(chance.uniform(0.005, 0.08))
            interrupted += Commitment.objects.filter(state="active").exists()
            victim = chance.randrange(2)
            kill(sweepers[victim], signal.SIGKILL)
            sweepers[victim] = give_birth()
        killed = time.monotonic() - began
        waiting = Commitment.objects.exclude(next_check_at=None)
        wait_until(lambda: not waiting.exists(), seconds=60, what="the last breach")
    took = time.monotonic() - began
    with capsys.disabled():
        print(
            f"\n{KILLS} x kill -9 in {killed:.0f} s, {interrupted} of them with breaches still to"
            f" be seen; {BREACHES:,} seen after {took:.0f} s"
        )

    broken = Commitment.objects.filter(state="breached", breached_at=F("due_at"))
    assert broken.count() == Commitment.objects.count() == BREACHES
    assert not broken.filter(detected_at=None).exists()
    raised = Escalation.objects.filter(level=1, is_skipped=False)
    assert raised.count() == Escalation.objects.count() == BREACHES
    assert raised.values("commitment").distinct().count() == BREACHES
    told = Notification.objects.filter(kind=Notification.Kind.BREACH, agent=committed_agent)
    assert told.values("facts__commitment").distinct().count() == told.count() == BREACHES
    assert interrupted > KILLS // 2
