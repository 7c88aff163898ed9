from __future__ import annotations

from datetime import time, timedelta

import pytest

from accounts.absence import go_away
from accounts.models import Agent, NotificationSettings
from accounts.preferences import save_notification_settings
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.services.digesting import send_due_digests
from tickets.services.handling import assign, solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
TUESDAY_AT_EIGHT = MONDAY_AT_TEN + timedelta(hours=22)


@pytest.fixture
def reader(aiko: Agent) -> Agent:
    """Gets a letter at eight each day."""
    save_notification_settings(
        aiko,
        ways={},
        quiet=None,
        breaks_quiet_for_breaches=False,
        digest_at=time(8),
        time_zone="Asia/Tokyo",
        now=MONDAY_AT_TEN,
    )
    return aiko


def letters() -> list[OutboundEmail]:
    return list(OutboundEmail.objects.filter(letter="waiting"))


def test_what_waits_comes_once_a_day_in_one_letter(reader: Agent, ben: Agent):
    own, done = a_ticket(subject="Printer"), a_ticket(subject="Scanner")
    for ticket in (own, done):
        assign(ticket, to=reader, by=reader)
    solve(done, agent=reader)
    assign(a_ticket(subject="Phone"), to=ben, by=ben)

    send_due_digests(now=TUESDAY_AT_EIGHT - timedelta(seconds=1))
    assert letters() == []
    send_due_digests(now=TUESDAY_AT_EIGHT)
    send_due_digests(now=TUESDAY_AT_EIGHT + timedelta(seconds=30))

    [letter] = letters()
    assert letter.to == "aiko@example.com"
    assert letter.subject.startswith("1 ticket waits for you")
    assert f"#{own.number} Printer" in letter.text
    assert f"/desk/tickets/{own.number}/" in letter.text
    assert "Scanner" not in letter.text
    assert "Phone" not in letter.text

    send_due_digests(now=TUESDAY_AT_EIGHT + timedelta(days=1))
    assert len(letters()) == 2


def test_when_nothing_waits_no_letter_comes(reader: Agent):
    send_due_digests(now=TUESDAY_AT_EIGHT)

    assert letters() == []
    settings = NotificationSettings.objects.get()
    assert settings.next_digest_at == TUESDAY_AT_EIGHT + timedelta(days=1)


def test_who_is_away_gets_none(reader: Agent):
    assign(a_ticket(), to=reader, by=reader)
    go_away(reader, until=None, substitute=None)

    send_due_digests(now=TUESDAY_AT_EIGHT)

    assert letters() == []


def test_one_bad_row_keeps_nobody_from_their_letter(reader: Agent, ben: Agent):
    for agent in (reader, ben):
        assign(a_ticket(), to=agent, by=agent)
    NotificationSettings.objects.create(
        agent=ben, digest_at=time(8), next_digest_at=TUESDAY_AT_EIGHT - timedelta(hours=1)
    )
    Agent.objects.filter(pk=ben.pk).update(time_zone="Nowhere/Land")

    send_due_digests(now=TUESDAY_AT_EIGHT)

    assert [letter.to for letter in letters()] == ["aiko@example.com"]
    later = NotificationSettings.objects.get(agent=ben).next_digest_at
    assert later == TUESDAY_AT_EIGHT + timedelta(minutes=10)
