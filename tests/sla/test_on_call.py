"""Outside opening hours a broken promise finds who is on call."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Notification, NotificationSettings, OnCall
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.sla.commitments import promises_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_at_ten")]
NIGHT = MONDAY_AT_TEN.replace(hour=22)
A_SECOND_LATER = NIGHT + timedelta(seconds=1)


def broken_at_night(team, owner, *, level):
    """A promise of theirs that breaks at ten in the evening; who hears of a level is the policy's."""
    [promise] = promises_due(NIGHT, count=1, team=team, owner=owner)
    promise.schedule[-1][-1] = level
    promise.save()


def told():
    notices = Notification.objects.filter(kind="breach").select_related("agent")
    return {each.agent.name: each.mail_after for each in notices}


@pytest.mark.parametrize(("level", "others"), [(1, {"Aiko"}), (2, set())])
def test_who_is_on_call_hears_at_once_and_the_lead_sleeps(
    support, aiko, ben, mallory, level, others
):
    support.members.add(mallory)
    OnCall.objects.create(
        team=support,
        agent=mallory,
        starts_at=NIGHT - timedelta(hours=4),
        ends_at=NIGHT + timedelta(hours=9),
    )
    # Whoever is on call may be woken.
    NotificationSettings.objects.create(agent=mallory, quiet_from="21:00", quiet_until="07:00")
    broken_at_night(support, aiko, level=level)

    sweep_due(now=A_SECOND_LATER)

    heard = told()
    assert set(heard) == {"Mallory", *others}
    assert heard["Mallory"] == A_SECOND_LATER


def test_without_anybody_on_call_the_lead_hears(support, aiko, ben):
    OnCall.objects.create(
        team=support, agent=aiko, starts_at=NIGHT - timedelta(hours=9), ends_at=NIGHT
    )
    broken_at_night(support, aiko, level=2)

    sweep_due(now=A_SECOND_LATER)

    assert set(told()) == {"Ben"}


def test_a_lead_writes_down_who_is_on_call(support, aiko, ben, mallory):
    browser, path = signed_in(ben), f"/desk/settings/teams/{support.pk}/on-call/"
    sent = {"agent": aiko.pk, "starts_at": "2026-10-05T18:00", "ends_at": "2026-10-06T09:00"}

    assert browser.post(f"{path}create/", {**sent, "agent": mallory.pk}).status_code == 422
    early = browser.post(f"{path}create/", {**sent, "ends_at": "2026-10-05T17:00"})
    assert "It ends before it begins." in words(early)
    page = browser.post(f"{path}create/", sent, follow=True)

    assert "Aiko is on call." in words(page)
    browser.post(f"{path}{OnCall.objects.get().pk}/deletion/")
    assert not OnCall.objects.exists()
