"""The ticket page leads on through the list one came from, and back to its row."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse

from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import a_customer, a_ticket
from tests.html import Page
from tickets.services.handling import assign, solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
QUEUE = "/desk/"
MINE = f"?from={quote('scope=mine&state=open', safe='')}"


@pytest.fixture
def list_of_aiko(aiko):
    """Three tickets of hers in the order of her list, with others' tickets between them."""
    tickets = []
    for _ in range(3):
        tickets.append(assign(a_ticket(), to=aiko, by=aiko))
        a_ticket()
    return tickets


def page_of(ticket, suffix=""):
    return f"/desk/tickets/{ticket.number}/{suffix}"


def test_a_row_carries_its_list_and_the_ticket_leads_to_its_neighbours(as_aiko, list_of_aiko):
    first, second, third = list_of_aiko
    assert page_of(second, MINE) in links(as_aiko.get(f"{QUEUE}?scope=mine"))

    found = links(as_aiko.get(page_of(second, MINE)))

    assert page_of(first, MINE) in found
    assert page_of(third, MINE) in found
    assert f"{QUEUE}?scope=mine&state=open#row-{second.number}" in found
    assert page_of(second, MINE) not in links(as_aiko.get(page_of(first)))


def test_the_ends_of_the_list_have_one_neighbour(as_aiko, list_of_aiko):
    first, _, third = list_of_aiko

    assert "Previous ticket of the list" not in as_aiko.get(page_of(first, MINE)).text
    assert "Next ticket of the list" in as_aiko.get(page_of(first, MINE)).text
    assert "Next ticket of the list" not in as_aiko.get(page_of(third, MINE)).text


def test_a_list_of_the_resolved_runs_from_the_newest_to_the_oldest(as_aiko, aiko):
    older, newer = a_ticket(), a_ticket()
    solve(older, agent=aiko, now=MONDAY_AT_TEN)
    solve(newer, agent=aiko, now=MONDAY_AT_TEN + timedelta(minutes=1))
    resolved = f"?from={quote('scope=team&state=resolved', safe='')}"

    page = Page(as_aiko.get(page_of(newer, resolved)).text)

    [following] = [a["href"] for a in page.all("a") if a.get("data-hotkey") == "j"]
    assert following == page_of(older, resolved)


def test_the_page_of_the_list_is_kept(as_aiko):
    customer = a_customer()
    for _ in range(52):
        a_ticket(customer=customer)
    older = next(link for link in links(as_aiko.get(QUEUE)) if "after=" in link)
    [row, *_others] = [
        link for link in links(as_aiko.get(QUEUE + older)) if "/tickets/" in link and "?" in link
    ]

    back = next(link for link in links(as_aiko.get(row)) if "#row-" in link)

    assert back.startswith(f"{QUEUE}{older}#row-")
    assert f'id="{back.split("#")[1]}"' in as_aiko.get(back).text


def test_what_is_done_to_the_ticket_stays_in_the_list(as_aiko, aiko, list_of_aiko):
    ticket = list_of_aiko[1]
    form = Page(as_aiko.get(page_of(ticket, MINE)).text).form(f"/priority/{MINE}")

    done = as_aiko.post(form.action, form.sent_with("priority", "high"))

    assert done.url == page_of(ticket, MINE)


def reply(client, ticket, suffix, **fields):
    form = Page(client.get(page_of(ticket, suffix)).text).form(f"/replies/{suffix}")
    sent = {**form.sent_with("outcome", "solve"), "body": "直りました。", **fields}
    return client.post(form.action, sent)


def test_sending_leads_to_the_next_ticket_when_the_switch_is_on_and_is_remembered(
    as_aiko, aiko, ben, list_of_aiko
):
    first, second, third = list_of_aiko

    stays = reply(as_aiko, first, MINE)
    goes_on = reply(as_aiko, second, MINE, and_next="yes")

    assert stays.url == page_of(first, MINE)
    assert goes_on.url == page_of(third, MINE)
    aiko.refresh_from_db()
    assert aiko.sends_and_next
    # The page now comes with the switch on; it is hers alone.
    ends = reply(as_aiko, third, MINE)
    assert ends.url == f"{QUEUE}?scope=mine&state=open"
    switch = [
        box
        for box in Page(signed_in(ben).get(page_of(first)).text).all("input")
        if box.get("name") == "and_next"
    ]
    assert [("checked" in box) for box in switch] == [False]


@pytest.mark.parametrize("origin", ["//evil.example", "scope=x&after=y", "%00", "a" * 3000])
def test_an_unreadable_origin_is_the_whole_queue_and_leads_nowhere_else(as_aiko, origin):
    ticket = a_ticket()

    page = as_aiko.get(reverse("desk:ticket", args=[ticket.number]), {"from": origin})

    assert page.status_code in {200, 400}
    back = next((link for link in links(page) if "#row-" in link), QUEUE)
    assert back.startswith(QUEUE)
    assert "evil" not in words(page)
