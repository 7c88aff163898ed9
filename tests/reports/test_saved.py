"""Reports under a name: whose they are, and that each goes out once, whole, to who may read it."""

from __future__ import annotations

import csv
import io
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from mail.models import OutboundEmail
from reports.exports.models import Export
from reports.facts.keeping import keep_all
from reports.saved import services
from reports.saved.models import SavedReport
from reports.saved.scheduling import next_due
from reports.saved.services import save_report, send_due_reports
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import AgentFactory, a_ticket
from tickets.services.handling import solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten", "files")]
SAVED = "/reports/saved/"
TUESDAY_AT_EIGHT = datetime(2026, 10, 6, 8, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.fixture
def files(settings, tmp_path):
    """Files go to a folder of this test's."""
    settings.MEDIA_ROOT = str(tmp_path)


def saved(owner, *, recipients=None, **fields):
    report = SavedReport(
        **{"name": "Our week", "page": "quality", "query": "period=week", "owner": owner} | fields
    )
    save_report(report, recipients=[owner] if recipients is None else recipients)
    return report


def letters():
    return list(OutboundEmail.objects.filter(dedupe_key__startswith="report:").order_by("pk"))


def attached(letter):
    with default_storage.open(letter.files[0]["path"]) as file:
        return file.read()


def rows_of(content, encoding="utf-8-sig"):
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def typed(**fields):
    return {"name": "Week", "schedule": "", "hour": "8", "encoding": "utf-8"} | fields


# Whose it is --------------------------------------------------------------------------------------


def test_a_report_is_saved_with_its_filter_and_opens_with_it(chika):
    manager = signed_in(chika)
    page = manager.get("/reports/quality/?period=week&channel=phone")
    assert "/reports/saved/new/?page=quality&period=week&channel=phone" in links(page)
    form = manager.get("/reports/saved/new/?page=quality&period=week&channel=phone")
    assert "Channel: Phone" in words(form)

    manager.post(
        "/reports/saved/create/?page=quality&period=week&channel=phone",
        typed(name="Phone", recipients=[chika.pk]),
    )

    assert "/reports/quality/?period=week&channel=phone" in links(manager.get(SAVED))
    assert "Phone" in words(manager.get(SAVED))


def test_what_its_table_told_apart_is_kept_too(chika):
    manager = signed_in(chika)
    asked = "page=quality&period=week&by=team"

    manager.post(f"/reports/saved/create/?{asked}", typed(schedule="daily", recipients=[chika.pk]))
    send_due_reports(now=TUESDAY_AT_EIGHT)

    assert "/reports/quality/?period=week&by=team" in links(manager.get(SAVED))
    assert "?since=2026-09-29&until=2026-10-05&by=team" in letters()[0].text
    manager.post("/reports/saved/create/?page=quality&by=%3Cb%3E", typed(name="Odd"))
    assert SavedReport.objects.get(name="Odd").query == "period=month"


def test_what_is_private_does_not_exist_for_others(chika, admin):
    other = AgentFactory(role="manager")
    report = saved(chika, name="Mine alone")
    for visitor in (other, admin):
        browser = signed_in(visitor)
        assert "Mine alone" not in words(browser.get(SAVED))
        assert browser.get(f"{SAVED}{report.pk}/").status_code == 404
        for act in ("update", "delete", "run"):
            assert browser.post(f"{SAVED}{report.pk}/{act}/", typed()).status_code == 404
    assert SavedReport.objects.get().name == "Mine alone"
    assert letters() == []


def test_what_is_shared_is_read_by_all_managers_and_changed_by_its_owner(chika, admin, aiko):
    other = AgentFactory(role="manager")
    report = saved(chika, name="Ours", is_shared=True)
    browser = signed_in(other)

    assert "Ours" in words(browser.get(SAVED))
    assert browser.get(f"{SAVED}{report.pk}/").status_code == 404
    assert browser.post(f"{SAVED}{report.pk}/delete/").status_code == 404
    assert signed_in(aiko).get(SAVED).status_code == 403
    # Its owner may have left.
    assert (
        signed_in(admin).post(f"{SAVED}{report.pk}/update/", typed(name="New")).status_code == 302
    )
    assert SavedReport.objects.get().name == "New"


def test_its_owner_renames_and_deletes_it(chika):
    report, browser = saved(chika), signed_in(chika)

    browser.post(f"{SAVED}{report.pk}/update/", typed(name="Better", is_shared="on"))
    assert "Better" in words(browser.get(SAVED))
    browser.post(f"{SAVED}{report.pk}/delete/")

    assert not SavedReport.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Give the report a name."),
        ({"name": "x" * 101}, "100"),
        ({"schedule": "daily"}, "Say to whom it goes."),
        ({"schedule": "hourly"}, "hourly"),
        ({"hour": "24"}, "24"),
        ({"hour": ""}, "required"),
        ({"recipients": ["0"]}, "0"),
        ({"recipients": ["x"]}, "x"),
        ({"encoding": "utf-16"}, "utf-16"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(chika, wrong, said):
    response = signed_in(chika).post("/reports/saved/create/?page=quality", typed(**wrong))

    assert response.status_code == 422
    assert said in words(response)
    assert not SavedReport.objects.exists()


@pytest.mark.parametrize("page", ["", "overview", "../x", "Quality"])
def test_pages_that_cannot_be_saved_are_not_there(chika, page):
    browser = signed_in(chika)

    assert browser.get("/reports/saved/new/", {"page": page}).status_code == 404
    assert browser.post(f"/reports/saved/create/?page={page}", typed()).status_code == 404


def test_only_who_reads_reports_can_be_a_recipient(chika, aiko):
    form = signed_in(chika).get("/reports/saved/new/?page=quality")
    assert "Aiko" not in words(form)

    response = signed_in(chika).post(
        "/reports/saved/create/?page=quality", typed(schedule="daily", recipients=[aiko.pk])
    )

    assert response.status_code == 422


# When it goes out ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "hour", "zone", "now", "due"),
    [
        ("daily", 8, "Asia/Tokyo", "2026-10-05T07:59:59+09:00", "2026-10-05T08:00:00+09:00"),
        ("daily", 8, "Asia/Tokyo", "2026-10-05T08:00:00+09:00", "2026-10-06T08:00:00+09:00"),
        # It is another day there.
        ("daily", 8, "America/New_York", "2026-10-05T23:00:00Z", "2026-10-06T12:00:00Z"),
        ("weekly", 8, "Asia/Tokyo", "2026-10-05T08:00:00+09:00", "2026-10-12T08:00:00+09:00"),
        ("weekly", 0, "Europe/Berlin", "2026-10-04T21:59:59Z", "2026-10-04T22:00:00Z"),
        ("monthly", 8, "Asia/Tokyo", "2026-10-01T08:00:00+09:00", "2026-11-01T08:00:00+09:00"),
        ("monthly", 8, "Asia/Tokyo", "2026-12-31T23:00:00+09:00", "2027-01-01T08:00:00+09:00"),
        # The clocks go back on 25 October: eight o'clock comes an hour later for the world.
        ("daily", 8, "Europe/Berlin", "2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z"),
        # Two o'clock is struck twice, and counts the first time.
        ("daily", 2, "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z"),
        ("daily", 2, "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"),
        # On 28 March 2027 there is no two o'clock.
        ("daily", 2, "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z"),
        ("daily", 2, "Europe/Berlin", "2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"),
    ],
)
def test_the_next_time_is_by_the_clock_of_its_owner(schedule, hour, zone, now, due):
    found = next_due(schedule, hour, zone, now=datetime.fromisoformat(now))

    assert found == datetime.fromisoformat(due).astimezone(UTC)


def test_without_a_schedule_it_never_goes_out(chika):
    report = saved(chika)

    send_due_reports(now=MONDAY_AT_TEN + timedelta(days=400))

    assert report.next_at is None
    assert letters() == []


def test_it_goes_out_when_due_once_and_again_the_next_time(chika):
    saved(chika, schedule="daily")

    send_due_reports(now=TUESDAY_AT_EIGHT - timedelta(seconds=1))
    assert letters() == []
    for seconds in (0, 30, 3600):
        send_due_reports(now=TUESDAY_AT_EIGHT + timedelta(seconds=seconds))
    assert len(letters()) == 1
    send_due_reports(now=TUESDAY_AT_EIGHT + timedelta(days=1))
    assert len(letters()) == 2


def test_times_missed_while_the_desk_was_down_are_made_up_for_once(chika):
    report = saved(chika, schedule="daily")
    back = TUESDAY_AT_EIGHT + timedelta(days=3, hours=5)

    send_due_reports(now=back)
    send_due_reports(now=back)

    assert len(letters()) == 1
    report.refresh_from_db()
    assert report.next_at == TUESDAY_AT_EIGHT + timedelta(days=4)


def test_one_that_cannot_be_sent_holds_up_no_other_and_is_tried_again(chika, monkeypatch):
    broken = saved(chika, name="Broken", schedule="daily", page="times")
    saved(chika, name="Whole", schedule="daily")
    figures = services.summary_figures
    monkeypatch.setattr(
        services, "summary_figures", lambda p, c: figures({}[p] if p == "times" else p, c)
    )

    send_due_reports(now=TUESDAY_AT_EIGHT)
    assert [letter.subject.split(":")[0] for letter in letters()] == ["Whole"]
    monkeypatch.undo()
    send_due_reports(now=TUESDAY_AT_EIGHT + timedelta(minutes=10))

    assert len(letters()) == 2
    broken.refresh_from_db()
    assert broken.next_at == TUESDAY_AT_EIGHT + timedelta(days=1)


def test_who_may_no_longer_read_reports_gets_none(chika):
    other, left = AgentFactory(role="manager"), AgentFactory(role="manager")
    saved(chika, schedule="daily", recipients=[chika, other, left])
    other.role, left.is_active = "agent", False
    other.save()
    left.save()

    send_due_reports(now=TUESDAY_AT_EIGHT)

    assert [letter.to for letter in letters()] == [chika.email]


@pytest.mark.parametrize(("is_shared", "number"), [(False, 0), (True, 1)])
def test_a_private_report_ends_when_its_owner_leaves(chika, is_shared, number):
    owner = AgentFactory(role="manager")
    saved(owner, schedule="daily", is_shared=is_shared, recipients=[chika])
    owner.is_active = False
    owner.save()

    for day in range(2):
        send_due_reports(now=TUESDAY_AT_EIGHT + timedelta(days=day))

    assert len(letters()) == number * 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_it_once(fresh_desk, chika, monkeypatch):
    saved(chika, schedule="daily")
    begun, go_on = threading.Event(), threading.Event()
    write = services._write

    def slowly(*args, **kwargs):
        begun.set()
        assert go_on.wait(20)
        write(*args, **kwargs)

    monkeypatch.setattr(services, "_write", slowly)

    def work():
        try:
            send_due_reports(now=TUESDAY_AT_EIGHT)
        finally:
            connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert begun.wait(20)
    # The other one finds it held, and does not wait.
    send_due_reports(now=TUESDAY_AT_EIGHT)
    go_on.set()
    first.join(20)
    for minutes in (0, 10, 60):
        send_due_reports(now=TUESDAY_AT_EIGHT + timedelta(minutes=minutes))

    assert len(letters()) == 1


# What is in it ------------------------------------------------------------------------------------


@pytest.fixture
def a_day(aiko):
    """Four tickets of Monday, one of them resolved."""
    for number in range(4):
        a_ticket(subject=f"=Ticket {number}")
    solve(a_ticket(subject="Solved"), agent=aiko)
    keep_all()


def test_the_mail_has_the_figures_of_whole_days_and_leads_to_the_same_report(chika, a_day):
    saved(chika, schedule="daily", page="arrivals", query="period=week")

    send_due_reports(now=TUESDAY_AT_EIGHT)

    [letter] = letters()
    assert "- Arrived: 5 (5 more than the 7 days before)" in letter.text
    assert "/reports/arrivals/?since=2026-09-29&until=2026-10-05" in letter.text
    assert "print or save as PDF" in letter.text
    assert ">5</a>" in letter.html
    shown = signed_in(chika).get("/reports/arrivals/?since=2026-09-29&until=2026-10-05")
    assert "5 more than the 7 days before" in words(shown)


def test_today_is_in_no_mail_for_it_is_not_over(chika, a_day):
    saved(chika, schedule="daily", page="arrivals", query="period=today")

    send_due_reports(now=MONDAY_AT_TEN.replace(hour=23))
    send_due_reports(now=TUESDAY_AT_EIGHT)

    [letter] = letters()
    assert "since=2026-10-05&until=2026-10-05" in letter.text
    assert "Arrived: 5" in letter.text


def test_each_reader_gets_it_in_their_language_and_by_their_clock(chika, a_day):
    reader = AgentFactory(role="manager", language="ja", time_zone="Europe/London", name="花子")
    saved(chika, schedule="daily", page="arrivals", recipients=[chika, reader])

    send_due_reports(now=TUESDAY_AT_EIGHT)

    english, japanese = letters()
    assert "Arrived: 5" in english.text
    assert "花子 さん" in japanese.text
    assert "PDF" in japanese.text
    assert "Arrived" not in japanese.text + japanese.html
    heading = rows_of(attached(japanese))[0]
    assert any("(Europe/London)" in each for each in heading)


def test_the_rows_behind_are_attached_and_are_those_of_the_export(chika, a_day):
    saved(chika, schedule="daily", page="arrivals")
    send_due_reports(now=TUESDAY_AT_EIGHT)
    [letter] = letters()
    manager = signed_in(chika)

    export = Export.objects.get()
    downloaded = b"".join(manager.get(f"/reports/exports/{export.pk}/download/").streaming_content)

    assert attached(letter) == downloaded
    heading, *rows = rows_of(downloaded)
    assert len(rows) == 5 == export.rows_total
    subjects = {row[heading.index("Subject")] for row in rows}
    assert subjects == {"Solved", *(f"'=Ticket {number}" for number in range(4))}
    assert f"/reports/exports/{export.pk}/" in letter.text


def test_too_many_rows_are_fetched_from_the_desk(chika, a_day, monkeypatch):
    monkeypatch.setattr(services, "MOST_ATTACHED", 4)
    saved(chika, schedule="daily", page="arrivals")

    send_due_reports(now=TUESDAY_AT_EIGHT)

    [letter] = letters()
    export = Export.objects.get()
    assert letter.files == []
    assert export.is_working
    assert "There are 5 rows behind it, too many to attach." in letter.text
    assert f"/reports/exports/{export.pk}/" in letter.text


def test_older_programs_get_their_code_page(chika, a_day):
    saved(chika, schedule="daily", page="arrivals", encoding="cp932")

    send_due_reports(now=TUESDAY_AT_EIGHT)

    assert len(rows_of(attached(letters()[0]), "cp932")) == 6


def test_it_is_sent_at_once_to_who_asks_and_to_nobody_else(chika, a_day):
    other = AgentFactory(role="manager", email="other@example.com")
    report = saved(chika, is_shared=True, recipients=[chika])
    browser = signed_in(other)

    seen = words(browser.post(f"{SAVED}{report.pk}/run/", follow=True))

    assert "on its way to other@example.com" in seen
    assert [letter.to for letter in letters()] == ["other@example.com"]


@pytest.mark.parametrize("page", SavedReport.Page.values)
def test_every_page_can_be_sent_also_of_an_empty_desk(chika, page):
    saved(chika, schedule="daily", page=page)

    send_due_reports(now=TUESDAY_AT_EIGHT)

    [letter] = letters()
    assert letter.text.count("\n- ") >= 3
    assert len(rows_of(attached(letter))) == 1


def test_sending_takes_as_many_queries_for_many_rows(chika, aiko, django_assert_max_num_queries):
    a_ticket()
    keep_all()
    saved(chika, schedule="daily", page="people")
    with django_assert_max_num_queries(60):
        send_due_reports(now=TUESDAY_AT_EIGHT)
