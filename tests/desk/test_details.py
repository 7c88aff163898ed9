"""Topic and details beside the thread."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_customer, a_field, a_ticket, a_topic
from tests.html import Page
from tickets.models import Ticket
from tickets.services.describing import set_fields, set_topic
from topics.services import save_field, save_topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def address(ticket):
    return reverse("desk:ticket", args=[ticket.number])


def form_of(response):
    return Page(response.content.decode()).form("/details/")


def fill_in(client, ticket, *, shown=None, **typed):
    """Change fields in the page's own form; "__" stands for the dot in their names."""
    form = form_of(shown or client.get(address(ticket)))
    changes = {name.replace("__", "."): value for name, value in typed.items()}
    assert set(changes) <= set(form.fields), form
    return client.post(form.action, {**form.fields, **changes})


@pytest.fixture
def fault():
    return a_topic("Fault", "故障")


@pytest.fixture
def fields(fault):
    return [
        a_field("Model", "型番", key="model"),
        a_field("Guarantee", "保証", key="guarantee", kind="choice", topics=[fault]),
        a_field("Cause", "原因", key="cause", is_required_to_solve=True, topics=[fault]),
    ]


def test_without_topics_and_fields_the_page_is_as_it_was(as_aiko):
    assert "Topic and details" not in words(as_aiko.get(address(a_ticket())))


def test_topic_and_fields_are_filled_in_and_read_as_words(as_aiko, fault, fields):
    ticket = a_ticket()

    first = fill_in(as_aiko, ticket, topic=fault.pk, field__model="LP-220")
    page = as_aiko.get(first.headers["Location"])
    fill_in(as_aiko, ticket, shown=page, field__guarantee="c1")

    assert "Topic Fault Model LP-220 Cause Needed to resolve" in words(page)
    after = words(as_aiko.get(address(ticket)))
    assert "Topic Fault Model LP-220 Guarantee In guarantee Cause Needed" in after
    assert "Aiko set the topic: Fault" in after
    assert "Aiko changed the details: Guarantee: In guarantee" in after


def test_in_japanese_names_and_choices_are_japanese(aiko, fault, fields):
    aiko.language = "ja"
    aiko.save()
    ticket = set_topic(a_ticket(), topic=fault, by=aiko)
    set_fields(ticket, values={"guarantee": "c1"}, by=aiko)

    page = words(signed_in(aiko).get(address(ticket)))

    assert "故障" in page
    assert "保証 保証期間内" in page


def test_what_is_wrong_is_said_and_all_that_was_typed_stays(as_aiko, fault, fields):
    a_field("Pages", kind="number", key="pages")
    ticket = a_ticket()

    response = fill_in(as_aiko, ticket, topic=fault.pk, field__model="LP-220", field__pages="many")

    assert response.status_code == 422
    assert "Pages: Enter a number such as 12 or 3.5." in words(response)
    kept = form_of(response).fields
    assert (kept["field.model"], kept["field.pages"]) == ("LP-220", "many")
    assert kept["topic"] == str(fault.pk)
    ticket.refresh_from_db()
    assert (ticket.topic, ticket.fields) == (None, {})

    fill_in(as_aiko, ticket, shown=response, field__pages="12")

    ticket.refresh_from_db()
    assert (ticket.topic, ticket.fields) == (fault, {"model": "LP-220", "pages": "12"})


def test_what_a_colleague_filled_in_meanwhile_stays(as_aiko, ben, fault, fields):
    ticket = a_ticket()
    shown = as_aiko.get(address(ticket))
    set_topic(ticket, topic=fault, by=ben)
    set_fields(ticket, values={"model": "LP-220"}, by=ben)
    a_field("Pages", kind="number", key="pages")

    fill_in(as_aiko, ticket, shown=shown)

    ticket.refresh_from_db()
    assert (ticket.topic, ticket.fields) == (fault, {"model": "LP-220"})


