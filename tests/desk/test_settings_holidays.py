"""Public holidays are chosen by country and region, and the year names them."""

from __future__ import annotations

import pytest
from django.test import Client

from sla.models import CalendarVersion
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.desk.settings_pages import NEW_CALENDAR, calendar_path, create, edit, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def as_admin(admin) -> Client:
    return signed_in(admin)


def newest_holidays() -> list[dict[str, str]]:
    return CalendarVersion.objects.latest("pk").hours["holidays"]


def test_a_country_is_chosen_by_its_name_in_the_readers_language(as_admin, admin):
    assert '<option value="DE">Germany</option>' in as_admin.get(calendar_path()).text

    admin.language = "ja"
    admin.save()

    page = as_admin.get(calendar_path()).text
    assert '<option value="DE">ドイツ</option>' in page
    assert '<option value="JP" selected>日本</option>' in page


def test_several_countries_close_on_the_holidays_of_each(as_admin):
    answer = edit(as_admin, calendar_path(), country_2="DE", region_2="bayern")

    assert answer.status_code == 302
    assert newest_holidays() == [{"country": "JP"}, {"country": "DE", "subdivision": "BY"}]
    page = words(as_admin.get(f"{calendar_path()}?year=2026"))
    assert "Mon 12 Oct Sports Day" in page
    assert "Tue 6 Jan Epiphany" in page
    assert "New Year's Day, New Year's Day" not in page


def test_the_form_shows_regions_by_name_and_has_room_for_one_country_more(as_admin):
    edit(as_admin, calendar_path(), country_2="GB", region_2="ENG")

    fields = shown(as_admin, calendar_path())

    assert (fields["country_2"], fields["region_2"]) == ("GB", "England")
    assert fields["country_3"] == ""
    assert "country_4" not in fields


def test_a_country_taken_away_is_gone(as_admin):
    edit(as_admin, calendar_path(), country_2="DE")

    edit(as_admin, calendar_path(), country_1="")

    assert newest_holidays() == [{"country": "DE"}]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"country_2": "DE", "region_2": "Bavria"},
            "“Bavria” is no region we know (Germany). Write its name or code, such as",
        ),
        ({"region_1": "Tokyo"}, "Japan has no regions with holidays of their own."),
        ({"region_2": "Bayern"}, "Choose the country of “Bayern”, too."),
        ({"country_2": "Atlantis"}, "Select a valid choice."),
    ],
)
def test_a_place_we_do_not_know_is_refused_with_what_to_write(as_admin, fields, sentence):
    answer = edit(as_admin, calendar_path(), **fields)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert CalendarVersion.objects.count() == 1


def test_the_sentence_about_a_region_is_said_in_japanese_too(as_admin, admin):
    admin.language = "ja"
    admin.save()

    answer = edit(as_admin, calendar_path(), country_2="US", region_2="Calfornia")

    assert "「Calfornia」はアメリカの州・県などとして登録されていません" in words(answer)
    assert "California" in words(answer)


def test_the_year_of_a_copy_and_of_an_example_can_be_turned(as_admin):
    page = as_admin.get(f"{NEW_CALENDAR}?preset=us-office&year=2026").text

    assert "?preset=us-office&amp;year=2027" in page
    assert "Fri 19 Jun Juneteenth" in words(
        as_admin.get(f"{NEW_CALENDAR}?preset=us-office&year=2026")
    )


def test_a_week_begins_where_the_readers_week_begins(as_admin, admin):
    english = words(as_admin.get(calendar_path()))
    assert "January Mon Tue" in english

    admin.language = "ja"
    admin.save()

    assert "1月 日 月 火" in words(as_admin.get(calendar_path()))


def test_two_calendars_do_not_share_a_name(as_admin):
    assert create(as_admin, NEW_CALENDAR, name="Night").status_code == 302

    answer = create(as_admin, NEW_CALENDAR, name="Night")

    assert answer.status_code == 422
    assert "There is another “Night” already." in words(answer)


def test_a_holiday_on_which_we_work_is_an_ordinary_day_and_stays_one(as_admin):
    edit(as_admin, calendar_path(), worked="2026-10-12\n11-03")
    edit(as_admin, calendar_path(), mon="10:00-19:00")

    assert newest_holidays() == [{"country": "JP", "removals": ["2026-10-12", "11-03"]}]
    page = words(as_admin.get(f"{calendar_path()}?year=2026"))
    assert "Mon 12 Oct Sports Day" not in page
    assert "Fri 20 Mar" in page
    assert "Open on the public holidays of 2026-10-12" in page
