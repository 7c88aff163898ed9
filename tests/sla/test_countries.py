from __future__ import annotations

from datetime import date

import holidays
import pytest
from django.utils import translation

from sla.countries import (
    COUNTRIES,
    OFTEN_CHOSEN,
    country_choices,
    country_code,
    country_name,
    place_name,
    read_region,
    region_name,
)
from sla.notation import NotationError
from sla.working_time import PublicHolidays


def test_we_name_every_country_whose_holidays_are_known():
    assert set(COUNTRIES) == set(holidays.list_supported_countries(include_aliases=False))


@pytest.mark.parametrize(
    ("language", "name", "often", "first", "last"),
    [
        ("en", "Japan", "Germany", "Afghanistan", "Zimbabwe"),
        ("ja", "日本", "ドイツ", "アイスランド", "香港"),
    ],
)
def test_each_country_can_be_chosen_once_in_the_order_of_its_names(
    language, name, often, first, last
):
    with translation.override(language):
        (_, chosen), (_, others) = country_choices()

        assert country_name("JP") == name
        assert often in [each for _, each in chosen]
        assert (others[0][1], others[-1][1]) == (first, last)
        assert sorted(code for code, _ in chosen + others) == sorted(COUNTRIES)
        assert [code for code, _ in chosen] == list(OFTEN_CHOSEN)


def test_accents_do_not_move_a_country_to_the_end():
    with translation.override("en"):
        names = [name for _, name in country_choices()[1][1]]

    assert names.index("Åland Islands") < names.index("Belgium")


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        ("DE", "Bayern", "BY"),
        ("DE", " bayern ", "BY"),
        ("DE", "BY", "BY"),
        ("DE", "de-by", "BY"),
        ("US", "New York", "NY"),
        ("CH", "Zurich", "ZH"),
        ("GB", "ＥＮＧ", "ENG"),
        # Telangana was TG once; the code that is one today wins over a name.
        ("IN", "TS", "TS"),
        ("JP", "", None),
        ("DE", "", None),
    ],
)
def test_a_region_is_read_by_name_or_code(country, text, code):
    assert read_region(country, text) == code


@pytest.mark.parametrize(
    ("country", "text", "sentence"),
    [
        ("US", "Calfornia", "California"),
        ("DE", "Atlantis", "Germany"),
        ("JP", "Tokyo", "Leave this empty"),
    ],
)
def test_an_unknown_region_is_refused_with_what_could_be_meant(country, text, sentence):
    with translation.override("en"), pytest.raises(NotationError, match=sentence):
        read_region(country, text)


def test_places_have_names():
    with translation.override("en"):
        assert place_name("GB", "ENG") == "United Kingdom (England)"
        assert place_name("JPN", None) == "Japan"
    with translation.override("ja"):
        assert place_name("DE", "BY") == "ドイツ（Bayern）"
    assert region_name("DE", "BY") == "Bayern"
    assert region_name("ES", "MD") != ""
    assert (country_code("JPN"), country_code("JP"), country_code("")) == ("JP", "JP", "")


@pytest.mark.parametrize(
    ("country", "language", "day", "name"),
    [
        ("JP", "ja", date(2026, 1, 12), "成人の日"),
        ("JP", "en", date(2026, 1, 12), "Coming of Age Day"),
        ("DE", "en", date(2026, 10, 3), "German Unity Day"),
        # No Japanese here: English before the language of the country.
        ("DE", "ja", date(2026, 10, 3), "German Unity Day"),
        ("NZ", "ja", date(2026, 2, 6), "Waitangi Day"),
    ],
)
def test_holidays_are_named_in_the_language_of_the_reader_or_else_in_english(
    country, language, day, name, monkeypatch
):
    # Not in that of the machine, which the package would take by itself.
    monkeypatch.setenv("LANGUAGE", "de")
    known = PublicHolidays(country)

    names = known.names_of_year(2026, language)

    assert names[day] == name
    assert set(names) == known.of_year(2026)


def test_a_holiday_on_which_we_work_has_no_name():
    known = PublicHolidays.from_json({"country": "JP", "removals": ["2026-01-12"]})

    assert date(2026, 1, 12) not in known.names_of_year(2026, "ja")
