"""Figures that keep themselves current under somebody's hands, and drawings that are read by keyboard."""

from __future__ import annotations

import pytest

from reports.exports.models import Export
from reports.exports.working import ask_for_export, continue_export
from reports.facts.keeping import keep_all
from tests.factories import TeamFactory, a_ticket
from tickets.services.handling import assign

pytestmark = pytest.mark.usefixtures("support")


def ask(page):
    """What the stream or the clock would have it do."""
    page.locator("live-part").evaluate("part => part.ask()")


def test_five_numbers_and_two_charts_are_above_the_fold(visit, chika, aiko):
    for number in range(5):
        assign(a_ticket(email=f"customer{number}@example.com"), to=aiko, by=aiko)
    for _ in range(12):
        TeamFactory()

    with visit(chika) as here:
        here.page.goto("/reports/")
        assert here.page.locator("#now-figures .stat").count() == 5
        for part in ("#now-figures", "#time-left", "#load"):
            box = here.page.locator(part).bounding_box()
            assert box["y"] + box["height"] <= 720, part


def test_numbers_change_by_themselves_and_focus_and_scroll_stay(visit, chika, aiko):
    a_ticket()
    for number in range(12):
        TeamFactory(name=f"Team {number:02}")

    with visit(chika) as here:
        page = here.page
        page.set_viewport_size({"width": 1280, "height": 400})
        page.goto("/reports/")
        page.evaluate("scrollTo(0, 150)")
        page.locator("#load-scroll").evaluate("box => box.scrollTo(0, 60)")
        page.locator("#load-table summary").evaluate("summary => summary.click()")
        page.locator("#load-6").evaluate("mark => mark.focus({ preventScroll: true })")
        page.locator("#time-left").evaluate("chart => { chart.isTheSame = true }")
        before = page.evaluate("scrollY")

        ask(page)
        assert page.locator("#time-left").evaluate("chart => chart.isTheSame === true")
        assign(a_ticket(), to=aiko, by=aiko)
        ask(page)

        figures = page.locator("#now-figures")
        assert "2" in figures.locator(".stat").last.inner_text()
        assert page.evaluate("document.activeElement.id") == "load-6"
        assert page.evaluate("scrollY") == before == 150
        assert page.locator("#load-scroll").evaluate("box => box.scrollTop") == 60
        assert page.locator("#load-table").evaluate("details => details.open")


def test_a_page_without_a_connection_says_that_it_is_no_longer_current(visit, chika):
    with visit(chika) as here:
        page = here.page
        page.goto("/reports/wallboard/")
        stale = page.get_by_text("There is no connection")
        assert not stale.is_visible()
        page.route("**/reports/**", lambda route: route.abort())

        for _ in range(3):
            ask(page)

        assert stale.is_visible()
        page.unroute("**/reports/**")
        ask(page)
        assert not stale.is_visible()
        here.complaints.clear()


def test_a_mark_tells_its_name_to_whoever_tabs_to_it_or_points_at_it(visit, chika):
    a_ticket()
    with visit(chika, java_script_enabled=False) as here:
        page = here.page
        page.goto("/reports/")
        mark = page.locator("#time-left .chart__mark").nth(3)
        tip = mark.locator(".chart__tip")
        assert not tip.is_visible()

        mark.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")

        assert tip.is_visible()
        assert mark.get_attribute("aria-label") == tip.text_content().strip()
        other = page.locator("#time-left .chart__mark").nth(4)
        other.hover()
        assert other.locator(".chart__tip").is_visible()


def test_words_of_charts_do_not_overlap_on_a_telephone(visit, chika):
    chika.language = "ja"
    chika.save()
    TeamFactory(name="カスタマーサポート第一課問い合わせ窓口担当グループ")
    overlaps = """() => [...document.querySelectorAll('svg.chart')].flatMap((chart) => {
        const seen = [...chart.querySelectorAll(':scope > g > text')]
            .map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }))
            .filter(({ box }) => box.width);
        return seen.flatMap((one, place) => seen.slice(place + 1)
            .filter(({ box }) => box.left < one.box.right - 1 && one.box.left < box.right - 1
                && box.top < one.box.bottom - 4 && one.box.top < box.bottom - 4)
            .map((other) => `${one.words} / ${other.words}`));
    })"""
    found = []
    for width in (320, 390, 640, 1280):
        with visit(chika, width=width) as here:
            for address in (
                *("/reports/", "/reports/promises/", "/reports/times/", "/reports/arrivals/"),
                "/desk/styleguide/",
            ):
                here.page.goto(address)
                found += [(width, address, each) for each in here.page.evaluate(overlaps)]

    assert found == []


def test_the_bar_moves_and_at_the_end_the_file_is_offered(visit, chika, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    ticket = a_ticket()
    with visit(chika) as here:
        page = here.page
        page.goto("/desk/")
        page.get_by_text("Export", exact=True).click()
        page.get_by_role("button", name="UTF-8").click()
        page.get_by_text("About to begin.").wait_for()
        export = Export.objects.get()

        while continue_export():
            pass
        ask(page)

        with page.expect_download() as download:
            page.get_by_role("link", name="Download the CSV file").click()
        text = download.value.path().read_text(encoding="utf-8-sig")
    assert str(ticket.number) in text
    assert export.downloads.count() == 1


def test_without_scripts_the_page_asks_again_by_itself(visit, chika, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    a_ticket()
    export = ask_for_export(agent=chika, kind="queue", query="", encoding="utf-8")
    with visit(chika, java_script_enabled=False) as here:
        here.page.goto(f"/reports/exports/{export.pk}/")
        while continue_export():
            pass

        here.page.get_by_role("link", name="Download the CSV file").wait_for()


def test_a_report_on_paper_says_what_it_is_about_and_has_its_tables(visit, chika, support):
    a_ticket()
    keep_all()
    with visit(chika, width=672) as here:
        page = here.page
        page.emulate_media(media="print")
        for name in ("promises", "times", "arrivals"):
            page.goto(f"/reports/{name}/?team={support.pk}")
            for gone in (".top-bar", ".report-tabs", ".report-filter", ".figure__meaning"):
                assert not page.locator(gone).first.is_visible(), (name, gone)
            words = page.locator(".print-only").first.inner_text()
            assert "Team: Support" in words
            assert page.locator("figure.chart-card td").first.is_visible()
            for table in page.locator("table").all():
                box = table.bounding_box()
                assert box["x"] + box["width"] <= 673, name
