"""New opening hours and policies begin with an example that fills the form."""

from __future__ import annotations

import pytest
from django.test import Client

from sla.models import BusinessCalendar, Policy
from sla.presets import CALENDARS, POLICIES
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.desk.settings_pages import NEW_CALENDAR, NEW_POLICY, create, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def as_admin(admin) -> Client:
    return signed_in(admin)


@pytest.mark.parametrize("preset", CALENDARS, ids=lambda each: each.key)
def test_hours_saved_as_the_example_fills_them_are_the_example(as_admin, preset):
    answer = create(as_admin, f"{NEW_CALENDAR}?preset={preset.key}")

    assert answer.status_code == 302
    calendar = BusinessCalendar.objects.get(is_default=False)
    assert calendar.name == str(preset.name)
    assert calendar.versions.get().hours == preset.content


@pytest.mark.parametrize("preset", POLICIES, ids=lambda each: each.key)
def test_a_policy_saved_as_the_example_fills_it_is_the_example(as_admin, preset):
    create(as_admin, f"{NEW_CALENDAR}?preset=always")

    answer = create(as_admin, f"{NEW_POLICY}?preset={preset.key}")

    assert answer.status_code == 302
    policy = Policy.objects.get(is_default=False)
    assert policy.name == str(preset.name)
    assert policy.versions.get().settings == preset.content


def test_choosing_an_example_saves_nothing(as_admin):
    as_admin.get(f"{NEW_CALENDAR}?preset=uk-office")
    as_admin.get(f"{NEW_POLICY}?preset=fast")

    assert BusinessCalendar.objects.count() == Policy.objects.count() == 1


def test_every_example_is_a_link_with_a_line_that_says_what_it_is(as_admin):
    page = as_admin.get(f"{NEW_CALENDAR}?preset=uk-office")

    for preset in CALENDARS:
        assert f'href="?preset={preset.key}"' in page.text
        assert str(preset.about) in words(page)
    assert 'href="?preset=uk-office" aria-current="true"' in page.text
    assert "Thu 1 Jan New Year's Day" in words(page)


def test_an_example_nobody_knows_is_the_form_as_it_is_without_one(as_admin):
    for path in (NEW_CALENDAR, NEW_POLICY):
        plain, asked = shown(as_admin, path), shown(as_admin, f"{path}?preset=no-such")
        assert {**asked, "csrfmiddlewaretoken": ""} == {**plain, "csrfmiddlewaretoken": ""}


def test_a_person_who_reads_japanese_gets_japanese_examples(admin):
    admin.language = "ja"
    admin.save()
    reader = signed_in(admin)

    page = words(reader.get(f"{NEW_CALENDAR}?preset=japanese-office"))

    assert "12月29日～1月3日は休業です" in page
    assert "1/12(月) 成人の日" in page
    assert shown(reader, f"{NEW_POLICY}?preset=relaxed")["name"] == "ゆとりのある社内ヘルプデスク"


def test_the_policy_for_day_and_night_takes_hours_without_a_gap(as_admin):
    first = words(as_admin.get(f"{NEW_POLICY}?preset=critical"))
    assert "there are no opening hours without a gap yet" in first

    create(as_admin, f"{NEW_CALENDAR}?preset=always")

    fields = shown(as_admin, f"{NEW_POLICY}?preset=critical")
    assert fields["calendar"] == str(BusinessCalendar.objects.get(is_default=False).pk)
    assert "without a gap yet" not in words(as_admin.get(f"{NEW_POLICY}?preset=critical"))


def test_other_policies_start_with_the_hours_of_the_desk(as_admin):
    create(as_admin, f"{NEW_CALENDAR}?preset=always")

    fields = shown(as_admin, f"{NEW_POLICY}?preset=fast")

    assert fields["calendar"] == str(BusinessCalendar.objects.get(is_default=True).pk)


def test_what_somebody_wrote_is_not_replaced_by_an_example(as_admin):
    answer = create(as_admin, NEW_CALENDAR, name="Ours", mon="nine")

    assert answer.status_code == 422
    assert "?preset=" not in answer.text
    assert 'value="Ours"' in answer.text
