"""Administrators say what inquiries are about, and what is to be known of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from tests.conftest import signed_in
from tests.desk.pages import links, words
from tests.factories import a_customer, a_field, a_ticket, a_topic
from tests.html import Page
from tickets.services.customer_records import describe_customer
from tickets.services.describing import set_fields, set_topic
from topics.models import Field, Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    return signed_in(admin)


def form_of(client: Client, name: str, *args: object) -> Any:
    """The form of a page, with what it would send."""
    page = Page(client.get(reverse(f"desk:{name}", args=args)).text)
    [form] = [each for each in page.forms if "label_ja" in each.fields]
    return form


def test_the_settings_lead_to_topics_and_fields_for_administrators_only(as_admin, chika):
    address = reverse("desk:settings")

    assert reverse("desk:settings_topics") in links(as_admin.get(address))
    assert reverse("desk:settings_topics") not in links(signed_in(chika).get(address))
    assert signed_in(chika).get(reverse("desk:settings_fields")).status_code == 403


def test_a_topic_is_made_changed_and_switched_off(as_admin, aiko, support):
    fields = {"name_ja": "請求", "name_en": "Billing", "team": support.pk, "is_active": "on"}
    as_admin.post(reverse("desk:settings_topic_create"), fields)
    topic = Topic.objects.get()

    changed = {**fields, "name_en": "Invoices", "agent": aiko.pk}
    del changed["is_active"]
    shown = as_admin.post(
        reverse("desk:settings_topic_update", args=[topic.pk]), changed, follow=True
    )

    topic.refresh_from_db()
    assert (topic.name_en, topic.agent, topic.is_active) == ("Invoices", aiko, False)
    assert "Invoices Not offered Support · Aiko" in words(shown)


def test_a_topic_for_somebody_of_another_team_is_refused_with_what_was_typed(
    as_admin, support, mallory
):
    fields = {"name_ja": "請求", "name_en": "", "team": support.pk, "agent": mallory.pk}

    response = as_admin.post(reverse("desk:settings_topic_create"), fields)

    assert response.status_code == 422
    assert "Mallory is not in this team." in words(response)
    assert 'value="請求"' in response.text
    assert not Topic.objects.exists()


def test_topics_and_fields_are_put_in_order(as_admin):
    first, second = a_topic("First"), a_topic("Second")
    one, two = a_field("One"), a_field("Two")

    as_admin.post(reverse("desk:settings_topic_order", args=[second.pk]), {"by": "-1"})
    as_admin.post(reverse("desk:settings_field_order", args=[one.pk]), {"by": "1"})

    assert list(Topic.objects.all()) == [second, first]
    assert list(Field.objects.all()) == [two, one]


def test_what_somebody_has_is_not_deleted_and_what_nobody_has_is(as_admin, aiko):
    used, free = a_topic("Used"), a_topic("Free")
    set_topic(a_ticket(), topic=used, by=aiko)
    filled, empty, known = a_field("Filled"), a_field("Empty"), a_field("Plan", of="customer")
    set_fields(a_ticket(), values={"filled": "x"}, by=aiko)
    describe_customer(a_customer(), values={"plan": "x"})

    pages = [
        as_admin.post(reverse(f"desk:settings_{name}_delete", args=[each.pk]), follow=True)
        for name, each in [
            *(("topic", used), ("topic", free)),
            *(("field", filled), ("field", empty), ("field", known)),
        ]
    ]

    assert list(Topic.objects.all()) == [used]
    assert set(Field.objects.all()) == {filled, known}
    told = [words(page) for page in pages]
    assert "Tickets have this topic. Switch it off instead." in told[0]
    assert "“Free” is deleted." in told[1]
    assert "This field has been filled in. Switch it off instead." in told[2]
    assert "“Empty” is deleted." in told[3]
    assert "Switch it off instead." in told[4]


def test_a_field_with_choices_is_made(as_admin):
    topic = a_topic()
    fields = {
        "of": "ticket",
        "kind": "choice",
        "label_ja": "保証",
        "label_en": "Guarantee",
        "topics": [topic.pk],
        "is_required_to_solve": "on",
        "is_active": "on",
        "choice_new0_ja": "不明",
        "choice_new0_offered": "on",
        "choice_new0_place": "2",
        "choice_new1_en": "In guarantee",
        "choice_new1_offered": "on",
        "choice_new1_place": "1",
    }

    as_admin.post(reverse("desk:settings_field_create"), fields)

    field = Field.objects.get()
    assert (field.key, field.kind, list(field.topics.all())) == ("guarantee", "choice", [topic])
    assert field.is_required_to_solve
    assert [(each["ja"], each["en"]) for each in field.choices] == [
        ("", "In guarantee"),
        ("不明", ""),
    ]


def test_the_form_of_a_field_sends_what_the_field_is(as_admin):
    field = a_field("Guarantee", "保証", kind="choice")
    before = Field.objects.values().get()

    form = form_of(as_admin, "settings_field", field.pk)
    as_admin.post(form.action, form.fields)

    assert Field.objects.values().get() == before
    assert {"of", "kind", "key"}.isdisjoint(form.fields)


def test_a_choice_is_renamed_moved_and_switched_off(as_admin):
    field = a_field("Guarantee", "保証", kind="choice")
    first, second = (choice["key"] for choice in field.choices)
    form = form_of(as_admin, "settings_field", field.pk)
    fields = {
        **form.fields,
        f"choice_{second}_place": "1",
        f"choice_{first}_place": "2",
        f"choice_{first}_en": "Valid",
    }
    del fields[f"choice_{first}_offered"]

    as_admin.post(form.action, fields)

    field.refresh_from_db()
    assert [(each["key"], each["en"], each["is_off"]) for each in field.choices] == [
        (second, "Expired", False),
        (first, "Valid", True),
    ]


def test_a_choice_keeps_a_name_and_one_that_a_colleague_added_stays(as_admin):
    field = a_field("Guarantee", "保証", kind="choice")
    first, second = (choice["key"] for choice in field.choices)
    form = form_of(as_admin, "settings_field", field.pk)
    nameless = {**form.fields, f"choice_{first}_ja": "", f"choice_{first}_en": ""}
    of_before = {name: value for name, value in form.fields.items() if f"_{second}_" not in name}

    refused = as_admin.post(form.action, nameless)
    as_admin.post(form.action, of_before)

    assert refused.status_code == 422
    assert "Give it a name, or switch it off." in words(refused)
    field.refresh_from_db()
    assert [each["key"] for each in field.choices] == [first, second]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"label_en": ""}, "Give it a name in at least one language."),
        ({"key": "1st"}, "A key begins with a small Latin letter"),
        ({"key": "taken"}, "There is a field with the key “taken” already."),
        ({"kind": "choice"}, "Say what there is to choose from."),
        ({"kind": "colour"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_field_is_said(as_admin, fields, sentence):
    a_field(key="taken")
    given = {"of": "ticket", "kind": "text", "label_en": "Model", "is_active": "on", **fields}

    response = as_admin.post(reverse("desk:settings_field_create"), given)

    assert response.status_code == 422
    assert sentence in words(response)
    assert Field.objects.count() == 1


def test_a_field_of_customers_is_not_asked_about_topics(as_admin):
    a_topic()
    field = a_field("Plan", of="customer")

    form = form_of(as_admin, "settings_field", field.pk)

    assert {"topics", "is_required_to_solve"}.isdisjoint(form.fields)
    assert "Fields of customers Plan" in words(as_admin.get(reverse("desk:settings_fields")))
