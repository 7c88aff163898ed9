"""A list as a file: complete, once, for who asked for it, and without filling the memory."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage

from common.breaker import redis_breaker
from reports.exports import working
from reports.exports.models import Export, ExportDownload, ExportPiece
from reports.exports.working import (
    ask_for_export,
    cancel_export,
    continue_export,
    continue_exports,
    delete_expired,
)
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import AgentFactory, a_ticket, a_topic
from tickets.models import Ticket
from tickets.queue import QueueFilter
from tickets.services.handling import set_tags, solve
from tickets.services.replying import Reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten", "files")]
EXPORTS = "/reports/exports/"


@pytest.fixture
def files(settings, tmp_path):
    """Files go to a folder of this test's."""
    settings.MEDIA_ROOT = str(tmp_path)


def asked(agent, *, query="", encoding="utf-8", kind="queue"):
    return ask_for_export(agent=agent, kind=kind, query=query, encoding=encoding)


def finished(export):
    while continue_export():
        pass
    export.refresh_from_db()
    return export


def table_of(export):
    """What is in its file, as a program reads it."""
    with export.file.open("rb") as file:
        text = file.read().decode("utf-8-sig" if export.encoding == "utf-8" else "cp932")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_every_ticket_of_the_list_is_in_it_with_what_is_known(chika, aiko, db):
    ticket = a_ticket(subject="=HYPERLINK(1)", topic=a_topic())
    promise_at = MONDAY_AT_TEN + timedelta(hours=2)
    reply_to_customer(ticket, Reply(body="調べます。", promise_at=promise_at), agent=aiko)
    set_tags(ticket, names=["VIP", "印刷"], by=aiko)
    solve(a_ticket(), agent=aiko)

    heading, row = table_of(finished(asked(chika, query=QueueFilter().query())))

    said = dict(zip(heading, row, strict=True))
    assert said == {
        "Ticket number": str(ticket.number),
        "Subject": "'=HYPERLINK(1)",
        "Status": "Open",
        "Priority": "Normal",
        "Customer": "山田花子",
        "Organisation": "",
        "Team": "Support",
        "Assignee": "Aiko",
        "Topic": "Billing",
        "Channel": "Web form",
        "Tags": "VIP, 印刷",
        "Opened (Asia/Tokyo)": "2026-10-05 10:00:00",
        "First reply (Asia/Tokyo)": "2026-10-05 10:00:00",
        "Next contact promised (Asia/Tokyo)": "2026-10-05 12:00:00",
        "Resolved (Asia/Tokyo)": "",
    }


@pytest.mark.parametrize("query", ["", "state=resolved", "scope=unassigned", "due=late", "tag=vip"])
def test_an_export_holds_exactly_the_rows_of_its_list(chika, aiko, query, monday_at_ten):
    for number in range(4):
        ticket = a_ticket()
        set_tags(ticket, names=["VIP"][: number % 2], by=aiko)
    solve(a_ticket(), agent=aiko)
    monday_at_ten.shift(timedelta(days=1))
    a_ticket()
    chosen = QueueFilter.parse(query)
    expected = chosen.tickets(chika, now=MONDAY_AT_TEN + timedelta(days=1)).order_by("pk")

    export = finished(asked(chika, query=chosen.query()))

    numbers = [int(row[0]) for row in table_of(export)[1:]]
    assert numbers == list(expected.values_list("number", flat=True)) != []
    assert export.rows_done == export.rows_total == len(numbers)


def test_late_is_what_was_late_when_it_was_asked_for(chika, monday_at_ten):
    a_ticket()
    export = asked(chika, query="due=late")
    monday_at_ten.shift(timedelta(days=3))

    assert len(table_of(finished(export))) == 1


def test_a_japanese_manager_gets_japanese_headings_and_their_own_clock(chika):
    chika.language, chika.time_zone = "ja", "Europe/London"
    chika.save()
    a_ticket()

    heading, row = table_of(finished(asked(chika)))

    assert heading[:3] == ["受付番号", "件名", "状態"]
    assert "(Europe/London)" in heading[11]
    assert row[11] == "2026-10-05 02:00:00"


def test_older_programs_get_their_code_page_and_are_told_what_is_missing(chika):
    a_ticket(subject="髙橋様🙂の件")
    manager = signed_in(chika)

    export = finished(asked(chika, encoding="cp932"))

    assert table_of(export)[1][1] == "髙橋様〓の件"
    assert export.replaced == 1
    assert "1 character does not exist in Shift_JIS" in words(manager.get(f"{EXPORTS}{export.pk}/"))


def test_an_empty_list_is_a_file_with_headings(chika):
    export = finished(asked(chika, query="due=asked"))

    assert (export.state, export.rows_total) == ("done", 0)
    assert len(table_of(export)) == 1


