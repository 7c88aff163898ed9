from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import translation

from tests.factories import a_field, a_ticket, a_topic
from tickets.services.describing import set_topic
from topics.exceptions import TopicError
from topics.models import Field, Topic
from topics.selectors import VERSION, definitions, forget_definitions
from topics.services import delete_field, delete_topic, move_field, move_topic, save_field

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def labels() -> list[str]:
    return [field.label_en for field in definitions().fields]


def test_a_name_is_of_the_readers_language_or_of_the_other_one():
    topic, other = a_topic("Billing", "請求"), a_topic("", "配送")

    assert (topic.name, other.name) == ("Billing", "配送")
    with translation.override("ja"):
        assert topic.name == "請求"


def test_a_topic_needs_a_name_and_an_agent_of_its_team(aiko, mallory):
    with pytest.raises(TopicError) as nameless:
        a_topic("", "")
    with pytest.raises(TopicError, match="Mallory") as stranger:
        a_topic(agent=mallory)

    assert (nameless.value.field, stranger.value.field) == ("name_ja", "agent")
    assert a_topic(agent=aiko).agent == aiko


def test_a_key_is_made_of_the_english_label_and_never_changes():
    field = a_field("Serial number", "製造番号")
    nameless = a_field("", "購入日", kind="date")

    save_field(field, values={"key": "other", "kind": "date", "of": "customer", "label_en": "S/N"})

    field.refresh_from_db()
    assert (field.key, field.kind, field.of) == ("serial_number", "text", "ticket")
    assert field.label_en == "S/N"
    assert nameless.key.startswith("field_")


@pytest.mark.parametrize("key", ["Model", "1st", "a-b", "型番", "x" * 41])
def test_a_bad_key_is_a_sentence(key):
    with pytest.raises(TopicError) as bad:
        a_field(key=key)

    assert bad.value.field == "key"


def test_one_key_is_one_field_of_tickets_and_one_of_customers():
    a_field(key="model")
    a_field(key="model", of="customer")

    with pytest.raises(TopicError, match="model"):
        a_field(key="model")


def test_a_choice_keeps_its_key_when_it_is_renamed_and_another_is_added():
    field = a_field(kind="choice")
    first, second = field.choices
    renamed = {**second, "en": "Out of guarantee", "is_off": True}
    new = {"key": "", "ja": "不明", "en": "", "is_off": False}

    save_field(field, values={"choices": [new, first, renamed]})

    keys = [choice["key"] for choice in field.choices]
    assert keys[1:] == [first["key"], second["key"]]
    assert len(set(keys)) == 3
    assert [name for _, name in field.choices_offered] == ["不明", "In guarantee"]


def test_a_choice_without_choices_is_refused():
    with pytest.raises(TopicError) as bad:
        a_field(kind="choice", choices={})

    assert bad.value.field == "choices"


def test_a_field_of_customers_is_of_no_topic_and_never_required():
    field = a_field(of="customer", is_required_to_solve=True, topics=[a_topic()])

    assert not field.is_required_to_solve
    assert not field.topics.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "colour"},
        {"of": "agent"},
        {"choices": [1]},
        {"of": "customer", "is_required_to_solve": True},
        {"label_en": ""},
    ],
)
def test_the_database_knows_no_wrong_field(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Field.objects.create(
            **{"of": "ticket", "key": "k", "kind": "text", "label_en": "K"} | wrong
        )


def test_what_changes_is_seen_at_once_and_asks_nothing_after(django_assert_num_queries):
    field = a_field()
    assert labels() == ["Model"]

    with django_assert_num_queries(0):
        definitions()
    save_field(field, values={"label_en": "Type"})

    assert labels() == ["Type"]


def test_a_change_made_by_another_process_is_seen():
    a_field()
    assert labels() == ["Model"]
    Field.objects.update(label_en="Elsewhere")

    cache.delete(VERSION)

    assert labels() == ["Elsewhere"]


def test_both_are_told_when_the_change_is_committed(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        a_field()

    assert callbacks == [forget_definitions]


def test_topics_and_fields_are_put_in_order():
    first, second = a_topic("First"), a_topic("Second")
    one, customers, two = a_field("One"), a_field("Customer's", of="customer"), a_field("Two")

    move_topic(second, by=-1)
    move_field(one, by=1)
    move_field(customers, by=1)

    assert list(Topic.objects.all()) == [second, first]
    assert definitions().fields_of("ticket") == [two, one]


def test_a_topic_that_somebody_has_is_not_deleted(aiko):
    used, asked, free = a_topic("Used"), a_topic("Asked"), a_topic("Free")
    set_topic(a_ticket(), topic=used, by=aiko)
    a_field(topics=[asked])

    delete_topic(free)
    with pytest.raises(TopicError, match="Tickets have this topic"):
        delete_topic(used)
    with pytest.raises(TopicError, match="Fields belong"):
        delete_topic(asked)

    assert [topic.name_en for topic in definitions().topics] == ["Used", "Asked"]


def test_a_field_that_has_been_filled_in_is_not_deleted():
    field = a_field()

    with pytest.raises(TopicError, match="Switch it off"):
        delete_field(field, is_used=True)
    delete_field(field, is_used=False)

    assert labels() == []


def test_a_field_is_of_its_topics_or_of_every_ticket():
    billing, other = a_topic("Billing"), a_topic("Other")
    everywhere, here = a_field("Everywhere"), a_field("Here", topics=[billing])
    a_field("Off", is_active=False)

    known = definitions()

    assert known.ticket_fields(billing.pk, {}) == [everywhere, here]
    assert known.ticket_fields(other.pk, {}) == [everywhere]
    assert known.ticket_fields(None, {}) == [everywhere]
