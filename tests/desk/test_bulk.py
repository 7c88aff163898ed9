from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import numbers, words
from tests.factories import a_customer, a_ticket
from tests.html import Page
from tickets.models import BulkChange, Ticket
from tickets.services import bulk
from tickets.services.handling import assign, solve
from tickets.services.rematching import change_priority

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
QUEUE = "/desk/"
ASK = "/desk/bulk/"
ALL = "scope=team&state=open"


@pytest.fixture(autouse=True)
def _one_by_one(settings):
    """The same is done to one ticket after the other: the guard against that looks away."""
    settings.ZEAL_ALLOWLIST = [{"model": "*", "field": "*"}]


def ask(client, tickets, do, **fields):
    numbers = [str(ticket.number) for ticket in tickets]
    return client.get(ASK, {"ticket": numbers, "do": do, "from": ALL, **fields}, follow=True)


def confirm(client, page):
    """Press the button of the page that says what would happen."""
    form = Page(page.text).form("/bulk/create/")
    ticked = [box["value"] for box in Page(page.text).all("input") if box.get("name") == "ticket"]
    return client.post(form.action, {**form.fields, "ticket": ticked}, follow=True)


def test_the_effect_is_said_in_words_and_nothing_is_changed_by_asking(as_aiko, aiko):
    plain, other, high, done = (a_ticket() for _ in range(4))
    change_priority(high, to="high", by=aiko)
    solve(done, agent=aiko)
    before = list(Ticket.objects.order_by("pk").values("revision"))

    seen = words(ask(as_aiko, [plain, other, high, done], "priority:high"))

    assert "2 tickets get priority High." in seen
    assert "1 is resolved and stays as it is." in seen
    assert "1 is so already." in seen
    assert list(Ticket.objects.order_by("pk").values("revision")) == before


def test_it_is_done_and_undone_from_the_list_without_scripts(as_aiko, aiko):
    tickets = [a_ticket(), a_ticket()]
    left_alone = a_ticket()

    done = confirm(as_aiko, ask(as_aiko, tickets, f"assign:{aiko.pk}"))

    assert done.redirect_chain[-1][0] == f"{QUEUE}?{ALL}"
    assert set(Ticket.objects.filter(assignee=aiko)) == set(tickets)
    undo = next(form for form in Page(done.text).forms if form.action.endswith("/undo/"))
    seen = words(as_aiko.post(undo.action, follow=True))
    assert "2 tickets are as they were before." in seen
    assert not Ticket.objects.exclude(assignee=None).exists()
    left_alone.refresh_from_db()
    assert left_alone.revision == 1


def test_after_thirty_seconds_undo_is_gone_from_the_list_and_refused(as_aiko, monday_at_ten):
    confirm(as_aiko, ask(as_aiko, [a_ticket()], "resolve"))
    change = BulkChange.objects.get()
    monday_at_ten.shift(timedelta(seconds=31))

    assert "Undo" not in words(as_aiko.get(QUEUE))
    late = as_aiko.post(reverse("desk:bulk_undo", args=[change.pk]), follow=True)
    assert "This can no longer be undone." in words(late)


def test_what_failed_is_told_row_by_row(as_aiko, chika, mallory, other_team):
    ours, theirs = a_ticket(), a_ticket(team=other_team)

    page = confirm(signed_in(chika), ask(signed_in(chika), [ours, theirs], f"assign:{mallory.pk}"))

    seen = words(page)
    assert "1 ticket is assigned to Mallory." in seen
    assert "1 could not be changed." in seen
    assert f"#{ours.number} {ours.subject} Mallory is not in the team of this ticket." in seen


def test_all_that_match_means_the_whole_list_and_not_the_page(as_aiko, aiko, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 30)
    customer = a_customer()
    for _ in range(53):
        a_ticket(customer=customer)
    mine = assign(a_ticket(customer=customer), to=aiko, by=aiko)
    assert "All 54 that match" in words(as_aiko.get(QUEUE))

    asked = as_aiko.get(
        ASK, {"all": "yes", "do": "tag", "tags": "故障", "from": "scope=unassigned"}, follow=True
    )
    assert "53 tickets get the tags: 故障" in words(asked)
    at_work = confirm(as_aiko, asked)

    assert "At work: 0 of 53." in words(at_work)
    while bulk.continue_bulk_changes():
        pass
    finished = words(as_aiko.get(at_work.redirect_chain[-1][0]))
    assert "At work" not in finished
    assert "53 tickets get the tags: 故障" in finished
    assert not mine.tags.exists()


def test_a_ticket_more_costs_what_its_service_costs_and_little_else(as_aiko, monday_at_ten):
    """A hundred take less than two seconds as long as each asks about thirty questions."""
    customer = a_customer()
    few, many = ([a_ticket(customer=customer) for _ in range(number)] for number in (2, 12))
    monday_at_ten.shift(timedelta(minutes=1))

    asked = []
    for tickets in (few, many):
        page = ask(as_aiko, tickets, "priority:high")
        with CaptureQueriesContext(connection) as queries:
            confirm(as_aiko, page)
        asked.append(len(queries))

    assert (asked[1] - asked[0]) / 10 <= 30
    assert Ticket.objects.filter(priority="high").count() == 14