# Broken off ---------------------------------------------------------------------------------------


@pytest.fixture
def in_threes(monkeypatch):
    monkeypatch.setattr(working, "BATCH", 3)


def killed(*_args, **_kwargs):
    raise KeyboardInterrupt


@pytest.mark.parametrize("place", ["headings", "csv_rows", "_put_together"])
@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_worker_that_dies_anywhere_loses_and_doubles_nothing(
    chika, in_threes, monkeypatch, place, batches
):
    numbers = [a_ticket().number for _ in range(8)]
    export = asked(chika)
    for _ in range(batches):
        continue_export()
    with monkeypatch.context() as broken, suppress(KeyboardInterrupt):
        broken.setattr(working, place, killed)
        finished(export)

    export.refresh_from_db()
    # The headings are written with the first batch.
    assert export.is_working or (place == "headings" and batches)
    assert [int(row[0]) for row in table_of(finished(export))[1:]] == numbers
    assert ExportPiece.objects.count() == 0
    assert default_storage.listdir("exports")[1] == [f"export-{export.pk}.csv"]


def test_a_worker_that_dies_after_writing_the_file_leaves_one_file(chika, in_threes, monkeypatch):
    a_ticket()
    export = asked(chika)
    with monkeypatch.context() as broken:
        broken.setattr(Export, "save", _dies_when_done(Export.save))
        with pytest.raises(KeyboardInterrupt):
            finished(export)
    assert default_storage.listdir("exports")[1] == [f"export-{export.pk}.csv"]
    assert Export.objects.get().is_working

    finished(export)

    assert default_storage.listdir("exports")[1] == [f"export-{export.pk}.csv"]
    assert len(table_of(export)) == 2


def _dies_when_done(save):
    def dying(export, *args, **kwargs):
        if export.state == "done":
            raise KeyboardInterrupt
        save(export, *args, **kwargs)

    return dying


def test_tickets_opened_while_it_is_written_are_in_it_once_or_not_at_all(chika, in_threes):
    for _ in range(4):
        a_ticket()
    export = asked(chika)
    continue_export()
    late = a_ticket()

    numbers = [row[0] for row in table_of(finished(export))[1:]]

    assert len(set(numbers)) == len(numbers) == 5
    assert str(late.number) in numbers


def test_the_beat_takes_up_what_the_bell_did_not_reach(chika):
    a_ticket()
    redis_breaker.trip()
    export = asked(chika)

    continue_exports()

    export.refresh_from_db()
    assert export.is_ready


def test_after_three_errors_it_is_given_up_and_says_so(chika, monkeypatch):
    a_ticket()
    export = asked(chika)
    monkeypatch.setattr(working, "csv_rows", None)

    finished(export)

    assert export.state == "failed"
    seen = words(signed_in(chika).get(f"{EXPORTS}{export.pk}/"))
    assert "Something went wrong three times" in seen
    assert ExportPiece.objects.count() == 0


def test_one_that_fails_keeps_no_other_waiting(chika, admin, monkeypatch):
    a_ticket()
    broken, sound = asked(chika), asked(admin)
    Export.objects.filter(pk=broken.pk).update(kind="unknown")

    finished(sound)
    broken.refresh_from_db()

    assert (sound.state, broken.state) == ("done", "failed")


def test_who_may_no_longer_see_it_gets_nothing(chika):
    a_ticket()
    export = asked(chika)
    chika.role = "agent"
    chika.save()

    assert finished(export).state == "cancelled"


# On the screen ------------------------------------------------------------------------------------


def test_a_manager_asks_from_the_queue_and_a_second_click_is_not_a_second_export(chika):
    manager = signed_in(chika)
    assert "Export these tickets as CSV" in words(manager.get("/desk/?priority=high"))

    sent = {"query": "priority=high", "encoding": "cp932"}
    first = manager.post(f"{EXPORTS}create/", sent)
    second = manager.post(f"{EXPORTS}create/", sent)

    export = Export.objects.get()
    assert first["Location"] == second["Location"] == f"{EXPORTS}{export.pk}/"
    assert QueueFilter.parse(export.query) == QueueFilter(priority="high")
    assert export.encoding == "cp932"


def test_bad_input_is_the_whole_queue_in_utf_8(chika):
    signed_in(chika).post(f"{EXPORTS}create/", {"query": "x" * 900, "encoding": "ebcdic"})

    assert Export.objects.get().query == QueueFilter().query()
    assert Export.objects.get().encoding == "utf-8"


def test_agents_are_not_offered_what_they_may_not_do(aiko):
    a_ticket()

    assert "Export" not in words(signed_in(aiko).get("/desk/?scope=team"))


