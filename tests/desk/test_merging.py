from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket
from tickets.attachments import keep_uploads
from tickets.models import Merge
from tickets.services.opening import next_number
from tickets.services.replying import receive_reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def merge(client, ticket, number):
    target = reverse("desk:merge_create", args=[ticket.number])
    return client.post(target, {"number": number}, follow=True)


def page_of(ticket) -> str:
    return reverse("desk:ticket", args=[ticket.number])


def test_the_customers_other_tickets_are_offered(as_aiko):
    one, other = a_ticket(), a_ticket(subject="Once more the printer")
    stranger = a_ticket(subject="Something else", email="jiro@example.com")

    seen = words(as_aiko.get(reverse("desk:merge", args=[one.number])))

    assert f"Go on as #{other.number}" in seen
    assert f"#{stranger.number}" not in seen


def test_merged_the_old_address_leads_to_the_one_that_goes_on(as_aiko):
    old, new = a_ticket(body="The first letter"), a_ticket(body="The second letter")

    response = merge(as_aiko, old, f" #{new.number} ")

    assert response.redirect_chain[-1][0] == page_of(new)
    seen = words(as_aiko.get(page_of(old), follow=True))
    assert "The first letter" in seen
    assert "The second letter" in seen
    assert f"Aiko merged ticket #{old.number} into this one." in seen


def test_it_can_be_taken_back_from_where_it_is_told(as_aiko):
    old, new = a_ticket(body="The first letter"), a_ticket(body="The second letter")
    merge(as_aiko, old, new.number)
    undo = re.search(r'action="([^"]+/separation/)"', as_aiko.get(page_of(new)).content.decode())

    seen = words(as_aiko.post(undo[1], follow=True))

    assert f"The other one is #{old.number}" in seen
    assert "The first letter" not in words(as_aiko.get(page_of(new)))
    assert "The first letter" in words(as_aiko.get(page_of(old)))
    assert "Separate again" not in seen


def test_a_reply_written_meanwhile_is_stopped_and_kept(as_aiko):
    old, new = a_ticket(), a_ticket()
    merge(as_aiko, old, new.number)

    response = as_aiko.post(
        reverse("desk:reply_create", args=[old.number]),
        {"body": "Half written", "outcome": "solve", "seen_entries": 1},
    )

    assert response.status_code == 409
    assert "Half written" in words(response)


@pytest.mark.parametrize("number", ["", "x", "99999999999999999999", "-1", "１０"])
def test_what_is_no_number_is_refused_and_kept(as_aiko, number):
    ticket = a_ticket()

    response = merge(as_aiko, ticket, number)

    assert response.status_code == 422
    assert not Merge.objects.exists()
    assert f'value="{number}"' in response.content.decode() or not number


def test_a_number_nobody_has_says_so(as_aiko):
    response = merge(as_aiko, a_ticket(), next_number() + 1000)

    assert response.status_code == 422
    assert "There is no ticket of this number that you may see." in words(response)


def test_two_customers_are_kept_apart_in_words(as_aiko):
    response = merge(as_aiko, a_ticket(), a_ticket(email="jiro@example.com").number)

    assert response.status_code == 422
    assert "each would read what the other wrote" in words(response)


def test_a_ticket_of_another_team_does_not_exist(as_aiko, other_team):
    hidden = a_ticket(team=other_team)

    assert merge(as_aiko, a_ticket(), hidden.number).status_code == 422
    assert not Merge.objects.exists()


def test_files_of_the_old_ticket_open_for_whoever_sees_the_new_one(as_aiko, chika, other_team):
    old, new = a_ticket(team=other_team), a_ticket()
    key = uuid4()
    keep_uploads(
        [SimpleUploadedFile("jam.txt", b"paper jam")], submission_key=key, now=timezone.now()
    )
    attachment = receive_reply(old, body="See file.", submission_key=key).attachments.get()
    address = reverse("desk:attachment", args=[attachment.public_id])
    assert as_aiko.get(address).status_code == 404

    merge(signed_in(chika), old, new.number)

    assert b"".join(as_aiko.get(address)) == b"paper jam"
