"""The list of versions: what each says, what it changed, who did it, and the way back."""

from __future__ import annotations

import pytest
from django.test import Client

from sla.models import BusinessCalendar, Kind, Policy, PolicyVersion
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.desk.settings_pages import calendar_path, edit, policy_path
from tests.factories import a_ticket
from tests.html import Page
from tickets.services.rematching import continue_rematch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def as_admin(admin) -> Client:
    return signed_in(admin)


def history(client: Client, path: str) -> str:
    """The words of the list of versions."""
    return words(client.get(path)).rpartition("Versions")[2]


def test_an_edit_of_a_policy_is_told_in_words_with_who_and_when(as_admin):
    edit(
        as_admin,
        policy_path(),
        normal_first_reply="2:30",
        low_resolution="",
        warn_percent="50, 90",
        level_4="4:00",
        audience_4="manager",
        nudge_1="9:00",
        notifies_around_the_clock="on",
        holding_note="on",
    )

    told = history(as_admin, policy_path())

    assert "Version 2 since Mon 5 Oct 2026, 10:00, by Admin Holds now" in told
    for change in (
        "First reply, normal: 4 h → 2 h 30 min",
        "Resolution, low: 45 h → none",
        "Warn at per cent of the time: 75, 90 → 50, 90",
        "Escalation, level 4: none → after 4 h: Managers",
        "First reminder after: 18 h → 9 h",
        "Write to people outside opening hours too: no → yes",
        "Tell the customer in time when it takes longer: no → yes",
    ):
        assert change in told
    assert told.count("→") == 7


def test_an_edit_of_opening_hours_is_told_in_words(as_admin):
    edit(
        as_admin,
        calendar_path(),
        tue="10:00-17:00",
        fri="",
        country_2="DE",
        closed="2026-12-29",
        open="2026-12-28 09:00-12:00",
    )

    told = history(as_admin, calendar_path())

    for change in (
        "Tuesday: 09:00-18:00 → 10:00-17:00",
        "Friday: 09:00-18:00 → closed",
        "Public holidays of Germany: added",
        "Closed on 2026-12-29: added",
        "Closed on 12-29..01-03: removed",
        "Special hours on 2026-12-28: none → 09:00-12:00",
    ):
        assert change in told
    assert "Version 1 since" in told
    assert "by Admin" in told


def test_the_words_are_japanese_for_a_japanese_reader(as_admin, admin):
    edit(as_admin, policy_path(), normal_first_reply="2:00")
    edit(as_admin, calendar_path(), closed="2026-12-29")
    admin.language = "ja"
    admin.save()

    assert "一次返信（通常）：4時間 → 2時間" in words(as_admin.get(policy_path()))
    assert "休業日 2026-12-29：追加" in words(as_admin.get(calendar_path()))


def test_what_a_version_says_stands_beside_it(as_admin):
    told = history(as_admin, policy_path())

    assert "What it says" in told
    assert "First promise, urgent 30 min" in told
    assert f"Opening hours {BusinessCalendar.objects.get().name}, version 1" in told


def test_other_hours_show_in_the_history_of_the_policies_that_use_them(as_admin):
    calendar = BusinessCalendar.objects.get()

    edit(as_admin, calendar_path(), sat="10:00-13:00")

    told = history(as_admin, policy_path())
    assert f"Opening hours: {calendar.name}, version 1 → {calendar.name}, version 2" in told
    assert "Version 2 since Mon 5 Oct 2026, 10:00, by Admin" in told


def test_restoring_a_policy_fills_the_form_and_saving_makes_a_new_version(as_admin):
    first = PolicyVersion.objects.get()
    edit(as_admin, policy_path(), normal_first_reply="1:00")
    old = f"{policy_path()}?version=1"

    page = as_admin.get(old)
    assert old in [link["href"] for link in Page(as_admin.get(policy_path()).text).all("a")]
    assert "This is what version 1 said" in words(page)
    assert PolicyVersion.objects.count() == 2

    assert edit(as_admin, old).status_code == 302
    newest = PolicyVersion.objects.latest("number")
    assert (newest.number, newest.settings) == (3, first.settings)
    assert "First reply, normal: 1 h → 4 h" in history(as_admin, policy_path())


def test_restoring_can_be_previewed_and_reaches_the_open_ticket(as_admin):
    ticket = a_ticket()
    before = ticket.clock.commitments.get(kind=Kind.FIRST_REPLY).due_at
    edit(as_admin, policy_path(), normal_first_reply="1:00")
    continue_rematch()

    preview = edit(as_admin, f"{policy_path()}?version=1", step="preview")
    assert "What saving would move" in words(preview)
    assert PolicyVersion.objects.count() == 2

    edit(as_admin, f"{policy_path()}?version=1")
    continue_rematch()
    assert ticket.clock.commitments.get(kind=Kind.FIRST_REPLY).due_at == before


def test_restoring_opening_hours_shows_their_year_and_makes_a_new_version(as_admin):
    calendar = BusinessCalendar.objects.get()
    edit(as_admin, calendar_path(), **dict.fromkeys(("mon", "tue", "wed", "thu"), ""))

    old = as_admin.get(f"{calendar_path()}?version=1&year=2026").text
    now = as_admin.get(f"{calendar_path()}?year=2026").text
    assert old.count("day day--open") > 4 * now.count("day day--open")

    assert edit(as_admin, f"{calendar_path()}?version=1").status_code == 302
    assert calendar.versions.get(number=3).hours == calendar.versions.get(number=1).hours


def test_the_newest_version_has_nothing_to_restore(as_admin):
    assert "Restore this version" not in words(as_admin.get(policy_path()))


@pytest.mark.parametrize("number", ["7", "0", "one", "-1", "9" * 40, ""])
def test_a_version_that_does_not_exist_is_not_found(as_admin, number):
    assert as_admin.get(f"{policy_path()}?version={number}").status_code == 404
    assert as_admin.get(f"{calendar_path()}?version={number}").status_code == 404


def test_managers_read_the_history_and_restore_nothing(as_admin, chika):
    edit(as_admin, policy_path(), normal_first_reply="2:00")
    manager = signed_in(chika)

    assert "First reply, normal: 4 h → 2 h" in history(manager, policy_path())
    assert "Restore" not in history(manager, policy_path())
    old = words(manager.get(f"{policy_path()}?version=1"))
    assert "This is what version 1 said" in old
    assert "Restore" not in old


def test_a_long_history_has_pages_and_each_entry_tells_its_change(as_admin):
    for minutes in range(1, 23):
        edit(as_admin, policy_path(), normal_first_reply=f"5:{minutes:02}")

    newest, oldest = (words(as_admin.get(f"{policy_path()}?page={page}")) for page in (1, 2))

    assert "Version 23 since" in newest
    assert "First reply, normal: 5 h 2 min → 5 h 3 min" in newest
    assert "Version 3 since" not in newest
    assert "First reply, normal: 5 h 1 min → 5 h 2 min" in oldest
    assert "Version 1 since" in oldest
    assert "?page=2#versions" in as_admin.get(policy_path()).text


def test_the_list_of_policies_tells_for_which_tickets_each_is(as_admin, support):
    Policy.objects.filter(is_default=True).update(name="Standard")
    fields = {"position": 1, "calendar": BusinessCalendar.objects.get()}
    conditions = {"channel": ["phone"], "priority": ["urgent", "high"], "team": [support.pk]}
    Policy.objects.create(name="Phone", conditions=conditions, **fields)

    page = words(as_admin.get("/desk/settings/promises/"))

    assert "Phone Channel: Phone · Priority: Urgent, High · Team: Support" in page
    assert "Standard Everything else" in page
