from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.absence import go_away, stand_ins
from accounts.models import Agent, Notification, Team
from accounts.notifying import Notice
from accounts.preferences import next_time_of_day, save_notification_settings
from accounts.services import add_member, notify_agents
from tests.conftest import MONDAY_AT_TEN, TOKYO
from tests.factories import AgentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]
EVENING = MONDAY_AT_TEN + timedelta(hours=10)


def prefer(agent: Agent, **chosen: object) -> None:
    fields = {
        "ways": {},
        "quiet": None,
        "breaks_quiet_for_breaches": False,
        "digest_at": None,
        "time_zone": agent.time_zone,
        "now": MONDAY_AT_TEN,
    }
    save_notification_settings(agent, **{**fields, **chosen})  # type: ignore[arg-type]


def tell(*agents: Agent, kind: str = "assigned", now: datetime = EVENING, **more: object) -> None:
    fields = {"label": "#1 Printer", "path": "/desk/tickets/1/", "mail_after": now, **more}
    notify_agents(
        [
            Notice(agent_id=agent.pk, kind=kind, dedupe_key=f"{kind}:{agent.pk}", **fields)
            for agent in agents
        ],
        now=now,
    )


def told() -> list[tuple[str, bool, datetime | None]]:
    rows = Notification.objects.order_by("pk").select_related("agent")
    return [(row.agent.name, row.is_in_desk, row.mail_after) for row in rows]


# Kinds and ways -------------------------------------------------------------------------------


def test_without_a_choice_it_is_told_as_proposed(aiko: Agent):
    tell(aiko)
    tell(aiko, kind="customer_replied", mail_after=None)

    assert told() == [("Aiko", True, EVENING), ("Aiko", True, None)]


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (["desk", "mail"], [("Aiko", True, EVENING)]),
        (["mail"], [("Aiko", False, EVENING)]),
        (["desk"], [("Aiko", True, None)]),
        ([], []),
    ],
)
@pytest.mark.parametrize("proposed", [EVENING, None])
def test_each_kind_comes_the_ways_that_were_chosen(
    aiko: Agent, ways: list[str], expected: list[object], proposed: datetime | None
):
    prefer(aiko, ways={"assigned": [], "customer_replied": ["mail"]})
    prefer(aiko, ways={"held": ways})

    tell(aiko, kind="held", mail_after=proposed)

    # What is as proposed by default is not stored, and follows the notice.
    wanted = expected if ways != ["desk"] else [("Aiko", True, proposed)]
    assert told() == wanted


def test_what_is_told_by_mail_alone_is_not_counted_by_the_bell(aiko: Agent):
    prefer(aiko, ways={"assigned": ["mail"]})

    tell(aiko)

    assert aiko.notifications.unread().count() == 0


# Quiet hours ----------------------------------------------------------------------------------

NIGHT = (time(19), time(8))


@pytest.mark.parametrize(
    ("at", "letter_at"),
    [
        ((5, 18, 59), (5, 18, 59)),
        ((5, 19, 0), (6, 8, 0)),
        ((5, 23, 59), (6, 8, 0)),
        ((6, 0, 0), (6, 8, 0)),
        ((6, 7, 59), (6, 8, 0)),
        ((6, 8, 0), (6, 8, 0)),
    ],
)
def test_letters_wait_until_the_quiet_hours_end(aiko: Agent, at, letter_at):
    prefer(aiko, quiet=NIGHT)
    now = datetime(2026, 10, *at, tzinfo=TOKYO)

    tell(aiko, now=now)

    assert told() == [("Aiko", True, datetime(2026, 10, *letter_at, tzinfo=TOKYO))]


def test_quiet_hours_are_those_where_the_agent_is(aiko: Agent):
    prefer(aiko, quiet=(time(22), time(7)), time_zone="America/New_York")
    noon_in_tokyo = datetime(2026, 10, 5, 12, 0, tzinfo=TOKYO)

    tell(aiko, now=noon_in_tokyo)

    seven_in_new_york = datetime(2026, 10, 5, 7, 0, tzinfo=ZoneInfo("America/New_York"))
    assert told() == [("Aiko", True, seven_in_new_york)]


def test_quiet_hours_in_the_middle_of_a_day(aiko: Agent):
    prefer(aiko, quiet=(time(12), time(13)))

    tell(aiko, now=datetime(2026, 10, 5, 12, 30, tzinfo=TOKYO))

    assert told()[0][2] == datetime(2026, 10, 5, 13, 0, tzinfo=TOKYO)


@pytest.mark.parametrize("is_yours", [True, False])
def test_a_broken_promise_of_ones_own_may_break_the_quiet(aiko: Agent, is_yours: bool):
    prefer(aiko, quiet=NIGHT, breaks_quiet_for_breaches=True)

    tell(aiko, kind="breach", facts={"is_yours": is_yours})

    assert (told()[0][2] == EVENING) is is_yours


# Absence --------------------------------------------------------------------------------------


def test_whoever_stands_in_is_told_instead(aiko: Agent, ben: Agent):
    go_away(aiko, until=None, substitute=ben)

    tell(aiko)
    tell(aiko)

    [row] = Notification.objects.all()
    assert (row.agent, row.facts) == (ben, {"for": "Aiko"})


def test_whoever_is_told_anyway_is_not_told_twice(aiko: Agent, ben: Agent):
    go_away(aiko, until=None, substitute=ben)

    tell(aiko, ben)

    assert [name for name, *_ in told()] == ["Ben"]


def test_without_anybody_who_stands_in_the_absent_are_told(aiko: Agent, ben: Agent):
    go_away(aiko, until=None, substitute=None)

    tell(aiko)

    assert [name for name, *_ in told()] == ["Aiko"]


def test_after_the_absence_one_is_told_oneself(aiko: Agent, ben: Agent):
    go_away(aiko, until=EVENING, substitute=ben)

    tell(aiko, now=EVENING)

    assert [name for name, *_ in told()] == ["Aiko"]


def test_the_substitute_of_a_substitute_stands_in_and_circles_end(
    support: Team, aiko: Agent, ben: Agent
):
    dai = AgentFactory(name="Dai")
    add_member(support, dai)
    go_away(aiko, until=None, substitute=ben)
    go_away(ben, until=None, substitute=dai)
    assert stand_ins([aiko.pk], now=EVENING) == {aiko.pk: dai}

    go_away(dai, until=None, substitute=aiko)
    assert stand_ins([aiko.pk], now=EVENING) == {}


def test_nobody_stands_in_who_would_see_more_than_they_may(
    aiko: Agent, mallory: Agent, chika: Agent
):
    go_away(aiko, until=None, substitute=mallory)
    go_away(chika, until=None, substitute=aiko)

    assert stand_ins([aiko.pk, chika.pk], now=EVENING) == {}


# The daily letter -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 10, 5, 8, 0, tzinfo=UTC), datetime(2026, 10, 5, 23, 0, tzinfo=UTC)),
        (datetime(2026, 10, 5, 23, 0, tzinfo=UTC), datetime(2026, 10, 6, 23, 0, tzinfo=UTC)),
        (datetime(2026, 10, 5, 22, 59, tzinfo=UTC), datetime(2026, 10, 5, 23, 0, tzinfo=UTC)),
    ],
)
def test_the_next_time_of_day_is_later_and_there(now: datetime, expected: datetime):
    assert next_time_of_day(time(8), "Asia/Tokyo", now=now) == expected