@pytest.mark.parametrize(
    ("do", "fields", "sentence"),
    [
        ("", {}, "Choose what to do from the bar."),
        ("priority:enormous", {}, "Choose what to do from the bar."),
        ("status:spam", {}, "Choose what to do from the bar."),
        ("assign:99999", {}, "Choose what to do from the bar."),
        ("assign:x", {}, "Choose what to do from the bar."),
        ("status:on_hold", {}, "Say what the tickets wait for."),
        ("tag", {"tags": " , "}, "Name the tags."),
        ("tag", {"tags": "x" * 41}, "is too long"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_a_sentence(as_aiko, do, fields, sentence):
    page = ask(as_aiko, [a_ticket()], do, **fields)

    assert sentence in words(page)
    assert page.redirect_chain[-1][0] == f"{QUEUE}?{ALL}"


def test_nothing_ticked_is_said(as_aiko):
    assert "Tick the tickets first." in words(ask(as_aiko, [], "resolve"))


def test_tickets_of_other_teams_are_out_of_reach(aiko, mallory, other_team):
    ours = a_ticket()
    client = signed_in(mallory)
    form = {"ticket": [str(ours.number)], "do": "resolve"}

    assert "0 tickets are resolved" in words(client.get(ASK, form))
    client.post(reverse("desk:bulk_create"), form)
    client.post(reverse("desk:bulk_create"), {"all": "yes", "do": "resolve"})

    ours.refresh_from_db()
    assert ours.status == "new"


def test_a_bulk_change_is_shown_to_and_undone_by_whoever_did_it(as_aiko, ben):
    confirm(as_aiko, ask(as_aiko, [a_ticket()], "resolve"))
    pk = BulkChange.objects.get().pk

    assert as_aiko.get(reverse("desk:bulk_change", args=[pk])).status_code == 200
    assert signed_in(ben).get(reverse("desk:bulk_change", args=[pk])).status_code == 404
    assert signed_in(ben).post(reverse("desk:bulk_undo", args=[pk])).status_code == 404
    assert "Undo" not in words(signed_in(ben).get(QUEUE))


def test_the_list_one_did_it_from_is_where_one_comes_back_to(as_aiko, aiko):
    ticket = assign(a_ticket(), to=aiko, by=aiko)
    page = as_aiko.get(f"{QUEUE}?scope=mine")
    assert numbers(page) == [ticket.number]
    bar = next(form for form in Page(page.text).forms if form.action == ASK)

    asked = as_aiko.get(ASK, {**bar.fields, "ticket": ticket.number, "do": "resolve"})
    done = confirm(as_aiko, asked)

    assert quote(bar.fields["from"], safe="=&") in done.redirect_chain[-1][0]


def merge(client, page):
    form = next(each for each in Page(page.text).forms if each.action == "/desk/bulk/create/")
    ticked = [box["value"] for box in Page(page.text).all("input") if box.get("name") == "ticket"]
    return client.post(form.action, {**form.fields, "ticket": ticked}, follow=True)


def test_tickets_of_one_customer_are_merged_into_the_oldest_and_separated_again(as_aiko):
    customer = a_customer()
    first, second, third = (a_ticket(customer=customer) for _ in range(3))
    strange = a_ticket(customer=a_customer("emma@example.com", "Emma"))

    page = ask(as_aiko, [third, strange, second, first], "merge")
    assert f"2 tickets go on as #{first.number}." in words(page)
    assert "1 is of another customer, or spam, and is refused." in words(page)
    done = merge(as_aiko, page)

    assert set(first.absorbed.all()) == {second, third}
    assert f"#{strange.number} {strange.subject} These tickets are of two customers" in words(done)
    as_aiko.post(reverse("desk:bulk_undo", args=[BulkChange.objects.get().pk]))
    assert not Ticket.objects.filter(status="merged").exists()


def test_another_ticket_than_the_oldest_may_be_the_one_that_goes_on(as_aiko):
    customer = a_customer()
    first, second = (a_ticket(customer=customer) for _ in range(2))

    page = ask(as_aiko, [first, second], "merge", into=second.number)
    assert f"1 ticket goes on as #{second.number}." in words(page)
    merge(as_aiko, page)

    assert list(second.absorbed.all()) == [first]


def test_a_merge_needs_two_to_twenty_tickets_of_one_customer(as_aiko):
    ours, theirs = a_ticket(), a_ticket(customer=a_customer("emma@example.com", "Emma"))

    assert "Tick 2 to 20 tickets of one customer." in words(ask(as_aiko, [ours], "merge"))
    assert "Nothing can be merged." in words(ask(as_aiko, [ours, theirs], "merge"))
    as_aiko.post(
        reverse("desk:bulk_create"), {"ticket": [ours.number, theirs.number], "do": "merge"}
    )

    assert not Ticket.objects.filter(status="merged").exists()
