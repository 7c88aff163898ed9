"""Instants, time left and durations as people read them, in Japanese and in English.

Pure functions: the language and the zone are arguments, nothing is activated, nothing is read from the process.
`static/js/lib/format.js` mirrors `time_left` and `duration` word for word.
"""

from datetime import date, datetime, timedelta, tzinfo

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

JAPANESE_WEEKDAYS = "月火水木金土日"
ENGLISH_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ENGLISH_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
RELATIVE_DAYS = {
    "ja": {-1: "昨日", 0: "今日", 1: "明日"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
}


def format_instant(
    instant: datetime, *, language: str, zone: tzinfo, with_zone: bool = False
) -> str:
    """Name an instant in full, as a promise to a customer does."""
    local = _local(instant, zone)
    day = format_day(local, language=language)
    if is_japanese(language):
        return f"{day} {_clock(local)}" + (f"({_zone_name(local, language)})" if with_zone else "")
    return f"{day}, {_clock(local)}" + (f" ({_zone_name(local, language)})" if with_zone else "")


def format_day(day: date, *, language: str) -> str:
    """Name a day in full: 2026年11月21日(土)."""
    if is_japanese(language):
        return f"{day.year}年{day.month}月{day.day}日({_weekday(day, language)})"
    return f"{_weekday(day, language)} {day.day} {_month(day)} {day.year}"


def short_instant(instant: datetime, *, now: datetime, language: str, zone: tzinfo) -> str:
    """Name an instant as briefly as the day of reading allows."""
    local, today = _local(instant, zone), _local(now, zone)
    distance = (local.date() - today.date()).days
    words = RELATIVE_DAYS["ja" if is_japanese(language) else "en"]
    if distance in words:
        return f"{words[distance]} {_clock(local)}"
    return f"{_short_day(local, language, with_year=local.year != today.year)} {_clock(local)}"


def short_day(day: datetime, *, language: str, zone: tzinfo) -> str:
    """Name the day of an instant within this year: 11/21(土)."""
    return _short_day(_local(day, zone), language, with_year=False)


def time_left(due: datetime, *, now: datetime, language: str) -> str:
    """Say how long until `due`, or since: what remains is floored, what is overdue is ceiled."""
    remaining = due - now
    if remaining < timedelta(0):
        late = _late_words(_ceiled_seconds(-remaining), language)
        return f"{late}超過" if is_japanese(language) else f"{late} late"
    left = _left_words(remaining // timedelta(seconds=1), language)
    return f"あと{left}" if is_japanese(language) else f"{left} left"


def duration(seconds: float, language: str) -> str:
    """Say a length of time, floored to what matters at its size."""
    whole = int(seconds)
    if whole < MINUTE:
        return _amount((whole, "second"), language=language)
    return _left_words(whole, language)


def working_time(seconds: int, language: str) -> str:
    """Say a length of working time to the minute; it has no days, since those differ in length."""
    minutes = seconds // MINUTE
    if not minutes:
        return _amount((0, "minute"), language=language)
    return _hours_and_minutes(minutes, language)


def is_japanese(language: str) -> bool:
    return language.split("-", maxsplit=1)[0].lower() == "ja"


def _left_words(seconds: int, language: str) -> str:
    if seconds < MINUTE:
        return "1分未満" if is_japanese(language) else "less than 1 min"
    if seconds < DAY:
        return _hours_and_minutes(seconds // MINUTE, language)
    if seconds < 2 * DAY:
        return _days_and_hours(seconds // HOUR, language)
    return _amount((seconds // DAY, "day"), language=language)


def _late_words(seconds: int, language: str) -> str:
    minutes, hours, days = (-(-seconds // unit) for unit in (MINUTE, HOUR, DAY))
    if minutes < DAY // MINUTE:
        return _hours_and_minutes(minutes, language)
    if hours < 2 * DAY // HOUR:
        return _days_and_hours(hours, language)
    return _amount((days, "day"), language=language)


def _hours_and_minutes(minutes: int, language: str) -> str:
    return _amount((minutes // 60, "hour"), (minutes % 60, "minute"), language=language)


def _days_and_hours(hours: int, language: str) -> str:
    return _amount((hours // 24, "day"), (hours % 24, "hour"), language=language)


UNITS = {
    "ja": {"second": "{}秒", "minute": "{}分", "hour": "{}時間", "day": "{}日"},
    "en": {"second": "{} s", "minute": "{} min", "hour": "{} h", "day": "{} days"},
}


def _amount(*parts: tuple[int, str], language: str) -> str:
    japanese = is_japanese(language)
    units = UNITS["ja" if japanese else "en"]
    words = [
        "1 day" if (count, unit, japanese) == (1, "day", False) else units[unit].format(count)
        for count, unit in parts
        if count or len(parts) == 1
    ]
    return ("" if japanese else " ").join(words)


def _ceiled_seconds(span: timedelta) -> int:
    return -(-span // timedelta(seconds=1))


def _local(instant: datetime, zone: tzinfo) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("An instant needs a zone; a naive datetime is not an instant.")
    return instant.astimezone(zone)


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def _weekday(local: date, language: str) -> str:
    names = JAPANESE_WEEKDAYS if is_japanese(language) else ENGLISH_WEEKDAYS
    return names[local.weekday()]


def _month(local: date) -> str:
    return ENGLISH_MONTHS[local.month - 1]


def _short_day(local: datetime, language: str, *, with_year: bool) -> str:
    weekday = _weekday(local, language)
    if is_japanese(language):
        return (f"{local.year}/" if with_year else "") + f"{local.month}/{local.day}({weekday})"
    return f"{weekday} {local.day} {_month(local)}" + (f" {local.year}" if with_year else "")


def _zone_name(local: datetime, language: str) -> str:
    if getattr(local.tzinfo, "key", "") == "Asia/Tokyo":
        return "日本時間" if is_japanese(language) else "JST"
    name = local.tzname() or "UTC"
    # Zones without a customary abbreviation call themselves "+03".
    return name if name[0].isalpha() else f"UTC{name}"
