"""Reads SLA cases in the format of data/sla/README.md and answers them, for `evaluate_sla`."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sla.engine.commitments import CommitmentState
from sla.engine.events import Event, EventLogError
from sla.engine.replay import replay
from sla.engine.settings import ACK, STOPWATCHES, WAITS, PolicySettings, SettingsError
from sla.working_time import (
    Calendar,
    CalendarError,
    add_working_time,
    epoch_seconds,
    utc_datetime,
    working_seconds,
)

_INSTANT_FIELDS = ("promise_at", "waiting_since")


class EvaluationError(ValueError):
    """A file that cannot be evaluated; the sentence says what is wrong with it."""


def evaluate_file(path: Path) -> dict[str, Any]:
    """The answers to a file of cases or timelines, in its order, ready for JSON.

    Calendars come from the file's `calendars`, else from `calendars.json` beside it. Instants are
    UTC. Raises EvaluationError. Source: data/sla/README.md.
    """
    questions = _read_json(path)
    given = questions if "calendars" in questions else _read_json(path.parent / "calendars.json")
    try:
        calendars = {
            name: Calendar.from_json(data) for name, data in given.get("calendars", {}).items()
        }
        if "cases" in questions:
            return {"cases": [_case(case, calendars) for case in questions["cases"]]}
        return {"timelines": list(_timelines(questions, calendars))}
    except (CalendarError, SettingsError, EventLogError) as error:
        raise EvaluationError(f"{path.name} cannot be evaluated: {error}") from error
    except KeyError as error:
        raise EvaluationError(
            f"{path.name} lacks {error}, or names it without giving it."
        ) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise EvaluationError(f"{path.name} is not in the format of SLA cases: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise EvaluationError(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise EvaluationError(f"{path} holds no JSON object.")
    return content


def _case(case: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    calendar = calendars[case["calendar"]]
    if case["kind"] == "add":
        due = add_working_time(calendar, _instant(case["start"]), case["seconds"])
        return {"id": case["id"], "due": _text(due)}
    seconds = working_seconds(calendar, _instant(case["a"]), _instant(case["b"]))
    return {"id": case["id"], "seconds": seconds}


def _timelines(
    questions: Mapping[str, Any], calendars: Mapping[str, Calendar]
) -> Iterator[dict[str, Any]]:
    policies = {
        name: PolicySettings.from_json(data, calendar=calendars[data["calendar"]])
        for name, data in questions["policies"].items()
    }
    for question in questions["timelines"]:
        events = [_event(fields) for fields in question["events"]]
        now = _instant(question["now"])
        timeline = replay(events, policies=policies, calendars=calendars, now=now)
        yield {
            "id": question["id"],
            "status": timeline.status,
            "commitments": [_commitment(state) for state in timeline.commitments],
        }


def _event(fields: Mapping[str, Any]) -> Event:
    data = {name: value for name, value in fields.items() if name not in ("at", "type")}
    for name in _INSTANT_FIELDS:
        if data.get(name) is not None:
            data[name] = _instant(data[name])
    return Event(at=_instant(fields["at"]), type=fields["type"], data=data)


def _commitment(state: CommitmentState) -> dict[str, Any]:
    """Only the fields that this kind has, as the vectors write them."""
    row: dict[str, Any] = {
        "kind": state.kind,
        "cycle": state.cycle,
        "state": state.state,
        "started_at": _text(state.started_at),
        "due_at": _text(state.due_at),
        "met_at": _text(state.met_at),
        "breached_at": _text(state.breached_at),
        "ended_at": _text(state.ended_at),
        "end_reason": state.end_reason,
    }
    if state.kind in STOPWATCHES:
        row |= {"target_seconds": state.target_seconds, "used_seconds": state.used_seconds}
    elif state.source is not None:
        row["source"] = state.source
    if state.kind not in (ACK, *WAITS):
        row["warned"] = [{"percent": value, "at": _text(at)} for value, at in state.warned]
        row["escalated"] = [{"level": value, "at": _text(at)} for value, at in state.escalated]
    if state.late_wall_seconds is not None:
        row["late_wall_seconds"] = state.late_wall_seconds
    if state.late_business_seconds is not None:
        row["late_business_seconds"] = state.late_business_seconds
    return row


def _instant(text: str) -> int:
    return epoch_seconds(datetime.fromisoformat(text))


def _text(instant: int | None) -> str | None:
    return None if instant is None else f"{utc_datetime(instant):%Y-%m-%dT%H:%M:%SZ}"
