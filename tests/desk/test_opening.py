"""Opening a ticket for somebody who called, or to whom we write first."""

from __future__ import annotations

import pytest
from django.urls import reverse

from customers.models import Customer
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import links, words
from tests.factories import AgentFactory, a_customer, a_field, a_ticket, a_topic
from tests.html import Page
from tickets.models import Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
NEW = "/desk/tickets/new/"
FIND = "/desk/customers/find/"
AT_FOUR = MONDAY_AT_TEN.replace(hour=16)
WORDS = {
    "subject": "FAXが届かない",
    "body": "朝から届かないとのこと。",
    "promise": AT_FOUR.isoformat(),
}
SOMEBODY = {"name": "新田 一", "phone": "03-9876-5432"}


def form_of(response):
    return Page(response.content.decode()).form("/tickets/create/")


def open_for(client, customer="new", *, form=None, outcome="promise", **fields):
    """Fill in the page's own form and press a button of it."""
    form = form or form_of(client.get(NEW, {"customer": customer}))
    return client.post(form.action, {**form.sent_with("outcome", outcome), **WORDS, **fields})


def test_whoever_calls_is_found_by_number_and_gets_a_ticket(aiko):
    client = signed_in(aiko)
    hana = a_ticket(customer=a_customer(phone="03-1234-5678")).customer

    [link] = [
        each for each in links(client.get(FIND, {"q": "0312345678"})) if f"={hana.pk}" in each
    ]
    page = client.get(link)
    assert "山田花子" in words(page)
    response = open_for(client, form=form_of(page))

    ticket = Ticket.objects.latest("pk")
    assert response.headers["Location"] == reverse("desk:ticket", args=[ticket.number])
    assert (ticket.customer, ticket.assignee, ticket.channel) == (hana, aiko, "phone")
    assert (ticket.status, ticket.next_contact_at) == ("open", AT_FOUR)
    assert "From the customer · Phone" in words(client.get(response.headers["Location"]))


def test_the_list_alone_is_what_htmx_swaps(aiko):
    a_ticket()

    part = signed_in(aiko).get(FIND, {"q": "山田"}, headers={"HX-Request": "true"})

    assert part.text.lstrip().startswith("<div")
    assert "山田花子" in part.text


def test_customers_of_another_teams_tickets_are_not_found_nor_chosen(other_team, aiko):
    hana = a_ticket(team=other_team).customer
    client = signed_in(aiko)

    assert "山田花子" not in client.get(FIND, {"q": "山田"}).text
    assert client.get(NEW, {"customer": hana.pk}).status_code == 404
    form = form_of(client.get(NEW, {"customer": "new"}))
    response = client.post(form.action, {**form.fields, **WORDS, "customer": str(hana.pk)})
    assert response.status_code == 404
    assert Ticket.objects.count() == 1


def test_somebody_new_is_kept_with_name_and_number_and_hears_nothing_by_mail(aiko):
    open_for(signed_in(aiko), **SOMEBODY)

    customer = Customer.objects.get()
    assert (customer.name, [point.value for point in customer.contact_points.all()]) == (
        "新田 一",
        ["03-9876-5432"],
    )
    assert not OutboundEmail.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"), [("新田", "name"), ("a@example.com", "email"), ("03-1111-2222", "phone")]
)
def test_what_was_typed_to_find_them_is_not_typed_again(aiko, typed, field):
    page = signed_in(aiko).get(NEW, {"customer": "new", "q": typed})

    assert form_of(page).fields[field] == typed


@pytest.mark.parametrize(
    ("outcome", "status"), [("ask", "pending_customer"), ("solve", "resolved")]
)
def test_a_ticket_may_wait_for_the_customer_or_be_done_at_once(aiko, outcome, status):
    open_for(signed_in(aiko), outcome=outcome, **SOMEBODY)

    assert Ticket.objects.get().status == status


def test_a_letter_goes_to_the_customer(aiko):
    open_for(signed_in(aiko), name="新田", email="nitta@example.com", channel="email")

    assert Message.objects.get().direction == "outbound"
    letter = OutboundEmail.objects.get()
    assert letter.to == "nitta@example.com"
    assert "朝から届かないとのこと。" in letter.text