def test_a_field_is_emptied_again(as_aiko, aiko, fields):
    ticket = set_fields(a_ticket(), values={"model": "LP-220"}, by=aiko)

    fill_in(as_aiko, ticket, field__model="")

    ticket.refresh_from_db()
    assert ticket.fields == {}


def test_what_is_switched_off_stays_readable_and_is_not_asked(as_aiko, aiko, fault, fields):
    ticket = set_topic(a_ticket(), topic=fault, by=aiko)
    set_fields(ticket, values={"model": "LP-220", "guarantee": "c1"}, by=aiko)
    save_field(fields[0], values={"is_active": False})
    off = [{**choice, "is_off": True} for choice in fields[1].choices]
    save_field(fields[1], values={"choices": off}, topics=[fault])
    save_topic(fault, values={"is_active": False})

    page = as_aiko.get(address(ticket))
    fill_in(as_aiko, ticket, shown=page, field__cause="dust")

    assert "Topic Fault Model LP-220 Guarantee In guarantee" in words(page)
    assert "field.model" not in form_of(page).fields
    ticket.refresh_from_db()
    assert ticket.topic == fault
    assert ticket.fields == {"model": "LP-220", "guarantee": "c1", "cause": "dust"}


@pytest.mark.parametrize("topic", ["99999", "x", "-1"])
def test_a_topic_that_there_is_not_is_refused(as_aiko, fault, topic):
    ticket = a_ticket()

    response = fill_in(as_aiko, ticket, topic=topic)

    assert response.status_code == 422
    assert "Choose a topic from the list." in words(response)


def test_a_reply_that_solves_keeps_its_text_when_something_is_not_known(
    as_aiko, aiko, fault, fields
):
    ticket = set_topic(a_ticket(), topic=fault, by=aiko)
    reply = {"body": "部品を交換しました。", "outcome": "solve"}

    response = as_aiko.post(reverse("desk:reply_create", args=[ticket.number]), reply)
    plain = as_aiko.post(reverse("desk:solution_create", args=[ticket.number]), follow=True)

    assert response.status_code == 422
    assert "Fill in before this is resolved: Cause." in words(response)
    assert reply["body"] in response.content.decode()
    assert "Fill in before this is resolved: Cause." in words(plain)
    assert Ticket.objects.get().status == "new"


def test_the_page_asks_no_more_with_topics_and_fields(
    as_aiko, aiko, fault, fields, django_assert_max_num_queries
):
    customer = a_customer()
    ticket = set_topic(a_ticket(customer=customer), topic=fault, by=aiko)
    set_fields(ticket, values={"model": "LP-220", "guarantee": "c1"}, by=aiko)
    as_aiko.get(address(ticket))

    # The last one says who looked, when the page has left.
    with django_assert_max_num_queries(13):
        as_aiko.get(address(ticket))


# The queue ------------------------------------------------------------------------------------


def test_the_queue_is_cut_down_by_topic_and_field_and_says_so_in_words(
    as_aiko, aiko, fault, fields
):
    ticket = set_topic(a_ticket(), topic=fault, by=aiko)
    set_fields(ticket, values={"guarantee": "c1"}, by=aiko)
    a_ticket(subject="紙が詰まります")

    page = as_aiko.get("/desk/", {"topic": fault.pk, "field.guarantee": "c1"})

    assert "プリンターが動きません" in words(page)
    assert "紙が詰まります" not in words(page)
    assert "Fault" in words(page)
    assert "Guarantee: In guarantee" in words(page)
    assert "Guarantee" in words(as_aiko.get("/desk/", {"topic": fault.pk}))


def test_a_view_of_a_topic_is_saved_and_opened(as_aiko, aiko, fault, fields):
    query = f"topic={fault.pk}&field.guarantee=c1"

    as_aiko.post(reverse("desk:view_create"), {"name": "故障", "query": query, "audience": "me"})

    assert aiko.views.get().query.endswith(query)
    assert "Guarantee: In guarantee" in words(as_aiko.get(reverse("desk:view_list")))
