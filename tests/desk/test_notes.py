from __future__ import annotations

from uuid import uuid4

import pytest
from django.urls import reverse

from mail.models import OutboundEmail
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket, an_inquiry
from tickets.models import Note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
SECRET = "この方は以前クレームあり。"


def write(client, ticket, **fields):
    target = reverse("desk:note_create", args=[ticket.number])
    return client.post(target, {"body": SECRET, **fields}, follow=True)


def test_a_note_is_read_by_colleagues(as_aiko, ben):
    ticket = a_ticket()

    write(as_aiko, ticket)

    seen = words(signed_in(ben).get(reverse("desk:ticket", args=[ticket.number])))
    assert f"Aiko Internal note – the customer never sees it today 10:00 {SECRET}" in seen


def test_a_note_reaches_the_customer_by_no_way(as_aiko, client):
    opened = an_inquiry()

    write(as_aiko, opened.ticket)

    assert SECRET not in client.get(f"/r/{opened.token}/").content.decode()
    assert all(SECRET not in letter.text for letter in OutboundEmail.objects.all())
    opened.ticket.refresh_from_db()
    assert opened.ticket.preview != SECRET


def test_a_note_moves_no_promise(as_aiko):
    ticket = a_ticket()

    write(as_aiko, ticket)

    promised = ticket.next_contact_at
    ticket.refresh_from_db()
    assert ticket.next_contact_at == promised


def test_an_empty_note_is_refused_with_the_note_box_open(as_aiko):
    ticket = a_ticket()

    answer = write(as_aiko, ticket, body=" ")

    assert answer.status_code == 422
    assert "Write the note first." in words(answer)
    assert 'name="writing" value="note" checked' in answer.content.decode()


def test_a_double_click_writes_one_note(as_aiko):
    ticket = a_ticket()
    key = str(uuid4())

    write(as_aiko, ticket, submission_key=key)
    write(as_aiko, ticket, submission_key=key)

    assert Note.objects.count() == 1


def test_other_teams_cannot_write_notes(aiko, ben, mallory):
    ticket = a_ticket()

    assert write(signed_in(mallory), ticket).status_code == 404
    assert write(signed_in(ben), ticket).status_code == 200
    assert Note.objects.count() == 1
