"""Where other helpdesks are weak (sla.md section 4): one test or more for each line, by product."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone, translation

from accounts.models import Agent, Notification, Team
from mail.models import OutboundEmail
from mail.notifying import mail_notifications
from sla.editing import NeverOpens, order_policies, save_calendar, save_policy
from sla.engine.commitments import CommitmentState
from sla.engine.events import Event
from sla.models import BusinessCalendar, Commitment, Escalation, Kind, Policy
from sla.presets import office_hours, standard_settings
from sla.services import change_policy, rebuild
from sla.sweep import sweep_due
from sla.working_time import (
    Calendar,
    add_working_time,
    epoch_seconds,
    utc_datetime,
    working_seconds,
)
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tests.sla.commitments import database_now, everything_stored, promises_due
from tests.sla.test_engine import (
    CALENDARS,
    DAY,
    HOUR,
    MINUTE,
    MORNING,
    event,
    last,
    local,
    opened,
    rows,
    seen,
)
from tickets.models import Ticket
from tickets.services.handling import reopen, solve
from tickets.services.recording import record
from tickets.services.rematching import continue_rematch, start_rematch
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

DUE = MONDAY_AT_TEN.replace(hour=14)
BREACH = Notification.Kind.BREACH


@pytest.fixture
def ticket(support: Team, aiko: Agent, monday_at_ten: object) -> Ticket:
    """Opened on Monday at 10:00 in Tokyo; first reply and promise are due at 14:00."""
    return a_ticket()


def at(hour: int, minute: int = 0, second: float = 0, *, day: int = 5) -> datetime:
    """An instant of that week in Tokyo."""
    moment = MONDAY_AT_TEN.replace(day=day, hour=hour, minute=minute)
    return moment + timedelta(seconds=second)


def row(ticket: Ticket, kind: str) -> Commitment:
    return ticket.clock.commitments.filter(kind=kind).latest("pk")


def edit_policy(**targets: int) -> None:
    policy = Policy.objects.get(is_default=True)
    settings = deepcopy(standard_settings())
    settings["targets"]["normal"].update(targets)
    save_policy(
        policy=policy, name=policy.name, calendar=policy.calendar, conditions={}, settings=settings
    )


def edit_hours(**changes: Any) -> None:
    calendar = BusinessCalendar.objects.get(is_default=True)
    hours = {**office_hours("Asia/Tokyo"), **changes}
    save_calendar(calendar=calendar, name=calendar.name, hours=hours)


def new_policy(name: str, *, first_reply: int, **conditions: list[str]) -> Policy:
    settings = deepcopy(standard_settings())
    for targets in settings["targets"].values():
        targets["first_reply"] = first_reply
    return save_policy(
        policy=None,
        name=name,
        calendar=BusinessCalendar.objects.get(is_default=True),
        conditions=conditions,
        settings=settings,
    )


def the_background_does_its_work(now: datetime) -> None:
    start_rematch(now=now)
    while continue_rematch(now=now):
        pass


def answer(ticket: Ticket, agent: Agent, now: datetime, **reply: Any) -> None:
    reply_to_customer(ticket, Reply(body="はい。", **reply), agent=agent, now=now)


def hours(weekly: list[list[str]], **fields: Any) -> Calendar:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return Calendar.from_json({"tz": "Asia/Tokyo", "weekly": dict.fromkeys(days, weekly), **fields})


def instant(text: str) -> int:
    return epoch_seconds(datetime.fromisoformat(text))


# Zendesk


def test_an_edited_policy_reaches_waiting_tickets_without_anybody_touching_them(ticket):
    edit_policy(first_reply=2 * HOUR)
    the_background_does_its_work(at(10, 5))

    assert row(ticket, Kind.FIRST_REPLY).due_at == at(12)


def test_an_edited_calendar_reaches_waiting_tickets_without_anybody_touching_them(ticket):
    edit_hours(closed=["2026-10-05"])
    the_background_does_its_work(at(10, 5))

    assert row(ticket, Kind.FIRST_REPLY).due_at == at(13, day=6)


def test_a_new_policy_reaches_waiting_tickets_without_anybody_touching_them(ticket):
    new_policy("On the web", first_reply=HOUR, channel=["web"])
    the_background_does_its_work(at(10, 5))

    assert row(ticket, Kind.FIRST_REPLY).due_at == at(11)


def test_applying_a_policy_to_a_broken_clock_breaks_it_no_second_time(ticket):
    sweep_due(now=at(14, 0, 1))
    before = steps_of(ticket)

    edit_policy(first_reply=HOUR)
    the_background_does_its_work(at(14, 5))
    sweep_due(now=at(14, 6))

    assert steps_of(ticket) == before
    assert row(ticket, Kind.FIRST_REPLY).breached_at == DUE


def steps_of(ticket: Ticket) -> list[tuple[object, ...]]:
    mine = Escalation.objects.filter(commitment__clock=ticket.clock).order_by("pk")
    told = Notification.objects.filter(kind=BREACH).order_by("pk")
    return [*mine.values_list("commitment", "level", "at"), *told.values_list("agent", "facts")]


def test_what_is_left_of_working_hours_is_counted_in_working_hours() -> None:
    """A weekend and a holiday of wall time use up nothing."""
    friday = epoch_seconds(datetime.fromisoformat("2026-10-09T17:00+09:00"))
    log = [event(friday, "create", policy="std", priority="normal")]

    used = [
        last(seen(log, friday + later), "first_reply").used_seconds for later in (HOUR, 3 * DAY)
    ]

    assert used == [HOUR, HOUR]


def test_a_ticket_made_on_the_telephone_owes_no_first_reply() -> None:
    timeline = seen([opened(origin="agent_live", promise_at=MORNING + 3 * HOUR)], MORNING)

    assert rows(timeline, "first_reply") == rows(timeline, "ack") == []
    assert last(timeline, "update").state == "active"
    assert last(timeline, "promise").due_at == MORNING + 3 * HOUR


def test_what_an_agent_told_the_customer_is_a_promise_beside_the_targets(ticket, aiko):
    """No policy is switched off for it, so nothing is forgotten: it breaks when it is not kept."""
    friday = at(15, day=9)
    answer(ticket, aiko, at(11), promise_at=friday)
    live = ticket.clock.commitments.live()
    assert row(ticket, Kind.PROMISE).due_at == friday
    assert set(live.values_list("kind", flat=True)) == {"promise", "update", "resolution"}

    sweep_due(now=friday + timedelta(seconds=1))

    assert row(ticket, Kind.PROMISE).breached_at == friday


# Zammad


@pytest.mark.parametrize("seconds", [1, 59, 61, 3599])
def test_a_pause_counts_to_the_second(seconds: int) -> None:
    log = [opened(), *pause(MORNING + HOUR + 7, seconds)]

    timeline = seen(log, MORNING + 3 * HOUR)

    assert last(timeline, "resolution").used_seconds == 3 * HOUR - seconds


def test_two_pauses_that_begin_in_one_minute_both_count() -> None:
    log = [opened(), *pause(MORNING + HOUR, 10), *pause(MORNING + HOUR + 20, 30)]

    timeline = seen(log, MORNING + 3 * HOUR)

    assert last(timeline, "resolution").used_seconds == 3 * HOUR - 40


def test_the_hour_that_a_zone_repeats_is_two_hours() -> None:
    """Paused at 01:30, taken up at 01:30: an hour lies between when the clocks go back."""
    first = epoch_seconds(datetime.fromisoformat("2026-11-01T01:30-04:00"))
    second = epoch_seconds(datetime.fromisoformat("2026-11-01T01:30-05:00"))
    create = event(first - HOUR, "create", policy="roundclock_ny", priority="normal")
    log = [create, *pause(first, second - first)]

    timeline = seen(log, second + HOUR)

    assert second - first == HOUR
    assert last(timeline, "resolution").used_seconds == 2 * HOUR


def pause(begin: int, seconds: int) -> list[Event]:
    """The customer's turn for so long."""
    return [
        event(begin, "status", to="pending_customer"),
        event(begin + seconds, "status", to="open"),
    ]


