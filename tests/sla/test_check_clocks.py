from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sla.checking import differences
from sla.models import Clock, Commitment, Kind
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.services.replying import Reply, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def test_clocks_that_are_what_their_logs_say_pass(monday_at_ten):
    ticket = a_ticket()
    monday_at_ten.shift(timedelta(hours=5))
    sweep_due(now=MONDAY_AT_TEN + timedelta(hours=5))
    receive_reply(ticket, body="まだでしょうか。")
    output = StringIO()

    call_command("check_clocks", stdout=output)

    assert "1 clocks are what their logs say" in output.getvalue()


def test_a_due_time_that_was_changed_by_hand_is_named():
    ticket = a_ticket()
    promise = ticket.clock.commitments.get(kind=Kind.PROMISE)
    Commitment.objects.filter(pk=promise.pk).update(due_at=promise.due_at + timedelta(hours=1))
    output = StringIO()

    with pytest.raises(CommandError, match="1 rows differ"):
        call_command("check_clocks", "--open", stdout=output)

    assert f"/desk/tickets/{ticket.number}/ promise 1: due_at is" in output.getvalue()


def test_a_row_that_is_gone_is_named():
    ticket = a_ticket()
    ticket.clock.commitments.filter(kind=Kind.RESOLUTION).delete()

    with pytest.raises(CommandError, match="1 rows differ"):
        call_command("check_clocks", stdout=StringIO())


def test_a_reminder_that_is_about_to_be_sent_is_no_difference(aiko):
    ticket = a_ticket()
    reply_to_customer(ticket, Reply(body="Which one?", asks=True), agent=aiko)
    clock = Clock.objects.get()
    due_at = clock.commitments.get(kind=Kind.NUDGE_1).due_at

    for seconds in (0, 1, 1800):
        assert differences(clock, now=due_at + timedelta(seconds=seconds)) == []

    Commitment.objects.filter(kind=Kind.RESOLUTION).update(target_seconds=1)
    assert len(differences(clock, now=due_at)) == 1
