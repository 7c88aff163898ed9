from __future__ import annotations

from itertools import pairwise

import pytest

from sla.editing import check_settings, save_calendar, save_policy
from sla.models import BusinessCalendar, Priority
from sla.presets import CALENDARS, POLICIES, office_hours, preset_named, standard_settings
from sla.working_time import Calendar, never_opens, working_seconds
from tests.conftest import MONDAY_AT_TEN

HOUR = 3600
by_key = {"ids": lambda preset: preset.key}
A_WEEK_OF_OCTOBER = int(MONDAY_AT_TEN.timestamp()) // 86400 * 86400


def test_each_example_has_a_name_of_its_own():
    for presets in (CALENDARS, POLICIES):
        assert len({each.key for each in presets}) == len({each.name for each in presets})
        assert all(preset_named(each.key, presets) is each for each in presets)
    assert preset_named("no-such", CALENDARS) is None


@pytest.mark.parametrize("preset", CALENDARS, **by_key)
def test_hours_open_within_a_year(preset):
    calendar = Calendar.from_json(preset.content)

    assert not never_opens(calendar, A_WEEK_OF_OCTOBER)


@pytest.mark.parametrize(
    ("key", "hours"),
    [
        ("japanese-office", 45),
        ("japanese-office-with-lunch-break", 40),
        ("every-day", 63),
        ("always", 168),
        ("us-office", 40),
        ("uk-office", 40),
        ("german-office", 40),
    ],
)
def test_a_week_has_the_hours_that_the_line_says(key, hours):
    calendar = Calendar.from_json(preset_named(key, CALENDARS).content)

    # The week of 19 October 2026 has no public holiday anywhere here, and no change of clocks.
    monday = A_WEEK_OF_OCTOBER + 14 * 86400
    assert working_seconds(calendar, monday, monday + 7 * 86400) == hours * HOUR


@pytest.mark.parametrize("preset", POLICIES, **by_key)
def test_settings_can_be_saved_and_promise_no_later_than_they_answer(preset):
    settings = preset.content
    check_settings(settings)

    for priority in Priority:
        times = settings["targets"][priority]
        assert settings["promise_initial"][priority] <= times["first_reply"]
        assert settings["promise_default"][priority] <= times["update"]
        assert times["first_reply"] <= times["update"] <= times["resolution"]
    assert settings["holding_note"] is False


@pytest.mark.parametrize("preset", POLICIES, **by_key)
def test_what_is_more_urgent_is_never_slower(preset):
    targets = [preset.content["targets"][priority] for priority in Priority]

    for faster, slower in pairwise(targets):
        assert all(faster[kind] <= slower[kind] for kind in faster)


@pytest.mark.django_db
def test_each_example_goes_through_the_one_way_of_saving():
    for preset in CALENDARS:
        save_calendar(calendar=None, name=str(preset.name), hours=preset.content)
    for preset in POLICIES:
        save_policy(
            policy=None,
            name=str(preset.name),
            calendar=BusinessCalendar.objects.get(is_default=True),
            conditions={"priority": ["low"]},
            settings=preset.content,
        )

    assert BusinessCalendar.objects.count() == 1 + len(CALENDARS)


def test_a_fresh_desk_in_japan_starts_with_the_first_examples():
    assert office_hours("Asia/Tokyo") == CALENDARS[0].content
    assert standard_settings() == POLICIES[0].content


def test_a_fresh_desk_elsewhere_keeps_its_own_zone_and_knows_no_holidays():
    hours = office_hours("Pacific/Auckland")

    assert (hours["tz"], hours["holidays"]) == ("Pacific/Auckland", [])
    assert office_hours("UTC")["weekly"]["mon"] == [["09:00", "18:00"]]


def test_who_changes_what_they_got_does_not_change_the_example():
    office_hours("Asia/Tokyo")["weekly"]["mon"].clear()
    standard_settings()["targets"]["normal"].clear()

    assert office_hours("Asia/Tokyo")["weekly"]["mon"] == [["09:00", "18:00"]]
    assert standard_settings()["targets"]["normal"]["first_reply"] == 4 * HOUR