def test_pauses_do_not_hang_on_what_a_status_is_called(support, aiko, monday_at_ten):
    for language in ("en", "ja"):
        with translation.override(language):
            ticket = a_ticket(email=f"{language}@example.com")
            answer(ticket, aiko, at(11), asks=True)
            receive_reply(ticket, body="3 番です。", now=at(12))

    english, japanese = (
        list(
            ticket.clock.commitments.order_by("kind", "cycle").values(
                *("kind", "cycle", "state", "started_at", "due_at", "target_seconds")
            )
        )
        for ticket in Ticket.objects.order_by("pk")
    )
    assert english == japanese


def test_the_update_clock_never_stands_in_for_the_first_reply() -> None:
    timeline = seen([opened()], MORNING)

    assert rows(timeline, "update") == []
    assert last(timeline, "first_reply").due_at == MORNING + 4 * HOUR


def test_the_update_clock_begins_anew_when_an_agent_has_answered() -> None:
    log = [opened(), event(MORNING + HOUR, "outgoing"), event(MORNING + 3 * HOUR, "outgoing")]

    updates = rows(seen(log, MORNING + 3 * HOUR), "update")

    assert [update.state for update in updates] == ["met", "active"]
    assert updates[-1].used_seconds == 0


def test_a_second_deadline_of_the_same_day_alarms_again(ticket, aiko):
    answer(ticket, aiko, at(10, 30), promise_at=at(11))
    sweep_due(now=at(11, 0, 1))
    answer(ticket, aiko, at(11, 5), promise_at=at(13))
    sweep_due(now=at(13, 0, 1))

    told = Notification.objects.filter(kind=BREACH, agent=aiko, facts__level=1).order_by("pk")
    dues = [datetime.fromisoformat(each.facts["due_at"]) for each in told]
    assert dues == [at(11), at(13)]


