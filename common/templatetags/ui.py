"""The words, times and small pictures every screen is made of."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol
from zlib import crc32

from django import template
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from common.icons import strokes
from common.time_formatting import duration as duration_words
from common.time_formatting import format_day, format_instant, is_japanese, time_left
from common.time_formatting import short_instant as short_instant_words
from common.time_formatting import working_time as working_time_words

register = template.Library()

STATUS_ICONS = {
    "new": "circle-dot",
    "open": "message-square",
    "pending_customer": "hourglass",
    "on_hold": "circle-pause",
    "resolved": "circle-check",
    "closed": "archive",
    "spam": "ban",
    "merged": "git-merge",
}
CHANNEL_ICONS = {"web": "globe", "email": "mail", "phone": "phone", "api": "webhook"}
DUE_ICONS = {
    "later": "clock",
    "soon": "alarm-clock",
    "late": "triangle-alert",
    "paused": "circle-pause",
    "kept": "circle-check",
    "broken": "circle-x",
    "cancelled": "circle-minus",
}
SETTLED = {"paused": "paused", "met": "kept", "cancelled": "cancelled"}
AVATAR_HUES = 6
HIDDEN = SafeString('aria-hidden="true"')
LINES = SafeString(
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round"'
)

QUOTED_LINE = re.compile(r"[>＞]")
ATTRIBUTION = re.compile(
    r"(?:wrote|schrieb|書きました|のメール|のメッセージ|<[^<>@\s]+@[^<>@\s]+>).{0,40}[:：]$"
)
LINK = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


class Owed(Protocol):
    """What a commitment, or a queue row shaped like one, must tell to be shown."""

    due_at: datetime
    state: str
    ended_at: datetime | None


class Body(NamedTuple):
    written: str
    quoted: str


# Icons ---------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> str:
    """Draw a Lucide icon, hidden from screen readers unless it has a label."""
    return _icon(str(name), size, str(label))


@lru_cache(maxsize=512)
def _icon(name: str, size: int, label: str) -> SafeString:
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" {1} {2}>{3}</svg>',
        size,
        LINES,
        _spoken(label),
        SafeString(strokes(name)),
    )


def _spoken(label: str) -> SafeString:
    return format_html('role="img" aria-label="{}"', label) if label else HIDDEN


@register.filter
def attributes(named: dict[str, object]) -> SafeString:
    """The attributes of a form's control: those that are True by name alone, not those that are
    False."""
    return flatatt(named)


@register.simple_tag
def icon_sheet(*names: str) -> SafeString:
    """Draw icons once, unseen, for a list that shows each of them fifty times with `icon_use`."""
    return format_html('<svg class="visually-hidden" aria-hidden="true">{}</svg>', _symbols(names))


def icon_use(name: str, size: int = 16, label: str = "") -> SafeString:
    """An icon from the sheet: a tenth of the bytes of a drawing of its own."""
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" {1}><use href="#icon-{2}"/></svg>',
        size,
        _spoken(label),
        name,
    )


@lru_cache(maxsize=8)
def _symbols(names: tuple[str, ...]) -> SafeString:
    return format_html_join("", "{}", ((_symbol(name),) for name in names))


def _symbol(name: str) -> SafeString:
    return format_html(
        '<symbol id="icon-{}" {}>{}</symbol>', name, LINES, SafeString(strokes(name))
    )


@register.filter
def status_icon(status: str) -> str:
    return STATUS_ICONS.get(status, "circle")


@register.filter
def channel_icon(channel: str) -> str:
    return CHANNEL_ICONS.get(channel, "message-square")


@register.filter
def due_icon(state: str) -> str:
    return DUE_ICONS[state]


# People --------------------------------------------------------------------------------------


@register.filter
def honorific(name: str | None) -> str:
    """Address a person: 様 exactly once in Japanese, the bare name elsewhere."""
    if not is_japanese(_language()):
        return name or ""
    bare = _without_honorific(name)
    if not bare:
        return ""
    return f"{bare} 様" if re.search(r"[\sA-Za-z]", bare) else f"{bare}様"


@register.simple_tag
def avatar(name: str | None, *, large: bool = False) -> SafeString:
    """Draw somebody's initials beside their name; the empty seat where there is nobody."""
    size = SafeString(" avatar--large" if large else "")
    if not name:
        return format_html(
            '<span class="avatar avatar--nobody{0}" role="img" aria-label="{1}" title="{1}">–</span>',
            size,
            gettext("Nobody assigned"),
        )
    return format_html(
        '<span class="avatar avatar--{}{}" {}>{}</span>',
        avatar_hue(name),
        size,
        HIDDEN,
        initials(name),
    )


def initials(name: str | None) -> str:
    """Shorten a name for an avatar: 佐藤 愛子 is 佐, Ben Carter is BC."""
    words = _without_honorific(name).split()
    if not words:
        return "?"
    if not words[0][0].isascii():
        return words[0][0]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


def avatar_hue(name: str | None) -> int:
    return crc32(_without_honorific(name).encode()) % AVATAR_HUES + 1


def _without_honorific(name: str | None) -> str:
    bare = (name or "").strip()
    while bare.endswith("様"):
        bare = bare[:-1].rstrip()
    return bare


# Times ---------------------------------------------------------------------------------------


