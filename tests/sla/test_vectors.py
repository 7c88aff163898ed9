"""The published vectors, every one exact: they are facts (data/sla/README.md)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sla.evaluation import EvaluationError, evaluate_file
from sla.working_time import Calendar

VECTORS = Path(__file__).parent / "vectors"
HOLIDAY_YEARS = range(2023, 2030)


@cache
def questions(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


@cache
def answers(name: str) -> dict[str, Any]:
    result = evaluate_file(VECTORS / name)
    return {answer["id"]: answer for answer in result.get("cases") or result["timelines"]}


def as_multiset(commitments: list[Mapping[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in commitments)


@pytest.mark.parametrize(
    "case", questions("business_time_public.json")["cases"], ids=lambda case: case["id"]
)
def test_business_time_vector_is_exact(case: dict[str, Any]) -> None:
    answer = answers("business_time_public.json")[case["id"]]

    field = "due" if case["kind"] == "add" else "seconds"
    assert answer == {"id": case["id"], field: case[field]}


@pytest.mark.parametrize(
    "timeline", questions("timelines_public.json")["timelines"], ids=lambda case: case["name"]
)
def test_timeline_vector_is_exact(timeline: dict[str, Any]) -> None:
    answer = answers("timelines_public.json")[timeline["id"]]

    assert answer["status"] == timeline["status"]
    assert as_multiset(answer["commitments"]) == as_multiset(timeline["commitments"])


def test_every_vector_is_answered_in_the_order_of_the_file() -> None:
    for name, key in (
        ("business_time_public.json", "cases"),
        ("timelines_public.json", "timelines"),
    ):
        asked = [question["id"] for question in questions(name)[key]]
        assert list(answers(name)) == asked


@pytest.mark.parametrize(
    ("vector", "holidays"),
    [
        ("tokyo", {"country": "JP"}),
        ("newyork", {"country": "US"}),
        ("london_night", {"country": "GB", "subdivision": "ENG"}),
    ],
)
def test_our_own_holiday_expansion_gives_the_closed_dates_of_the_vector(
    vector: str, holidays: dict[str, str]
) -> None:
    expected = questions("calendars.json")["calendars"][vector]

    calendar = Calendar.from_json({"tz": expected["tz"], "holidays": [holidays]})

    (known,) = calendar.holidays
    expanded = sorted(day.isoformat() for year in HOLIDAY_YEARS for day in known.of_year(year))
    assert expanded == expected["closed_dates"]


def test_calendars_inside_the_file_win_over_those_beside_it(tmp_path: Path) -> None:
    case = {"id": "a", "kind": "elapsed", "calendar": "mine"}
    case |= {"a": "2026-10-05T00:00:00Z", "b": "2026-10-05T01:00:00Z"}
    calendars = {"mine": {"tz": "UTC", "weekly": {"mon": [["00:30", "12:00"]]}}}
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [case], "calendars": calendars}), encoding="utf-8")

    assert evaluate_file(file) == {"cases": [{"id": "a", "seconds": 1800}]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", "holds no JSON object"),
        ('{"calendars": {"x": {"tz": "Mars"}}, "cases": []}', "“Mars” is no time zone"),
        ('{"calendars": {}, "cases": [{"calendar": "x"}]}', "lacks 'x'"),
        ('{"calendars": {}, "cases": 3}', "not in the format"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(
    content: str | None, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "broken.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    with pytest.raises(EvaluationError, match=sentence):
        evaluate_file(file)