def test_nobody_is_written_to_at_midnight(support, aiko):
    promises_due(at(0, day=6), count=1, team=support)

    sweep_due(now=at(0, 0, 1, day=6))

    assert Notification.objects.get(kind=BREACH).mail_after == at(9, day=6)
    assert mail_notifications(now=at(8, 59, 59, day=6)) == 0


def test_of_two_policies_that_match_the_first_in_the_list_wins_whatever_it_is_called(
    support, monday_at_ten
):
    quick = new_policy("Z", first_reply=HOUR, channel=["web"])
    slow = new_policy("A", first_reply=3 * HOUR, channel=["web"])

    order_policies([quick.pk, slow.pk])
    assert row(a_ticket(email="a@example.com"), Kind.FIRST_REPLY).due_at == at(11)
    order_policies([slow.pk, quick.pk])
    assert row(a_ticket(email="b@example.com"), Kind.FIRST_REPLY).due_at == at(13)


def test_another_policy_leaves_the_figures_of_the_past_as_they_were(ticket, aiko):
    answer(ticket, aiko, at(14, 30), promise_at=at(17))
    ended = Commitment.objects.exclude(ended_at=None).order_by("pk")
    before = list(ended.values())

    edit_policy(first_reply=9 * HOUR, next_reply=9 * HOUR)
    the_background_does_its_work(at(15))

    assert list(ended.values()) == before
    assert "breached" in {each["state"] for each in before}


def test_a_sweep_does_not_look_again_at_what_it_has_escalated(ticket):
    for now in (at(14, 0, 1), at(14, 15), at(15)):
        sweep_due(now=now)

    assert sweep_due(now=at(15, 0, 1)) == 0
    assert sweep_due(now=at(17)) == 0


# Frappe


def test_a_day_may_have_a_lunch_break() -> None:
    lunch = hours([["09:00", "12:00"], ["13:00", "18:00"]])

    due = add_working_time(lunch, instant("2026-10-05T11:00+09:00"), 2 * HOUR)

    assert due == instant("2026-10-05T14:00+09:00")


def test_a_shift_may_go_through_the_night() -> None:
    night = hours([["22:00", "06:00"]])

    due = add_working_time(night, instant("2026-10-05T23:00+09:00"), 6 * HOUR)

    assert due == instant("2026-10-06T05:00+09:00")


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Pacific/Kiritimati"])
def test_a_fresh_ticket_is_late_in_no_zone(support, monday_at_ten, zone):
    with timezone.override(ZoneInfo(zone)):
        ticket = a_ticket()
        sweep_due(now=at(10, 0, 1))

    assert ticket.next_due_at == DUE
    assert not Commitment.objects.filter(state="breached").exists()


def test_a_calendar_without_a_working_day_is_answered_at_once() -> None:
    never = hours([])
    # Written hours, and every day of every year closed: not empty, and yet it never opens.
    always_closed = hours([["09:00", "18:00"]], closed=["01-01..12-31"])

    for calendar in (never, always_closed):
        began = datetime.now(tz=ZoneInfo("UTC"))
        assert add_working_time(calendar, MORNING, 1) is None
        assert datetime.now(tz=ZoneInfo("UTC")) - began < timedelta(seconds=2)


