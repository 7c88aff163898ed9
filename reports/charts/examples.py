"""One chart of each kind, with numbers of nobody, for the page that shows every component."""

from __future__ import annotations

from reports.charts.bars import Row, bar_chart
from reports.charts.columns import Limit, Stack, column_chart, histogram
from reports.charts.heat import heat_map
from reports.charts.lines import Moment, line_chart
from reports.charts.parts import Chart, Series, Value

KEPT = (33, 27, 36, 25, 15, 4, 0)
LATE = (2, 0, 3, 1, 5, 0, 1)
ARRIVED = (12, 18, 15, 22, 19, 6, 3, 14, 21, 17, 25, 20, 7, 4)
BEFORE = (10, 15, 17, 18, 20, 5, 4, 12, 16, 19, 20, 18, 8, 2)
EXPECTED = (15, 20, 18, 23)
WITHIN = (41, 63, 58, 40, 31, 22, 12, 7, 3, 1)
BOUNDS = ("5分", "15分", "30分", "1時間", "2時間", "4時間", "8時間", "1日", "2日", "1週間")
WEEKDAYS = "月火水木金土日"


def examples() -> list[Chart]:
    """Japanese, as the rest of that page is."""
    return [_columns(), _bars(), _trend(), _histogram(), _heat()]


def _columns() -> Chart:
    return column_chart(
        "example-columns",
        title="お約束 (日別)",
        about="一日ごとに、下が守れたお約束、上が超過です。",
        heading="日付",
        series=[Series("守れた", "kept"), Series("超過", "late")],
        stacks=[
            Stack(
                f"{5 + number}({WEEKDAYS[number]})",
                f"10/{5 + number}({WEEKDAYS[number]})",
                [Value(kept, "#example-columns"), Value(LATE[number], "#example-columns-late")],
            )
            for number, kept in enumerate(KEPT)
        ],
    )


def _bars() -> Chart:
    people = [("サポート一課", 24, 3, 5), ("佐藤 愛子", 14, 2, 3), ("Ben Carter", 10, 1, 2)]
    return bar_chart(
        "example-bars",
        title="チームと担当者の手持ち",
        about="対応中の件数です。重なる部分は超過と1時間以内です。",
        headings=["チーム・担当者", "対応中", "超過", "1時間以内"],
        whole="対応中",
        series=[Series("超過", "late"), Series("1時間以内", "soon")],
        rows=[
            Row(
                name,
                Value(number, f"#{name}"),
                tone="second",
                parts=[Value(late, f"#{name}-late"), Value(soon, f"#{name}-soon")],
                detail=f"対応中{number}・超過{late}・1時間以内{soon}",
                is_part=bool(place),
            )
            for place, (name, number, late, soon) in enumerate(people)
        ],
    )


def _trend() -> Chart:
    known = [
        Moment(f"11/{1 + day}", f"11月{1 + day}日", Value(number, f"#d{day}"), Value(BEFORE[day]))
        for day, number in enumerate(ARRIVED)
    ]
    expected = [
        Moment(
            f"11/{15 + day}",
            f"11月{15 + day}日",
            expected=Value(number),
            low=number - 4 - day,
            high=number + 4 + day,
        )
        for day, number in enumerate(EXPECTED)
    ]
    return line_chart(
        "example-trend",
        title="お問い合わせの推移",
        about="日ごとの件数、その前の二週間、そしてこれからの見込みです。",
        heading="日付",
        what="件数",
        before="前の期間",
        expected="見込み",
        moments=[*known, *expected],
    )


def _histogram() -> Chart:
    return histogram(
        "example-times",
        title="一次返信までの時間",
        about="返信までの時間ごとの件数です。",
        headings=("時間", "件数"),
        bins=[
            (bound, f"{bound}以内", Value(WITHIN[number], f"#b{number}"))
            for number, bound in enumerate(BOUNDS)
        ],
        limits=[Limit("半数", 3.0), Limit("9割", 6.0)],
    )


def _heat() -> Chart:
    hours = [(str(hour), f"{hour}時台") for hour in range(24)]
    # Busy in the morning and after lunch, quiet at the weekend.
    shape = (0, 0, 0, 0, 0, 0, 1, 3, 8, 18, 22, 16, 9, 17, 15, 12, 10, 8, 5, 3, 2, 1, 1, 0)
    weight = (1.2, 1.0, 0.9, 1.0, 1.1, 0.3, 0.15)
    numbers = {
        (row, hour): round(shape[hour] * weight[row]) for row in range(7) for hour in range(24)
    }
    return heat_map(
        "example-heat",
        title="お問い合わせの多い時間",
        about="曜日と時刻ごとの件数です。濃いほど多くなります。",
        heading="曜日",
        rows=[(each, f"{each}曜日") for each in WEEKDAYS],
        columns=hours,
        values={place: Value(number, f"#h{place}") for place, number in numbers.items() if number},
    )
