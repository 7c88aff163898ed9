from __future__ import annotations

import pytest
from django.urls import reverse

from tests.desk.pages import words
from tests.factories import a_ticket
from tickets import links
from tickets.models import ChecklistItem, Ticket, TicketLink
from tickets.services.replying import receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def at(name, ticket, *args):
    return reverse(f"desk:{name}", args=[ticket.number, *args])


@pytest.fixture
def ticket():
    return a_ticket()


@pytest.fixture
def other():
    return a_ticket(subject="紙が詰まります")


def test_a_link_reads_rightly_from_both_ends(as_aiko, ticket, other):
    as_aiko.post(at("link_create", ticket), {"kind": "duplicate", "number": f"#{other.number}"})

    assert "This one is its duplicate" in words(as_aiko.get(at("ticket", ticket)))
    there = words(as_aiko.get(at("ticket", other)))
    assert "Duplicate of this one" in there
    assert f"linked ticket #{ticket.number}" in there


def test_the_same_two_are_linked_once(as_aiko, ticket, other):
    as_aiko.post(at("link_create", ticket), {"kind": "related", "number": other.number})
    as_aiko.post(at("link_create", other), {"kind": "part", "number": ticket.number})

    link = TicketLink.objects.get()
    assert (link.ticket, link.other, link.kind) == (other, ticket, "part")


def test_a_link_is_removed_from_either_end_and_twice_does_no_harm(as_aiko, ticket, other):
    as_aiko.post(at("link_create", ticket), {"kind": "related", "number": other.number})
    pk = TicketLink.objects.get().pk

    as_aiko.post(at("link_delete", other, pk))
    again = as_aiko.post(at("link_delete", other, pk), follow=True)

    assert again.status_code == 200
    assert not TicketLink.objects.exists()


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("abc", "Enter a ticket number such as 1042."),
        ("99999", "There is no ticket of this number that you may see."),
        ("", "Enter the number"),
    ],
)
def test_a_number_that_leads_nowhere_is_explained(as_aiko, ticket, number, sentence):
    page = as_aiko.post(
        at("link_create", ticket), {"kind": "related", "number": number}, follow=True
    )

    assert sentence in words(page)


def test_a_ticket_is_not_linked_with_itself(as_aiko, ticket):
    page = as_aiko.post(
        at("link_create", ticket), {"kind": "related", "number": ticket.number}, follow=True
    )

    assert "This is the same ticket." in words(page)


def test_a_link_to_a_ticket_of_another_team_is_not_shown(as_aiko, aiko, ticket, other_team):
    theirs = a_ticket(subject="秘密の件", team=other_team)
    TicketLink.objects.create(ticket=ticket, other=theirs, kind="related")

    assert "秘密の件" not in words(as_aiko.get(at("ticket", ticket)))


def test_steps_are_added_ticked_off_and_removed(as_aiko, ticket):
    as_aiko.post(at("step_create", ticket), {"steps": "型番を聞く\n\n 部品を送る \n"})
    first, second = ChecklistItem.objects.all()
    assert second.text == "部品を送る"

    as_aiko.post(at("step_update", ticket, first.pk), {"do": "tick"})
    page = words(as_aiko.get(at("ticket", ticket)))
    assert "Checklist 1/2" in page

    as_aiko.post(at("step_update", ticket, first.pk), {"do": "untick"})
    as_aiko.post(at("step_update", ticket, second.pk), {"do": "remove"})
    assert [(item.text, item.done_at) for item in ChecklistItem.objects.all()] == [
        ("型番を聞く", None)
    ]


def test_a_checklist_has_fifty_steps_at_most(as_aiko, ticket):
    page = as_aiko.post(at("step_create", ticket), {"steps": "step\n" * 51}, follow=True)

    assert "A checklist has at most 50 steps." in words(page)


def test_a_step_of_another_ticket_cannot_be_ticked_here(as_aiko, ticket, other):
    step = ChecklistItem.objects.create(ticket=other, text="x")

    as_aiko.post(at("step_update", ticket, step.pk), {"do": "tick"})

    step.refresh_from_db()
    assert step.done_at is None


def test_the_customer_never_sees_the_checklist(client, ticket, as_aiko):
    as_aiko.post(at("step_create", ticket), {"steps": "社内で確認する"})
    page = client.get(links.url_for(ticket, now=ticket.opened_at))

    assert "社内で確認する" not in page.text


def test_a_message_is_split_off(as_aiko, ticket):
    message = receive_reply(ticket, body="別件です", channel="email")
    address = at("split", ticket, message.pk)
    assert address in as_aiko.get(at("ticket", ticket)).text
    assert "別件です" in words(as_aiko.get(address))

    page = as_aiko.post(at("split_create", ticket, message.pk), {"subject": "別件"}, follow=True)

    new = Ticket.objects.get(subject="別件")
    assert page.redirect_chain[-1][0] == at("ticket", new)
    assert "This is the new ticket." in words(page)


def test_a_split_without_a_subject_asks_for_one(as_aiko, ticket):
    message = receive_reply(ticket, body="別件です", channel="email")

    answer = as_aiko.post(at("split_create", ticket, message.pk), {"subject": ""})

    assert answer.status_code == 422
    assert "別件です" in words(answer)


def test_the_only_message_offers_no_split(as_aiko, ticket):
    assert "Split off" not in words(as_aiko.get(at("ticket", ticket)))


def test_a_message_of_another_ticket_is_not_split_off_here(as_aiko, ticket, other):
    message = other.messages.get()

    assert as_aiko.get(at("split", ticket, message.pk)).status_code == 404