def test_a_desk_that_never_opens_still_promises_a_time() -> None:
    promise = last(seen([opened(policy="never")], MORNING), "promise")

    assert (promise.source, promise.due_at) == ("agent_fallback", MORNING + DAY)


# Opened at 10:00 with 27 working hours; the wait as (begin, end) and what it leaves as due time.
HOLDS = [
    ("inside a day", "10-06 11:00", "10-06 12:30", "10-09 11:30:00"),
    ("over a night", "10-06 17:00", "10-07 10:00", "10-09 12:00:00"),
    ("over a weekend and a holiday", "10-08 17:00", "10-13 10:00", "10-13 12:00:00"),
    ("outside of the hours", "10-06 19:00", "10-07 08:00", "10-09 10:00:00"),
]


@pytest.mark.parametrize(
    ("begin", "end", "due"), [hold[1:] for hold in HOLDS], ids=[hold[0] for hold in HOLDS]
)
def test_a_wait_adds_the_working_hours_it_held_and_no_wall_time(
    begin: str, end: str, due: str
) -> None:
    """Frappe added wall time; ERPNext needed five attempts at this one formula."""
    since, until = (
        epoch_seconds(datetime.fromisoformat(f"2026-{moment.replace(' ', 'T')}+09:00"))
        for moment in (begin, end)
    )

    timeline = seen([opened(), *pause(since, until - since)], until)

    assert local(last(timeline, "resolution").due_at) == due


def test_from_waiting_to_resolved_at_once_the_wait_is_taken_off() -> None:
    log = [
        opened(),
        event(MORNING + HOUR, "status", to="pending_customer"),
        event(MORNING + 5 * HOUR, "outgoing", status_after="resolved"),
    ]

    resolution = last(seen(log, MORNING + 5 * HOUR), "resolution")

    assert (resolution.state, resolution.used_seconds) == ("met", HOUR)


def test_policies_are_asked_in_their_order_wherever_they_lie_in_the_table(support, monday_at_ten):
    quick = new_policy("Quick", first_reply=HOUR, channel=["web"])
    new_policy("Slow", first_reply=3 * HOUR, channel=["web"])
    # An updated row moves to the end of the heap, where a query without an order finds it last.
    Policy.objects.filter(pk=quick.pk).update(name="Quickest")

    assert row(a_ticket(), Kind.FIRST_REPLY).due_at == at(11)


def test_a_breach_is_seen_in_the_second_in_which_it_happens(ticket):
    sweep_due(now=at(14))
    assert row(ticket, Kind.PROMISE).state == "active"

    sweep_due(now=at(14, 0, 1))
    assert row(ticket, Kind.PROMISE).state == "breached"


# Chatwoot


def test_working_hours_are_working_hours(support, monday_at_ten):
    """Friday at 17:00 and four hours: three of them on Tuesday, for Monday is a holiday."""
    ticket = a_ticket(now=at(17, day=9))

    assert row(ticket, Kind.FIRST_REPLY).due_at == at(12, day=13)


def test_an_answer_that_was_late_between_two_sweeps_is_late(ticket, aiko):
    sweep_due(now=at(14))
    answer(ticket, aiko, at(14, 0, 1), promise_at=at(17))
    sweep_due(now=at(14, 5))

    first = row(ticket, Kind.FIRST_REPLY)
    assert (first.state, first.breached_at, first.met_at) == ("breached", DUE, at(14, 0, 1))


def test_a_solution_that_was_late_between_two_sweeps_is_late(ticket, aiko):
    due_at = row(ticket, Kind.RESOLUTION).due_at
    answer(ticket, aiko, at(11), promise_at=due_at + timedelta(days=1))

    solve(ticket, agent=aiko, now=due_at + timedelta(seconds=1))
    sweep_due(now=due_at + timedelta(minutes=5))

    resolution = row(ticket, Kind.RESOLUTION)
    assert (resolution.state, resolution.breached_at) == ("breached", due_at)


def test_the_due_second_belongs_to_us_for_the_answer_and_for_the_sweep_alike(ticket, aiko):
    sweep_due(now=at(14, 0, 0.999))
    assert row(ticket, Kind.FIRST_REPLY).state == "active"

    answer(ticket, aiko, at(14, 0, 0.999), promise_at=at(17))

    assert row(ticket, Kind.FIRST_REPLY).state == "met"


