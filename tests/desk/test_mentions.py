from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_ticket, an_inquiry
from tickets.models import Note
from tickets.services.replying import add_note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def write(client, ticket, body):
    target = reverse("desk:note_create", args=[ticket.number])
    return client.post(target, {"body": body}, follow=True)


def follow(client, ticket, *, yes):
    target = reverse("desk:following_update", args=[ticket.number])
    return client.post(target, {"follow": "yes" if yes else "no"}, follow=True)


def test_a_mention_stands_out_and_is_told(as_aiko, ben):
    page = write(as_aiko, a_ticket(), "Please look at it, **@Ben**. Not @Nobody.")

    assert "<mark>@Ben</mark>" in page.text
    assert "<mark>@Nobody" not in page.text
    seen = words(signed_in(ben).get(reverse("desk:notification_list")))
    assert "You were mentioned" in seen
    assert "Please look at it" in seen


def test_a_mention_is_never_markup(as_aiko, aiko, ben):
    type(ben).objects.filter(pk=ben.pk).update(name="<b>Ben</b>")

    page = write(as_aiko, a_ticket(), "@<b>Ben</b>")

    assert "<mark>@&lt;b&gt;Ben&lt;/b&gt;</mark>" in page.text


def test_the_form_says_who_cannot_be_told(as_aiko, mallory):
    page = write(as_aiko, a_ticket(), "Please look at it, @Mallory.")

    assert page.status_code == 422
    assert "Mallory may not see this ticket, and would not hear of it." in words(page)
    assert "Please look at it, @Mallory." in page.text
    assert not Note.objects.exists()


def test_only_who_may_see_the_ticket_is_offered(as_aiko, ben, chika, mallory):
    page = as_aiko.get(reverse("desk:ticket", args=[a_ticket().number])).text

    assert 'data-name="Ben"' in page
    assert 'data-name="Chika"' in page
    assert "Mallory" not in page.split('id="note_people"')[1].split("</ul>")[0]


def test_one_button_follows_and_another_ends_it(as_aiko, ben):
    ticket = a_ticket()

    assert "Unfollow" in words(follow(as_aiko, ticket, yes=True))
    assert "Unfollow" not in words(follow(as_aiko, ticket, yes=False))


def test_who_was_mentioned_follows(as_aiko, aiko, ben):
    ticket = a_ticket()
    add_note(ticket, body="@Aiko", agent=ben)

    assert "Unfollow" in words(as_aiko.get(reverse("desk:ticket", args=[ticket.number])))


def test_the_customer_sees_no_mention(as_aiko, ben, client):
    opened = an_inquiry()
    write(as_aiko, opened.ticket, "@Ben")

    assert "Ben" not in client.get(f"/r/{opened.token}/").text
