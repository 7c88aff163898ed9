from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import pytest

from sla.editing import save_policy
from sla.models import Commitment, Kind, Policy, PolicyVersion
from sla.presets import office_hours, standard_settings
from sla.previewing import due_times_now, preview_edit
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.services.handling import solve
from tickets.services.rematching import continue_rematch, start_rematch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def tighter() -> dict:
    settings = deepcopy(standard_settings())
    settings["targets"]["normal"]["first_reply"] = 3600
    return settings


def test_a_preview_says_what_saving_then_does():
    a_ticket()
    policy = Policy.objects.get()

    preview = preview_edit(
        policy, settings=tighter(), hours=office_hours("Asia/Tokyo"), now=MONDAY_AT_TEN
    )
    save_policy(
        policy=policy,
        name=policy.name,
        calendar=policy.calendar,
        conditions={},
        settings=tighter(),
    )
    start_rematch()
    continue_rematch()

    (move,) = preview.moves
    assert move.kind == Kind.FIRST_REPLY
    assert move.before == MONDAY_AT_TEN + timedelta(hours=4)
    assert move.after == Commitment.objects.get(kind=Kind.FIRST_REPLY).due_at


def test_a_preview_changes_nothing_and_leaves_resolved_tickets_out():
    solve(a_ticket(), agent=None)
    before = list(Commitment.objects.values())

    preview = preview_edit(
        Policy.objects.get(),
        settings=tighter(),
        hours=office_hours("Asia/Tokyo"),
        now=MONDAY_AT_TEN,
    )

    assert (preview.open, preview.moves) == (0, [])
    assert list(Commitment.objects.values()) == before


def test_the_tester_names_the_times_of_a_ticket_that_came_now():
    due = due_times_now(PolicyVersion.objects.get().pk, "urgent", now=MONDAY_AT_TEN)

    assert due[Kind.FIRST_REPLY] == MONDAY_AT_TEN + timedelta(minutes=30)
    assert due[Kind.PROMISE] == MONDAY_AT_TEN + timedelta(minutes=30)
    assert due[Kind.RESOLUTION] == MONDAY_AT_TEN + timedelta(hours=4)