def test_no_open_day_does_not_mean_always_open(db):
    with pytest.raises(NeverOpens):
        save_calendar(calendar=None, name="Closed", hours={"tz": "Asia/Tokyo", "weekly": {}})

    assert working_seconds(hours([]), MORNING, MORNING + 366 * DAY) == 0


def test_a_day_has_as_many_intervals_as_it_needs() -> None:
    many = hours([["06:00", "07:00"], ["09:00", "12:00"], ["13:00", "15:00"], ["20:00", "24:00"]])
    midnight = instant("2026-10-05T00:00+09:00")

    assert working_seconds(many, midnight, midnight + DAY) == 10 * HOUR


def test_reopening_begins_a_new_cycle_and_the_old_one_keeps_its_result(ticket, aiko):
    answer(ticket, aiko, at(12), solves=True)
    reopen(ticket, agent=aiko, now=at(13))

    cycles = ticket.clock.commitments.filter(kind=Kind.RESOLUTION).order_by("cycle")
    assert [(each.cycle, each.state) for each in cycles] == [(1, "met"), (2, "active")]
    assert cycles[1].target_seconds == cycles[0].target_seconds - 2 * HOUR
    assert row(ticket, Kind.PROMISE).ended_at is None


# Libredesk


def test_met_at_the_deadline_itself_is_met_and_nothing_stays_pending(ticket, aiko):
    answer(ticket, aiko, DUE, solves=True)
    sweep_due(now=at(14, 5))

    states = {each.kind: each.state for each in ticket.clock.commitments.all()}
    assert (states["first_reply"], states["promise"]) == ("met", "met")
    assert not ticket.clock.commitments.live().exists()


def test_a_breach_and_an_answer_carry_their_own_time_and_not_the_sweeps(ticket, aiko):
    sweep_due(now=at(14, 4, 59))
    answer(ticket, aiko, at(14, 6), promise_at=at(17))
    sweep_due(now=at(14, 10))

    first = row(ticket, Kind.FIRST_REPLY)
    assert (first.breached_at, first.met_at) == (DUE, at(14, 6))
    assert first.detected_at == at(14, 4, 59)


def test_what_is_left_of_a_day_counts_to_the_second() -> None:
    office = hours([["09:00", "18:00"]])

    due = add_working_time(office, instant("2026-10-05T17:59:31+09:00"), 90)

    assert due == instant("2026-10-06T09:01:01+09:00")


def test_a_closure_of_months_is_no_error() -> None:
    shut = hours([["09:00", "18:00"]], closed=["2026-10-06..2027-03-31"])

    due = add_working_time(shut, instant("2026-10-05T17:30+09:00"), HOUR)

    assert due == instant("2027-04-01T09:30+09:00")


def test_a_day_may_end_at_midnight_and_a_night_at_dawn() -> None:
    midnight = instant("2026-10-05T00:00+09:00")

    assert working_seconds(hours([["00:00", "24:00"]]), midnight, midnight + DAY) == DAY
    assert working_seconds(hours([["20:00", "04:00"]]), midnight, midnight + DAY) == 8 * HOUR


def test_a_target_pauses_while_the_customer_has_to_act() -> None:
    waiting = [opened(), event(MORNING + HOUR, "outgoing", status_after="pending_customer")]

    resolution = last(seen(waiting, MORNING + 5 * HOUR), "resolution")

    assert (resolution.state, resolution.due_at, resolution.used_seconds) == ("paused", None, HOUR)


def test_applying_the_same_policy_again_deletes_nothing(ticket):
    before = list(Commitment.objects.order_by("pk").values())

    for minute in (1, 2):
        clock = ticket.clock
        change_policy(clock, policy_version_id=clock.policy_version_id, now=at(10, minute))

    assert list(Commitment.objects.order_by("pk").values()) == before


def test_two_instances_at_once_write_to_everybody_once(committed_team, committed_agent):
    due_at = database_now().replace(microsecond=0) - timedelta(seconds=2)
    promises_due(due_at, count=50, team=committed_team, owner=committed_agent)
    instances = [Thread(target=sweep_and_write) for _ in "12"]
    for instance in instances:
        instance.start()
    for instance in instances:
        instance.join(60)

    told = Notification.objects.filter(kind=BREACH).values_list("facts__commitment", flat=True)
    letters = OutboundEmail.objects.filter(to=committed_agent.email)
    assert len(told) == len(set(told)) == 50
    assert len({letter.dedupe_key for letter in letters}) == letters.count()