def test_the_page_tells_how_far_it_is_and_where_the_file_is(chika, in_threes):
    for _ in range(5):
        a_ticket()
    manager = signed_in(chika)
    export = asked(chika)
    address = f"{EXPORTS}{export.pk}/"
    assert "About to begin." in words(manager.get(address))
    continue_export()
    page = manager.get(address)
    assert "3 of 5 rows are written." in words(page)
    assert '<progress id="export-progress" max="5" value="3">' in page.content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page.content.decode()

    finished(export)

    page = manager.get(address)
    assert "Ready: 5 rows" in words(page)
    assert f"{address}download/" in links(page)
    assert 'http-equiv="refresh"' not in page.content.decode()


def test_the_part_says_when_it_is_over(chika):
    a_ticket()
    manager, part = signed_in(chika), {"HX-Request": "true"}
    export = asked(chika)
    address = f"{EXPORTS}{export.pk}/"
    first = manager.get(address, headers=part)
    assert "data-is-over" not in first.content.decode()
    again = manager.get(address, headers={**part, "If-None-Match": first["ETag"]})
    assert again.status_code == 304

    finished(export)

    assert "data-is-over" in manager.get(address, headers=part).content.decode()


def test_cancelled_it_is_gone_with_all_its_pieces(chika, in_threes):
    for _ in range(5):
        a_ticket()
    export = asked(chika)
    continue_export()

    page = signed_in(chika).post(f"{EXPORTS}{export.pk}/cancel/", follow=True)

    assert "Cancelled. Nothing of it was kept." in words(page)
    assert not continue_export()
    assert ExportPiece.objects.count() == 0
    assert not cancel_export(export)


def test_only_who_asked_for_it_and_administrators_fetch_it_and_that_is_recorded(
    chika, admin, aiko, monday_at_ten
):
    ticket = a_ticket()
    export = finished(asked(chika))
    other = AgentFactory(email="dai@example.com", name="Dai", role="manager")
    address = f"{EXPORTS}{export.pk}/"

    for agent, status in ((other, 404), (aiko, 403)):
        assert signed_in(agent).get(f"{address}download/").status_code == status
        assert signed_in(agent).get(address).status_code == status
        assert signed_in(agent).post(f"{address}cancel/").status_code == status
    assert not ExportDownload.objects.exists()
    for agent in (chika, admin):
        response = signed_in(agent).get(f"{address}download/")
        assert str(ticket.number) in b"".join(response.streaming_content).decode()
        assert 'filename="tickets-2026-10-05-1000.csv"' in response["Content-Disposition"]
        assert response["Cache-Control"] == "private, no-store"
    assert list(ExportDownload.objects.values_list("agent__name", flat=True)) == ["Chika", "Admin"]
    assert "Chika, today 10:00" in words(signed_in(admin).get(EXPORTS))
    assert "Nothing was exported yet." in words(signed_in(other).get(EXPORTS))


def test_what_is_not_ready_cannot_be_fetched(chika):
    export = asked(chika)

    assert signed_in(chika).get(f"{EXPORTS}{export.pk}/download/").status_code == 404


def test_after_a_week_the_file_is_deleted_and_the_record_stays(chika, monday_at_ten):
    a_ticket()
    manager = signed_in(chika)
    export = finished(asked(chika))
    b"".join(manager.get(f"{EXPORTS}{export.pk}/download/").streaming_content)
    assert delete_expired(now=MONDAY_AT_TEN + timedelta(days=6, hours=23)) == 0

    assert delete_expired(now=MONDAY_AT_TEN + timedelta(days=7)) == 1

    assert default_storage.listdir("exports")[1] == []
    seen = words(manager.get(f"{EXPORTS}{export.pk}/"))
    assert "The file was deleted after a week." in seen
    assert "Chika, today 10:00" in seen
    assert manager.get(f"{EXPORTS}{export.pk}/download/").status_code == 404


def test_a_batch_takes_as_many_questions_whatever_is_in_it(
    chika, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(working, "BATCH", 20)
    for number in range(20):
        a_ticket(email=f"customer{number}@example.com")
    asked(chika)

    with django_assert_max_num_queries(14):
        continue_export()


def test_the_list_of_exports_takes_as_many_questions_whatever_is_in_it(
    chika, django_assert_max_num_queries
):
    for number in range(10):
        export = finished(asked(chika, query=f"priority=high&tag=t{number}"))
        ExportDownload.objects.create(export=export, agent=chika, at=MONDAY_AT_TEN)
    manager = signed_in(chika)

    with django_assert_max_num_queries(9):
        assert manager.get(EXPORTS).status_code == 200


def test_no_ticket_is_left_out_between_two_batches(chika, in_threes):
    numbers = [a_ticket().number for _ in range(7)]
    Ticket.objects.filter(number=numbers[2]).delete()

    found = [int(row[0]) for row in table_of(finished(asked(chika)))[1:]]

    assert found == [number for number in numbers if number != numbers[2]]