@register.filter
def instant(value: datetime | str | None) -> str:
    """Name an instant in full: 2026年11月21日(土) 15:00."""
    return _in_full(value, with_zone=False)


@register.filter
def day(value: date | None) -> str:
    """Name a day in full: 2026年11月21日(土)."""
    return format_day(value, language=_language()) if value else ""


@register.filter
def instant_with_zone(value: datetime | str | None) -> str:
    """Name an instant in full with its zone, for readers who may live in another one."""
    return _in_full(value, with_zone=True)


@register.filter
def short_instant(value: datetime | str | None, now: datetime | str | None = None) -> str:
    """Name an instant briefly: 今日 15:00."""
    moment = _moment(value)
    if moment is None:
        return ""
    zone = timezone.get_current_timezone()
    return short_instant_words(
        moment, now=_moment(now) or timezone.now(), language=_language(), zone=zone
    )


@register.filter
def iso(value: datetime | str | None) -> str:
    """Write an instant for machines, as <time datetime> wants it."""
    moment = _moment(value)
    return moment.isoformat() if moment else ""


@register.filter
def duration(value: timedelta | float | None) -> str:
    """Say a length of time: 2時間5分."""
    if value is None:
        return ""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return duration_words(seconds, _language())


@register.filter
def working_time(seconds: int | None) -> str:
    """Say a length of working time: 27時間, never 1日3時間."""
    return "" if seconds is None else working_time_words(seconds, _language())


@register.inclusion_tag("components/due.html")
def due(
    owed: Owed | datetime | str | None,
    *,
    now: datetime | str | None = None,
    state: str = "",
    soon_minutes: int = 60,
    show_instant: bool = False,
) -> dict[str, object]:
    """Show a due time, or a commitment, in words with its state; the page keeps it current."""
    read_at = _moment(now) or timezone.now()
    due_at = _moment(owed if isinstance(owed, datetime | str) else getattr(owed, "due_at", None))
    if due_at is None:
        return {"due_at": None}
    shown = state or _settled_state(owed) or _open_state(due_at - read_at, soon_minutes)
    return {
        "due_at": due_at,
        "now": read_at,
        "state": shown,
        "is_running": shown in {"later", "soon", "late"},
        "words": time_left(due_at, now=read_at, language=_language()),
        "soon_minutes": soon_minutes,
        "show_instant": show_instant,
    }


def _settled_state(owed: object) -> str:
    state = str(getattr(owed, "state", ""))
    if state == "breached":
        return "broken" if getattr(owed, "ended_at", None) else "late"
    return SETTLED.get(state, "")


def _open_state(remaining: timedelta, soon_minutes: int) -> str:
    if remaining < timedelta(0):
        return "late"
    return "soon" if remaining <= timedelta(minutes=soon_minutes) else "later"


# Message bodies ------------------------------------------------------------------------------


@register.inclusion_tag("components/body_text.html")
def body_text(text: str | None, *, language: str = "") -> dict[str, object]:
    """Show a plain-text message: safe, links alive, the quoted end folded."""
    body = split_quoted(text or "")
    return {
        "written": linked(body.written),
        "quoted": linked(body.quoted),
        "quoted_lines": body.quoted.count("\n") + 1,
        "language": language,
    }


def split_quoted(text: str) -> Body:
    """Part a message from the older one quoted at its end, and from the line that introduces it."""
    lines = text.replace("\r\n", "\n").rstrip().split("\n")
    first = len(lines)
    while first and (not lines[first - 1].strip() or QUOTED_LINE.match(lines[first - 1])):
        first -= 1
    if not any(QUOTED_LINE.match(line) for line in lines[first:]):
        return Body("\n".join(lines), "")
    if first and ATTRIBUTION.search(lines[first - 1].strip()[-300:]):
        first -= 1
    written = "\n".join(lines[:first]).rstrip()
    quoted = "\n".join(lines[first:]).strip("\n")
    return Body(written, quoted) if written else Body(quoted, "")


def linked(text: str) -> SafeString:
    """Escape a text and make its web addresses clickable."""
    pieces: list[tuple[str, str]] = []
    position = 0
    for found in LINK.finditer(text):
        address = _without_trailing_punctuation(found.group())
        pieces.append((text[position : found.start()], _anchor(address)))
        position = found.start() + len(address)
    return format_html_join("", "{}{}", [*pieces, (text[position:], "")])


def _anchor(address: str) -> SafeString:
    return format_html('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>', address)


def _without_trailing_punctuation(address: str) -> str:
    """Leave "…/page)." to the sentence, but keep "…/Ruby_(gem)" whole."""
    while address[-1] in ".,:;!?'*)]":
        if address[-1] == ")" and address.count("(") >= address.count(")"):
            break
        address = address[:-1]
    return address


# Shared --------------------------------------------------------------------------------------


def _language() -> str:
    return get_language() or "en"


def _in_full(value: datetime | str | None, *, with_zone: bool) -> str:
    moment = _moment(value)
    if moment is None:
        return ""
    zone = timezone.get_current_timezone()
    return format_instant(moment, language=_language(), zone=zone, with_zone=with_zone)


def _moment(value: object) -> datetime | None:
    """Accept an instant as Python or as ISO 8601 writes it."""
    if isinstance(value, str):
        return parse_datetime(value) if value else None
    return value if isinstance(value, datetime) else None
