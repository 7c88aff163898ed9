"""Drawings as they are read: by eye, by ear, by keyboard, and as a table."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from reports.charts.bars import Row, bar_chart
from reports.charts.columns import Limit, Stack, column_chart, histogram
from reports.charts.heat import heat_map, level_of
from reports.charts.lines import Moment, line_chart
from reports.charts.parts import (
    Scale,
    Series,
    Value,
    labels_below,
    round_up,
    shortened,
    width_of,
)
from tests.html import Page

KEPT, LATE = Series("kept", "kept"), Series("broken", "late")


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def drawn(chart):
    return render_to_string("reports/charts/chart.html", {"chart": chart})


def columns(number=7, *, broken=2):
    first = date(2026, 10, 5)
    return column_chart(
        "kept",
        title="お約束",
        about="One column for each day.",
        heading="Day",
        series=[KEPT, LATE],
        stacks=[
            Stack(
                label=f"{first + timedelta(days=day):%-d}(月)",
                name=f"10/{day}",
                values=[Value(10 + day, f"/k/{day}"), Value(broken, f"/b/{day}")],
            )
            for day in range(number)
        ],
    )


def a_line():
    return line_chart(
        "trend",
        title="Inquiries",
        about="Per day.",
        heading="Day",
        what="inquiries",
        before="the week before",
        expected="expected",
        moments=[
            Moment("1", "Mon", value=Value(5, "/1"), before=Value(4, "/0")),
            Moment("2", "Tue", value=Value(8, "/2"), before=Value(6, "/0")),
            Moment("3", "Wed", expected=Value(7), low=4, high=10),
            Moment("4", "Thu", expected=Value(9), low=5, high=13),
        ],
    )


def a_heat_map():
    return heat_map(
        "heat",
        title="Arrivals",
        about="By hour and weekday.",
        heading="Weekday",
        rows=[("Mon", "Monday"), ("Tue", "Tuesday")],
        columns=[(str(hour), f"{hour}:00") for hour in range(24)],
        values={(0, 9): Value(10, "/9"), (1, 23): Value(1, "/23")},
    )


def some_bars():
    return bar_chart(
        "load",
        title="Load",
        about="By name.",
        headings=["Who", "Open", "Broken"],
        whole="open",
        series=[LATE],
        rows=[
            Row("Support", Value(8, "/s"), parts=[Value(2, "/sb")]),
            Row("Aiko", Value(4, "/a"), parts=[Value(0, "/ab")], is_part=True),
        ],
    )


def a_histogram():
    return histogram(
        "times",
        title="First reply",
        about="How long.",
        headings=("Within", "Tickets"),
        bins=[("5分", "5分以内", Value(3, "/5")), ("1時間", "1時間以内", Value(9, "/60"))],
        limits=[Limit("50%", 1.0), Limit("90%", 1.8)],
    )


ALL = [columns, a_line, a_heat_map, some_bars, a_histogram]


@pytest.mark.parametrize("make", ALL)
def test_each_has_a_name_a_description_and_ids_that_meet(make):
    page = Page(drawn(make()))
    [svg] = [each for each in page.all("svg") if each.get("class") == "chart"]
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}

    assert {svg["aria-labelledby"], svg["aria-describedby"]} <= ids
    assert len(ids) == len([1 for _, each in page.elements if "id" in each])
    assert svg["role"] == "group"


@pytest.mark.parametrize("make", ALL)
def test_every_mark_is_a_link_with_a_name_that_is_also_its_title(make):
    html = drawn(make())
    marks = re.findall(
        r'<a class="chart__mark"[^>]*href="([^"]+)"[^>]*aria-label="([^"]+)">(.*?)</a>',
        html,
        re.DOTALL,
    )

    assert marks
    assert len({(url, name) for url, name, _ in marks}) == len(marks)
    for _, name, inside in marks:
        assert f"<title>{name}</title>" in inside
        assert f">{name}</text>" in inside


@pytest.mark.parametrize("make", ALL)
def test_the_table_says_every_number_of_the_drawing_and_leads_to_the_same(make):
    chart = make()
    html = drawn(chart)
    table = html[html.index("<table") :]
    marks = [mark for mark in chart.marks if mark.url]

    for mark in marks:
        number = re.findall(r": (\d+)", mark.name)[0]
        assert f'<a href="{mark.url}">{number}</a>' in table, mark.name
    assert "<summary>As a table" in html


@pytest.mark.parametrize("make", ALL)
def test_nothing_is_styled_or_run_inline(make):
    html = drawn(make())

    assert not re.search(r"\s(style|on\w+)=|<style|<script", html)


def test_without_links_it_is_one_picture():
    chart = column_chart(
        "plain",
        title="x",
        about="y",
        heading="Day",
        series=[KEPT],
        stacks=[Stack("1", "Monday", [Value(3)])],
    )
    html = drawn(chart)

    assert 'role="img"' in html
    assert 'role="list"' not in html
    assert "<title>Monday, kept: 3</title>" in html


def test_late_and_soon_have_a_texture_so_that_colour_alone_says_nothing():
    html = drawn(columns())

    assert html.count('fill="url(#kept-late)"') == 7 + 1  # each column, and the legend
    assert "broken" in html[html.index("chart-legend") :]


def test_columns_stand_on_each_other_and_as_high_as_their_numbers():
    chart = columns(1, broken=5)
    kept, late = [(float(shape.y), float(shape.height)) for shape in chart.shapes]

    assert kept[0] + kept[1] == pytest.approx(float(chart.levels[0]), abs=0.2)
    assert late[0] + late[1] + 2 == pytest.approx(kept[0], abs=0.2)
    assert late[1] + 2 == pytest.approx(kept[1] / 2, abs=0.3)


def test_a_day_without_anything_has_no_column_but_a_line_in_the_table():
    chart = columns(3, broken=0)

    assert [shape.tone for shape in chart.shapes] == ["kept"] * 3
    assert [len(line.values) for line in chart.lines] == [2, 2, 2]
    assert chart.marks[0].name == "10/0, kept: 10"


@pytest.mark.parametrize("number", [1, 7, 14, 30, 90, 366])
@pytest.mark.parametrize("label", ["31(月)", "12月31日(水)", "Wed 31", "1"])
@pytest.mark.parametrize("room", [320 - 2 * 17, 560])
def test_labels_do_not_overlap_on_a_telephone_or_on_a_desk(number, label, room):
    labels = [
        each for each in labels_below([label] * number, y=0) if room > 480 or each.width != "wide"
    ]
    spans = []
    for each in labels:
        x = float(each.x.rstrip("%")) / 100 * room
        width = width_of(each.text)
        start = x - width if each.anchor == "end" else x - width / 2
        spans.append((start, start + width))

    assert spans, "the last one is always there"
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    assert float(labels[-1].x.rstrip("%")) == pytest.approx(
        float(labels_below([label] * number, y=0)[-1].x.rstrip("%"))
    )
    assert spans[-1][1] <= room + 4


def test_long_names_are_cut_where_the_room_ends_and_whole_in_the_mark():
    name = "カスタマーサポート第一課問い合わせ窓口担当グループ"
    chart = bar_chart(
        "x", title="x", about="x", headings=["a", "b"], rows=[Row(name, Value(1200000, "/x"))]
    )

    narrow, wide, number = chart.words
    assert (narrow.width, wide.width) == ("narrow", "wide")
    assert narrow.text.endswith("…")
    assert width_of(narrow.text) + width_of(number.text) < 280
    assert wide.text == name
    assert chart.marks[0].name.startswith(name)
    assert chart.lines[0].name == name


def test_shortened_leaves_what_fits():
    assert shortened("短い", 100) == "短い"
    assert width_of(shortened("とても長い名前" * 5, 100)) <= 100


def test_the_parts_of_a_bar_lie_in_it_one_after_the_other():
    chart = some_bars()
    whole, part = chart.shapes[0], chart.shapes[1]

    assert float(part.width.rstrip("%")) == pytest.approx(float(whole.width.rstrip("%")) / 4)
    assert chart.marks[1].name == "Support, broken: 2"
    # Nothing broken is no mark, but a 0 in the table.
    assert "Aiko, broken: 0" not in [mark.name for mark in chart.marks]
    assert '<a href="/ab">0</a>' in drawn(chart)


def test_a_line_breaks_where_nothing_is_known_and_the_forecast_has_a_band():
    chart = a_line()

    assert {path.tone for path in chart.paths} == {"before", "expected", "line"}
    assert len(chart.areas) == 1
    assert len(chart.areas[0].points.split()) == 4
    assert "Tue: 8 (the week before: 6)" in [mark.name for mark in chart.marks]
    assert "Wed, expected: 7 (4 to 10)" in [mark.name for mark in chart.marks]
    assert [each.label for each in chart.legend] == ["inquiries", "the week before", "expected"]


def test_the_more_the_darker_and_nothing_is_empty():
    assert [level_of(number, 10) for number in (0, 1, 2, 3, 9, 10)] == [0, 1, 1, 2, 5, 5]
    assert level_of(0, 0) == 0
    chart = a_heat_map()
    assert [mark.name for mark in chart.marks] == ["Monday 9:00: 10", "Tuesday 23:00: 1"]
    assert len(chart.shapes) == 2 * 24


def test_limits_say_where_half_and_nine_tenths_are():
    chart = a_histogram()

    assert [shape.x for shape in chart.shapes if shape.tone == "limit"] == ["54%", "90.8%"]
    assert {"50%", "90%"} <= {words.text for words in chart.words}


@pytest.mark.parametrize(
    ("number", "top"),
    [(0, 2), (1, 2), (7, 8), (8, 8), (9, 10), (41, 60), (999, 1000), (4100, 5000)],
)
def test_an_axis_ends_at_a_number_that_reads_well(number, top):
    assert round_up(number) == top
    assert Scale.of([number], y=0, height=100).at(top) == 0


def test_empty_charts_are_no_mistake():
    assert drawn(columns(0))
    assert drawn(heat_map("h", title="x", about="x", heading="x", rows=[], columns=[], values={}))
    assert drawn(line_chart("l", title="x", about="x", heading="x", what="x", moments=[]))
    assert drawn(bar_chart("b", title="x", about="x", headings=["x", "y"], rows=[]))


def test_names_are_escaped():
    html = drawn(
        bar_chart(
            "b", title="<b>", about="x", headings=["x", "y"], rows=[Row("<i>", Value(1, "/"))]
        )
    )

    assert "<b>" not in html
    assert "<i>" not in html
