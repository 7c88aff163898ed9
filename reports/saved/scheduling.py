"""When a saved report goes out next, by the clock of its owner."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reports.saved.models import SavedReport

Schedule = SavedReport.Schedule
# The first of a month is never further away than this, nor is a Monday.
LONGEST_MONTH = 32


def next_due(schedule: str, hour: int, time_zone: str, *, now: datetime) -> datetime | None:
    """The next moment after `now`; None when there is no schedule.

    An hour that the clocks leave out comes as the one after it; one that they strike twice counts
    the first time.
    """
    if schedule == Schedule.NONE:
        return None
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    for number in range(LONGEST_MONTH + 1):
        day = today + timedelta(days=number)
        moment = datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
        if is_day_of(schedule, day) and moment > now:
            return moment
    raise ValueError(f"{schedule} is no schedule")


def is_day_of(schedule: str, day: date) -> bool:
    """Whether it goes out on this day."""
    if schedule == Schedule.WEEKLY:
        return day.isoweekday() == 1
    return schedule == Schedule.DAILY or (schedule == Schedule.MONTHLY and day.day == 1)
