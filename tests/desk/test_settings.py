from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from sla.models import BusinessCalendar, Kind, Policy, PolicyVersion
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.settings_pages import calendar_path, edit, policy_path, shown
from tests.factories import a_ticket
from tests.html import Page
from tickets.services.holding import hold_due_promises
from tickets.services.rematching import continue_rematch, start_rematch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def as_admin(admin) -> Client:
    return signed_in(admin)


def test_saving_a_form_as_it_is_shown_changes_nothing(as_admin):
    before = PolicyVersion.objects.get().settings

    answer = edit(as_admin, policy_path())

    assert answer.status_code == 302
    assert PolicyVersion.objects.get().settings == before


def test_an_edited_target_reaches_the_open_ticket(as_admin):
    ticket = a_ticket()

    answer = edit(as_admin, policy_path(), normal_first_reply="1:00")
    continue_rematch()

    assert answer.status_code == 302
    first_reply = ticket.clock.commitments.get(kind=Kind.FIRST_REPLY)
    assert first_reply.due_at == MONDAY_AT_TEN + timedelta(hours=1)


def test_customers_are_told_that_it_takes_longer_only_where_that_is_ticked(as_admin):
    page = Page(as_admin.get(policy_path()).content.decode())
    assert "When 90% of a promise's time is used" in page.text
    assert "holding_note" not in shown(as_admin, policy_path())
    before = a_ticket()

    answer = edit(as_admin, policy_path(), holding_note="on")
    continue_rematch()

    assert answer.status_code == 302
    assert PolicyVersion.objects.latest("pk").settings["holding_note"] is True
    assert shown(as_admin, policy_path())["holding_note"] == "on"
    # What was promised before keeps its terms.
    moments = [t.clock.commitments.get(kind=Kind.PROMISE).hold_at for t in (before, a_ticket())]
    assert moments == [None, MONDAY_AT_TEN + timedelta(hours=3, minutes=36)]


def test_the_preview_names_what_would_move_and_saves_nothing(as_admin):
    ticket = a_ticket()

    answer = edit(as_admin, policy_path(), normal_first_reply="1:00", step="preview")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert f"#{ticket.number}" in page
    assert "today 11:00" in page
    assert PolicyVersion.objects.count() == 1


def test_what_is_no_time_is_refused_and_kept(as_admin):
    answer = edit(as_admin, policy_path(), normal_first_reply="soon")

    assert answer.status_code == 422
    assert "such as 4:00" in answer.content.decode()
    assert 'value="soon"' in answer.content.decode()


def test_a_target_of_ten_years_is_refused(as_admin):
    answer = edit(as_admin, policy_path(), normal_first_reply="87600:00")

    assert answer.status_code == 422
    assert "one year" in answer.content.decode()


def test_other_hours_make_a_new_version_and_show_in_the_year(as_admin):
    answer = edit(as_admin, calendar_path(), sat="10:00-13:00", closed="2026-10-10")

    assert answer.status_code == 302
    page = as_admin.get(f"{calendar_path()}?year=2026").content.decode()
    assert "Version 2" in page
    assert page.count("day day--holiday") >= 16


def test_a_calendar_that_never_opens_asks_whether_that_is_meant(as_admin):
    weekdays = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "")

    answer = edit(as_admin, calendar_path(), **weekdays)
    assert answer.status_code == 422
    assert "no promise could be kept" in answer.content.decode()

    assert edit(as_admin, calendar_path(), **weekdays, may_never_open="on").status_code == 302


@pytest.mark.parametrize(
    "change",
    [{"tz": "Asia/Atlantis"}, {"closed": "02-30"}, {"mon": "9 to 5"}, {"mon": "09:00-09:00"}],
)
def test_hours_that_mean_nothing_are_refused_and_kept(as_admin, change):
    answer = edit(as_admin, calendar_path(), **change)

    assert answer.status_code == 422
    assert next(iter(change.values())) in answer.content.decode()
    assert BusinessCalendar.objects.get().versions.count() == 1


def test_a_new_policy_with_conditions_stands_before_the_default_one(as_admin):
    fields = {
        **shown(as_admin, "/desk/settings/policies/new/"),
        "name": "Phone first",
        "calendar": str(BusinessCalendar.objects.get().pk),
        "channel": ["phone"],
    }

    answer = as_admin.post("/desk/settings/policies/create/", fields)

    assert answer.status_code == 302
    first = Policy.objects.first()
    assert (first.name, first.conditions) == ("Phone first", {"channel": ["phone"]})


def test_a_copy_starts_from_the_hours_of_the_other(as_admin):
    copy = f"/desk/settings/calendars/new/?copy={BusinessCalendar.objects.get().pk}"

    as_admin.post("/desk/settings/calendars/create/", {**shown(as_admin, copy), "name": "Copy"})

    first, second = BusinessCalendar.objects.order_by("pk")
    assert second.versions.get().hours == first.versions.get().hours


def test_the_tester_tells_the_times_of_a_ticket_arriving_now(as_admin, support):
    query = {"channel": "web", "priority": "urgent", "language": "ja", "team": support.pk}

    page = as_admin.get("/desk/settings/promises/", query).content.decode()

    assert "Mon 5 Oct 2026, 10:30" in page


def test_managers_read_and_only_administrators_change(chika, aiko):
    manager = signed_in(chika)

    assert "Only administrators" in manager.get(policy_path()).content.decode()
    assert manager.post(f"{policy_path()}update/").status_code == 403
    assert manager.post(f"{calendar_path()}update/").status_code == 403
    assert signed_in(aiko).get("/desk/settings/").status_code == 403


def test_the_progress_of_the_last_edit_is_shown(as_admin):
    a_ticket()
    start_rematch()
    assert "0 of 1" in as_admin.get("/desk/settings/promises/").content.decode()

    continue_rematch()
    assert "reached all 1 open" in as_admin.get("/desk/settings/promises/").content.decode()


def test_every_time_of_a_ticket_is_explained(as_aiko):
    ticket = a_ticket()

    page = as_aiko.get(f"/desk/tickets/{ticket.number}/times/").content.decode()

    assert "the inquiry arrived" in page
    assert "Mon 5 Oct 2026, 14:00" in page
    assert "Asia/Tokyo" in page


@pytest.mark.usefixtures("holding_notes")
def test_a_time_the_system_named_is_explained(as_aiko, monday_at_ten):
    times = f"/desk/tickets/{a_ticket().number}/times/"
    seen = Page(as_aiko.get(times).content.decode()).text
    assert "If nobody is in touch by today 13:36, the customer is told" in seen

    monday_at_ten.shift(timedelta(hours=3, minutes=36))
    hold_due_promises()

    seen = Page(as_aiko.get(times).content.decode()).text
    assert "the customer was told that it takes longer → Tue 6 Oct 2026, 13:36" in seen
    assert "The system named this time when it told the customer that it takes longer." in seen
    assert "If nobody is in touch by" not in seen
