"""Fields that are asked only when another one says so."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from tests.conftest import signed_in
from tests.factories import a_field, a_ticket, a_topic
from tests.html import Page
from tickets.exceptions import FieldsMissing
from tickets.services.describing import set_fields
from tickets.services.handling import solve
from topics.exceptions import TopicError
from topics.models import Field
from topics.selectors import definitions
from topics.services import delete_field, save_field

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def keys(**values: str) -> list[str]:
    return [field.key for field in definitions().ticket_fields(None, values)]


def waiting_for(field: Field, value: str, label: str, **more: object) -> Field:
    return a_field(label, depends_on=field, depends_value=value, **more)


def test_a_field_is_asked_while_the_other_one_says_so_and_is_asked_itself():
    guarantee = a_field("Guarantee", kind="choice")
    repair = waiting_for(guarantee, "c1", "Repair", kind="yes_no")
    waiting_for(repair, "yes", "Where")

    assert keys() == keys(guarantee="c2", repair="yes") == ["guarantee"]
    assert keys(guarantee="c1") == ["guarantee", "repair"]
    assert keys(guarantee="c1", repair="yes") == ["guarantee", "repair", "where"]
    save_field(guarantee, values={"is_active": False})
    assert keys(guarantee="c1", repair="yes") == []


def test_a_field_of_another_topic_lets_nothing_wait_for_it():
    other = a_field("Guarantee", kind="choice", topics=[a_topic()])
    waiting_for(other, "c1", "Repair")

    assert keys(guarantee="c1") == []


def test_a_field_waits_for_an_answer_there_is_and_never_in_a_circle():
    guarantee = a_field("Guarantee", kind="choice")
    repair = waiting_for(guarantee, "c1", "Repair", kind="yes_no")
    model = a_field("Model")
    of_customers = a_field("Size", kind="choice", of="customer")

    for other, value in (
        *((guarantee, "c9"), (guarantee, ""), (model, "x"), (of_customers, "c1")),
        *((repair, "yes"), (guarantee, "c1")),
    ):
        with pytest.raises(TopicError) as refusal:
            save_field(guarantee, values={"depends_on": other, "depends_value": value})
        assert refusal.value.field == "depends"
        guarantee.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():
        Field.objects.filter(pk=model.pk).update(depends_on=guarantee, depends_value="")


def test_what_others_wait_for_is_not_deleted():
    guarantee = a_field("Guarantee", kind="choice")
    repair = waiting_for(guarantee, "c1", "Repair")

    with pytest.raises(TopicError, match="depend on this one"):
        delete_field(guarantee, is_used=False)

    delete_field(repair, is_used=False)
    delete_field(guarantee, is_used=False)
    assert not Field.objects.exists()


def test_what_nobody_is_asked_does_not_keep_a_ticket_open(aiko):
    guarantee = a_field("Guarantee", kind="choice")
    waiting_for(guarantee, "c1", "Invoice", is_required_to_solve=True)
    ticket, other = a_ticket(), a_ticket()
    set_fields(other, values={"guarantee": "c1"}, by=aiko)
    other.refresh_from_db()

    solve(ticket, agent=aiko)
    with pytest.raises(FieldsMissing, match="Invoice"):
        solve(other, agent=aiko)


def test_the_settings_say_what_a_field_waits_for(admin):
    guarantee = a_field("Guarantee", "保証", kind="choice")
    model = a_field("Model", is_for_customers=True)
    browser = signed_in(admin)
    address = f"/desk/settings/fields/{model.pk}/"
    answer = f"{guarantee.pk}:c1"
    assert "Guarantee: In guarantee" in browser.get(address).text

    form = Page(browser.get(address).text).form(f"{address}update/")
    browser.post(form.action, {**form.fields, "depends": answer, "is_required_for_customers": "on"})

    model.refresh_from_db()
    assert (model.depends_on, model.depends_value) == (guarantee, "c1")
    assert model.is_required_for_customers
    again = Page(browser.get(address).text).form(f"{address}update/")
    assert again.fields["depends"] == answer
    for wrong in ("0:c1", f"{guarantee.pk}:c9", "x", f"{model.pk}:c1"):
        assert browser.post(form.action, {**form.fields, "depends": wrong}).status_code == 422
    browser.post(form.action, {**form.fields, "depends": ""})
    model.refresh_from_db()
    assert model.depends_on is None