def sweep_and_write() -> None:
    try:
        sweep_due()
        mail_notifications(now=timezone.now() + timedelta(days=7))
    finally:
        connection.close()


def test_an_alarm_that_is_an_hour_old_is_still_given(ticket, aiko):
    sweep_due(now=at(15, 5))

    assert Notification.objects.filter(kind=BREACH, agent=aiko).exists()


def test_nobody_is_alarmed_about_a_ticket_that_is_done(ticket, aiko):
    solve(ticket, agent=aiko, now=at(12))
    for hour in (13, 14, 15, 17):
        sweep_due(now=at(hour, 0, 1))

    kinds = [BREACH, Notification.Kind.WARNING]
    assert not Notification.objects.filter(kind__in=kinds).exists()


# Jira Service Management, GLPI, osTicket


def test_a_repair_does_not_measure_the_past_by_the_goals_of_today(ticket, aiko):
    answer(ticket, aiko, at(12), promise_at=at(16))
    edit_policy(first_reply=HOUR, resolution=2 * HOUR)
    the_background_does_its_work(at(13))

    rebuild(ticket.clock, now=at(13, 5))

    first = row(ticket, Kind.FIRST_REPLY)
    assert (first.state, first.target_seconds) == ("met", 4 * HOUR)


def test_recalculating_finds_nothing_to_recalculate(ticket, aiko):
    answer(ticket, aiko, at(12), promise_at=at(13))
    sweep_due(now=at(13, 0, 1))
    edit_policy(update=2 * HOUR)
    the_background_does_its_work(at(13, 5))
    add_note(ticket, body="Hm.", agent=aiko, now=at(13, 6))
    before = everything_stored()

    rebuild(ticket.clock, now=at(13, 10))

    assert everything_stored() == before


@pytest.mark.parametrize("change", ["priority", "policy"])
def test_the_time_waited_is_not_lost_when_the_terms_change(change: str) -> None:
    to = {"priority": "high", "policy": "lunch"}[change]
    waited = [opened(), *pause(MORNING + HOUR, HOUR)]

    def used(log: list[Event]) -> CommitmentState:
        return last(seen(log, MORNING + 2 * HOUR), "resolution")

    changed = used([*waited, event(MORNING + 2 * HOUR, change, to=to)])

    assert used(waited).used_seconds == changed.used_seconds == HOUR


def test_a_wait_that_goes_on_while_the_terms_change_is_not_counted(ticket, aiko):
    answer(ticket, aiko, at(11), asks=True)
    ticket.refresh_from_db()
    record(ticket, "priority", now=at(12), to="high")
    receive_reply(ticket, body="3 番です。", now=at(13))

    resolution = row(ticket, Kind.RESOLUTION)
    assert resolution.due_at is not None
    spent = working_seconds(
        CALENDARS["tokyo"], epoch_seconds(at(13)), epoch_seconds(resolution.due_at)
    )
    assert resolution.target_seconds == spent + HOUR


def test_opening_hours_come_in_as_many_schedules_as_there_are_teams(support, monday_at_ten):
    night = save_calendar(
        calendar=None,
        name="Night shift",
        hours={"tz": "Asia/Tokyo", "weekly": {"mon": [["22:00", "06:00"]]}},
    )
    save_policy(
        policy=None,
        name="Low at night",
        calendar=night,
        conditions={"priority": ["low"]},
        settings=standard_settings(),
    )

    low, normal = a_ticket(priority="low"), a_ticket(email="taro@example.com")

    # Nine hours: eight in the night to Tuesday, one when the next shift begins on Monday.
    assert row(low, Kind.FIRST_REPLY).due_at == at(23, day=12)
    assert row(normal, Kind.FIRST_REPLY).due_at == DUE


def test_a_target_in_seconds_is_exact_on_the_wall_of_any_zone() -> None:
    """The last word on rounding: what is due is due in that second, written in UTC."""
    due = add_working_time(CALENDARS["kathmandu"], MORNING + 13, 7 * HOUR + MINUTE + 1)

    assert due is not None
    assert working_seconds(CALENDARS["kathmandu"], MORNING + 13, due) == 7 * HOUR + MINUTE + 1
    assert working_seconds(CALENDARS["kathmandu"], MORNING + 13, due - 1) == 7 * HOUR + MINUTE
    assert utc_datetime(due).microsecond == 0
