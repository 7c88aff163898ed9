"""The pump: with PostgreSQL alone, and whatever one of its parts runs into."""

from __future__ import annotations

import signal
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError

from accounts.models import Team
from common.models import Heartbeat
from helpdesk.management.commands import pump
from mail.models import OutboundEmail
from sla.models import Commitment
from tests.factories import TeamFactory, an_inquiry
from tests.processes import environment_of_these_tests, running, wait_until
from tests.sla.commitments import database_now, promises_due


@pytest.fixture
def team(fresh_desk: None) -> Team:
    """In a database where commits count: the pump looks after its connection between two passes."""
    return TeamFactory(name="Support", is_default=True)


def test_one_pass_sweeps_and_delivers(team):
    [promise] = promises_due(database_now() - timedelta(seconds=5), count=1, team=team)
    an_inquiry()

    call_command("pump", once=True)

    promise.refresh_from_db()
    assert promise.state == "breached"
    letters = OutboundEmail.objects.filter(dedupe_key__startswith="acknowledgement:")
    assert [letter.state for letter in letters] == ["sent"]
    assert Heartbeat.objects.filter(name="pump").exists()


PARTS = (
    *("sweep_due", "mail_notifications"),
    *("fire_due_waits", "hold_due_promises", "send_scheduled"),
    *("take_up_failures", "continue_rematch"),
    "deliver_due",
)


@pytest.mark.parametrize("trouble", [OperationalError("away"), KeyError("a bug")], ids=repr)
@pytest.mark.parametrize("part", PARTS)
def test_trouble_in_one_part_does_not_stop_the_others(team, monkeypatch, part, trouble):
    done = []

    def work(name: str) -> int:
        done.append(name)
        if name == part:
            raise trouble
        return 0

    for name in PARTS:
        monkeypatch.setattr(pump, name, lambda name=name, **_: work(name))

    call_command("pump", once=True)

    assert tuple(done) == PARTS


def test_a_row_that_somebody_holds_does_not_make_it_run_in_circles(team, monkeypatch):
    promises_due(database_now() - timedelta(seconds=5), count=1, team=team)
    # As if a handler held the row: it is due, and the sweep leaves it.
    monkeypatch.setattr(pump, "sweep_due", lambda **_: 0)

    assert 0.05 <= pump.sweep() <= 0.2


def test_it_sleeps_until_the_next_promise_is_due_and_never_longer_than_a_second(team):
    assert pump.sweep() == 1.0

    promises_due(database_now() - timedelta(seconds=0.5), count=1, team=team)
    assert 0.1 <= pump.sweep() <= 0.5


@pytest.mark.slow
def test_a_mail_server_that_hangs_does_not_delay_a_promise(team, tmp_path: Path):
    """The server takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        variables = {"EMAIL_URL": f"smtp://127.0.0.1:{silent.getsockname()[1]}"}
        desk = environment_of_these_tests(**variables)
        with running("manage.py", "pump", environment=desk, log=tmp_path / "pump.log") as process:
            beats = Heartbeat.objects.filter(name="pump")
            wait_until(beats.exists, seconds=30, what="the pump's start")
            an_inquiry()
            wait_until(
                OutboundEmail.objects.filter(state="sending").exists,
                seconds=20,
                what="the beginning of a letter",
            )
            due_at = database_now().replace(microsecond=0) + timedelta(seconds=2)
            promises_due(due_at, count=10, team=team)
            broken = Commitment.objects.filter(state="breached", breached_at=due_at)
            wait_until(lambda: broken.count() == 10, seconds=15, what="the breach of all")
            assert OutboundEmail.objects.filter(state="sending").exists()
            process.send_signal(signal.SIGTERM)
            assert process.wait(6.5) == 0
