"""What agents were told in the desk reaches them by mail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Agent, Notification
from accounts.notifying import Notice
from accounts.services import notify_agents
from mail.models import OutboundEmail
from mail.notifying import DIGEST_FROM, NEXT_TRY, mail_notifications
from tests.conftest import MONDAY_AT_TEN

pytestmark = pytest.mark.usefixtures("monday_at_ten")
NOW = MONDAY_AT_TEN


def tell(agent: Agent, *, count: int = 1) -> None:
    notices = [
        Notice(
            agent_id=agent.pk,
            kind=Notification.Kind.BREACH,
            label=f"#{number} Printer",
            path=f"/desk/tickets/{number}/",
            dedupe_key=f"{agent.pk}:{number}",
            facts={"kind": "promise", "due_at": NOW.isoformat(), "level": 1},
            mail_after=NOW,
        )
        for number in range(count)
    ]
    notify_agents(notices, now=NOW)


def test_everybody_gets_their_own_letters_once(aiko, ben):
    tell(aiko)
    tell(ben, count=2)

    assert mail_notifications(now=NOW) == 3
    assert mail_notifications(now=NOW) == 0
    letters = OutboundEmail.objects.order_by("to").values_list("to", flat=True)
    assert list(letters) == [aiko.email, ben.email, ben.email]


def test_many_at_once_are_one_letter(aiko):
    tell(aiko, count=DIGEST_FROM)

    mail_notifications(now=NOW)

    letter = OutboundEmail.objects.get()
    assert all(f"#{number} Printer" in letter.text for number in range(DIGEST_FROM))


def test_who_left_gets_no_letter(aiko):
    tell(aiko)
    Agent.objects.filter(pk=aiko.pk).update(is_active=False)

    assert mail_notifications(now=NOW) == 0


def test_somebody_who_cannot_be_written_to_keeps_nobody_from_their_letters(aiko, ben):
    Agent.objects.filter(pk=aiko.pk).update(time_zone="Mars/Olympus")
    tell(aiko)
    tell(ben)

    mail_notifications(now=NOW)
    assert OutboundEmail.objects.get().to == ben.email
    assert mail_notifications(now=NOW) == 0

    Agent.objects.filter(pk=aiko.pk).update(time_zone="Asia/Tokyo")
    mail_notifications(now=NOW + NEXT_TRY - timedelta(seconds=1))
    assert not OutboundEmail.objects.filter(to=aiko.email).exists()
    mail_notifications(now=NOW + NEXT_TRY)
    assert OutboundEmail.objects.filter(to=aiko.email).count() == 1
