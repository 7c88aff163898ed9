"""Why a time is what it is: the terms it was computed by and every event that moved it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sla.engine.commitments import CommitmentState
from sla.engine.events import Event
from sla.models import Clock, Kind, PolicyVersion
from sla.services import read_log, replay_log
from sla.working_time import open_spans, utc_datetime


@dataclass(frozen=True)
class Step:
    """An event that made or moved the time; `due_at` None means that the clock paused."""

    at: datetime
    event: str
    due_at: datetime | None
    target_seconds: int | None


@dataclass(frozen=True)
class Span:
    """Working time that was counted, within one opening."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class Explanation:
    """One commitment, all its numbers in seconds of working time; `ended_at` None while it is owed."""

    kind: str
    state: str
    source: str
    started_at: datetime
    due_at: datetime | None
    target_seconds: int | None
    used_seconds: int | None
    remaining_seconds: int | None
    hold_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    steps: Sequence[Step]
    counted: Sequence[Span]

    @property
    def kind_label(self) -> str:
        return str(Kind(self.kind).label)


@dataclass(frozen=True)
class Terms:
    """Under what the clock runs now."""

    policy: str
    policy_number: int
    calendar: str
    calendar_number: int
    time_zone: str


def terms_in_words(clock: Clock) -> Terms:
    """Names and version numbers of the policy and the opening hours."""
    version = PolicyVersion.objects.select_related("policy", "calendar_version__calendar").get(
        pk=clock.policy_version_id
    )
    hours = version.calendar_version
    return Terms(
        policy=version.policy.name,
        policy_number=version.number,
        calendar=hours.calendar.name,
        calendar_number=hours.number,
        time_zone=hours.hours["tz"],
    )


def explain(clock: Clock, *, now: datetime) -> list[Explanation]:
    """Each commitment with the events that made its time: what is owed first, by due time, then
    what has ended, the latest first.

    The log is read event by event, so what is told is what was computed.
    """
    log = read_log(clock)
    story = [
        (event, _live(replay_log(log[: number + 1], now=utc_datetime(event.at)).commitments))
        for number, event in enumerate(log)
    ]
    rows = replay_log(log, now=now).commitments
    explained = [_explanation(row, _steps(row, story)) for row in rows]
    owed = [each for each in explained if each.ended_at is None]
    ended = [each for each in explained if each.ended_at is not None]
    return [
        *sorted(owed, key=lambda each: (each.due_at is None, each.due_at)),
        *sorted(ended, key=lambda each: each.ended_at or now, reverse=True),
    ]


def _live(rows: Sequence[CommitmentState]) -> dict[str, CommitmentState]:
    return {row.kind: row for row in rows if row.is_live}


def _steps(
    row: CommitmentState,
    story: Sequence[tuple[Event, dict[str, CommitmentState]]],
) -> list[Step]:
    """The events after which this commitment's due time was another one than before."""
    steps: list[Step] = []
    before: tuple[int | None, int | None] | None = None
    for event, rows in story:
        then = rows.get(row.kind)
        if then and not _is_same(row, then):
            then = None
        after = (then.due_at, then.target_seconds) if then else None
        if then and after != before:
            steps.append(
                Step(
                    at=utc_datetime(event.at),
                    event=event.type,
                    due_at=_instant(then.due_at),
                    target_seconds=then.target_seconds,
                )
            )
        before = after
    return steps


def _is_same(row: CommitmentState, then: CommitmentState) -> bool:
    """A letter that came back changes the count of the cycles, a merge moves the beginning ahead."""
    if then.started_at == row.started_at:
        return True
    return then.cycle == row.cycle and then.started_at > row.started_at


def _explanation(row: CommitmentState, steps: Sequence[Step]) -> Explanation:
    has_stopwatch = row.target_seconds is not None and row.used_seconds is not None
    return Explanation(
        kind=row.kind,
        state=row.state,
        source=row.source or "",
        started_at=utc_datetime(row.started_at),
        due_at=_instant(row.due_at),
        target_seconds=row.target_seconds,
        used_seconds=row.used_seconds,
        remaining_seconds=(row.target_seconds or 0) - (row.used_seconds or 0)
        if has_stopwatch
        else None,
        hold_at=_instant(row.hold_at),
        ended_at=_instant(row.ended_at),
        end_reason=row.end_reason or "",
        steps=steps,
        counted=_counted(row),
    )


def _counted(row: CommitmentState) -> list[Span]:
    """The opening hours during which a stopwatch ran."""
    return [
        Span(utc_datetime(begin), utc_datetime(stop))
        for span in row.spans
        if row.calendar is not None
        for begin, stop in open_spans(row.calendar, *span)
    ]


def _instant(epoch: int | None) -> datetime | None:
    return None if epoch is None else utc_datetime(epoch)