def test_a_letter_with_a_placeholder_that_nobody_filled_in_stays_here(aiko):
    customer = a_ticket().customer

    page = open_for(
        signed_in(aiko), customer.pk, channel="email", body="{{お客様名}}様、こんにちは"
    )

    assert page.status_code == 422
    assert "is not filled in" in words(page)
    assert "{{お客様名}}様、こんにちは" in page.text
    assert Ticket.objects.count() == 1


def test_a_double_click_makes_one_ticket(aiko):
    client = signed_in(aiko)
    form = form_of(client.get(NEW, {"customer": "new"}))

    answers = [open_for(client, form=form, **SOMEBODY) for _ in range(2)]

    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert (Ticket.objects.count(), Customer.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": ""}, "Enter the customer's name."),
        ({"phone": ""}, "Enter an email address or a telephone number."),
        ({"channel": "email"}, "A letter needs an email address of the customer."),
        ({"subject": ""}, "Say in a few words what this is about."),
        ({"body": ""}, "Write what was said first."),
        ({"promise": ""}, "Say when the customer will hear from you next."),
        ({"promise": MONDAY_AT_TEN.isoformat()}, "This time is in the past."),
        ({"promise": "2029-01-01T10:00:00+09:00"}, "more than a year away"),
        ({"team": "0"}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(aiko, fields, complaint):
    response = open_for(signed_in(aiko), **{**SOMEBODY, **fields})

    assert response.status_code == 422
    assert complaint in words(response)
    kept = form_of(response).fields
    for name in {*SOMEBODY, "subject", "body"} - set(fields):
        assert kept[name] == {**SOMEBODY, **WORDS}[name]
    assert not Ticket.objects.exists()
    assert not Customer.objects.exists()


def test_an_agent_opens_tickets_in_their_own_teams_only(aiko, other_team):
    response = open_for(signed_in(aiko), team=other_team.pk, **SOMEBODY)

    assert response.status_code == 422
    assert not Ticket.objects.exists()


def test_an_agent_of_no_team_is_told_so():
    page = signed_in(AgentFactory()).get(NEW, {"customer": "new"})

    assert "You are in no team yet." in words(page)


def test_a_manager_opens_for_a_team_and_leaves_it_to_the_team(chika, support):
    open_for(signed_in(chika), team=support.pk, **SOMEBODY)

    assert Ticket.objects.get().assignee is None


def test_the_topic_decides_the_team_unless_it_is_named(aiko, support, other_team, mallory):
    client = signed_in(aiko)
    billing = a_topic(team=other_team, agent=mallory)

    away = open_for(client, **SOMEBODY, topic=billing.pk)
    theirs, queue = Ticket.objects.latest("pk"), words(client.get(away.headers["Location"]))
    here = open_for(client, **SOMEBODY, topic=billing.pk, team=support.pk)
    ours = Ticket.objects.latest("pk")
    open_for(client, **SOMEBODY)
    plain = Ticket.objects.latest("pk")

    assert (theirs.topic, theirs.team, theirs.assignee) == (billing, other_team, mallory)
    assert away.headers["Location"] == reverse("desk:queue")
    assert "went to the team Billing" in queue
    assert (ours.topic, ours.team, ours.assignee) == (billing, support, aiko)
    assert here.headers["Location"] == reverse("desk:ticket", args=[ours.number])
    assert (plain.topic, plain.team, plain.assignee) == (None, support, aiko)


def test_a_topic_of_the_agents_own_team_leaves_the_ticket_with_them(aiko, support):
    open_for(signed_in(aiko), **SOMEBODY, topic=a_topic(team=support).pk)

    assert Ticket.objects.get().assignee == aiko


def test_without_topics_nobody_is_asked_for_one(aiko):
    assert "Topic" not in words(signed_in(aiko).get(NEW, {"customer": "new"}))


def test_what_must_be_known_keeps_a_ticket_from_being_resolved_at_once(aiko, support):
    client = signed_in(aiko)
    a_field("Cause", "原因", is_required_to_solve=True)

    response = open_for(client, **SOMEBODY, outcome="solve")

    assert response.status_code == 422
    assert "Fill in before this is resolved: Cause." in words(response)
    assert WORDS["body"] in response.content.decode()
    assert not Ticket.objects.exists()
