"""Who is told of something, in which ways and when: as each wants it, or as the notice proposes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.absence import stand_ins
from accounts.models import Agent, Notification

DESK, MAIL = "desk", "mail"
Kind = Notification.Kind


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One thing to tell one agent; the same `dedupe_key` is told once, for ever.

    `mail_after` proposes a letter, and from when on; who wants one of this kind gets it anyway.
    """

    agent_id: int
    kind: str
    label: str
    path: str
    dedupe_key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    mail_after: datetime | None = None
    is_in_desk: bool = True


@dataclass(frozen=True)
class Reader:
    """What the telling needs to know of one agent."""

    pk: int
    name: str
    time_zone: str
    is_away: bool
    away_until: datetime | None
    ways: Mapping[str, Sequence[str]] | None
    quiet_from: time | None
    quiet_until: time | None
    breaks_quiet_for_breaches: bool | None

    def is_away_at(self, now: datetime) -> bool:
        return self.is_away and (self.away_until is None or self.away_until > now)

    def wanted(self, notice: Notice, *, now: datetime) -> Notice | None:
        """The notice as this agent wants it; None when not at all."""
        ways = (self.ways or {}).get(notice.kind)
        mail_after = notice.mail_after
        if ways is not None:
            mail_after = (mail_after or now) if MAIL in ways else None
        is_in_desk = ways is None or DESK in ways
        if mail_after is None and not is_in_desk:
            return None
        if mail_after is not None and not self._may_be_woken(notice):
            mail_after = self._end_of_quiet(mail_after)
        return replace(notice, mail_after=mail_after, is_in_desk=is_in_desk)

    def _may_be_woken(self, notice: Notice) -> bool:
        if notice.facts.get("is_on_call"):
            return True
        is_own_breach = notice.kind == Kind.BREACH and bool(notice.facts.get("is_yours"))
        return is_own_breach and bool(self.breaks_quiet_for_breaches)

    def _end_of_quiet(self, at: datetime) -> datetime:
        if self.quiet_from is None or self.quiet_until is None:
            return at
        return end_of_quiet(at, self.quiet_from, self.quiet_until, zone=ZoneInfo(self.time_zone))


READ = (
    *("pk", "name", "time_zone", "is_away", "away_until"),
    *(
        f"notification_settings__{name}"
        for name in ("ways", "quiet_from", "quiet_until", "breaks_quiet_for_breaches")
    ),
)


def end_of_quiet(at: datetime, start: time, end: time, *, zone: ZoneInfo) -> datetime:
    """The instant itself, or the end of the quiet hours it lies in; they may pass midnight."""
    there = at.astimezone(zone)
    now = there.time()
    is_quiet = start <= now < end if start <= end else now >= start or now < end
    if not is_quiet:
        return at
    day = there.date() if now < end else there.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=zone).astimezone(at.tzinfo)


def as_wanted(notices: Iterable[Notice], *, now: datetime) -> list[Notice]:
    """What of this is told to whom: of somebody who is away, to whoever stands in for them."""
    told = list(notices)
    readers = _readers({notice.agent_id for notice in told})
    away = [pk for pk, reader in readers.items() if reader.is_away_at(now)]
    if away:
        told, readers = _to_stand_ins(told, readers, away, now=now)
    wanted = (readers[n.agent_id].wanted(n, now=now) for n in told if n.agent_id in readers)
    return [notice for notice in wanted if notice is not None]


def _readers(agent_ids: Collection[int]) -> dict[int, Reader]:
    rows = Agent.objects.filter(pk__in=agent_ids).values_list(*READ)
    return {row[0]: Reader(*row) for row in rows}


def _to_stand_ins(
    told: list[Notice], readers: dict[int, Reader], away: Collection[int], *, now: datetime
) -> tuple[list[Notice], dict[int, Reader]]:
    present = {pk: other.pk for pk, other in stand_ins(away, now=now).items()}
    readers |= _readers(set(present.values()) - set(readers))
    # Who is told anyway, as one of the team, is not told twice.
    known = {(notice.agent_id, notice.kind, notice.path) for notice in told}
    passed_on = []
    for notice in told:
        other = present.get(notice.agent_id)
        if other is None:
            passed_on.append(notice)
        elif (other, notice.kind, notice.path) not in known:
            facts = {**notice.facts, "for": readers[notice.agent_id].name}
            passed_on.append(replace(notice, agent_id=other, facts=facts))
    return passed_on, readers
