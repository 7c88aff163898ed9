"""What tickets are sorted by and what is asked of them: tags, topics and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent, Team
from accounts.permissions import Permission
from api import access
from api.endpoint import PAGED, Asked, Endpoint, absolute, answer, call, page
from api.filtering import BY_ID, paged
from api.problems import invalid
from api.schema import page_of
from api.shapes import Choice, Flag, ListOf, Object, OrNull, Shape, Text, Whole, answered, body
from rules.services import say_tag_otherwise
from tickets.exceptions import BadTag
from tickets.models import Tag
from tickets.services.describing import is_used
from tickets.services.keeping_tags import delete_tag, rename_tag
from tickets.tags import TAG_LENGTH
from topics.models import Choice as FieldChoice
from topics.models import Field, Topic
from topics.selectors import definitions
from topics.services import (
    FIXED,
    MOST_CHOICES,
    delete_field,
    delete_topic,
    move_field,
    move_topic,
    save_field,
    save_topic,
)

PLACE = Whole(0, 1000, about="Its place in the order; 0: the first")
BOTH = answered("InBothLanguages", {"ja": Text(200), "en": Text(200)})
TAG = answered("Tag", {"id": Whole(), "name": Text(TAG_LENGTH)})
TAG_CHANGE = body("TagChange", {"name": Text(TAG_LENGTH, 1)}, ["name"])
TOPIC = answered(
    "Topic",
    {
        "id": Whole(),
        "name": BOTH,
        "team": Whole(),
        "agent": OrNull(Whole(about="Who gets its tickets first")),
        "skill": Text(40),
        "is_active": Flag(),
    },
)
OF_TOPIC: Mapping[str, Shape] = {
    "name_ja": Text(60),
    "name_en": Text(60),
    "team": Whole(about="Who gets its tickets"),
    "agent": OrNull(Whole(about="Of the team: who gets them first")),
    "skill": Text(40, about="Those who have it come first"),
    "is_active": Flag(),
}
NEW_TOPIC = body("NewTopic", OF_TOPIC, ["team"])
TOPIC_CHANGE = body("TopicChange", {**OF_TOPIC, "position": PLACE})
FIELD = answered(
    "Field",
    {
        "id": Whole(),
        "key": Text(40),
        "of": Choice(Field.Of.values),
        "kind": Choice(Field.Kind.values),
        "label": BOTH,
        "help": BOTH,
        "choices": ListOf(
            answered("FieldChoice", {"key": Text(40), "name": BOTH, "is_off": Flag()}), 1000
        ),
        "topics": ListOf(Whole(), 1000, about="Which tickets have it; none: every ticket"),
        "is_required_to_solve": Flag(),
        "is_for_customers": Flag(),
        "is_required_for_customers": Flag(),
        "depends_on": OrNull(Whole(about="It is asked only while this field says something")),
        "depends_value": Text(40, about="What it must say"),
        "is_active": Flag(),
    },
)
OF_FIELD: Mapping[str, Shape] = {
    **{name: Text(60) for name in ("label_ja", "label_en")},
    **{name: Text(200) for name in ("help_ja", "help_en")},
    "choices": ListOf(
        Object(
            {"key": Text(40), "ja": Text(200), "en": Text(200), "is_off": Flag()},
            name="NewFieldChoice",
        ),
        MOST_CHOICES,
        about="In their order; new ones without a key. One that is left out is switched off.",
    ),
    "topics": ListOf(Whole(), 100),
    "is_required_to_solve": Flag(),
    "is_for_customers": Flag(),
    "is_required_for_customers": Flag(),
    "depends_on": OrNull(Whole()),
    "depends_value": Text(40),
    "is_active": Flag(),
}
NEW_FIELD = body(
    "NewField",
    {
        "of": Choice(Field.Of.values),
        "kind": Choice(Field.Kind.values),
        "key": Text(40, about="Never changes; left out, it is made of the English label"),
        **OF_FIELD,
    },
    ["of", "kind"],
)
FIELD_CHANGE = body("FieldChange", {**OF_FIELD, "position": PLACE})
FOR_WHOM = "For whoever manages forms."


class Tags(Endpoint):
    """The words that tickets are sorted by."""

    of = "tickets"
    section = "lists"

    @call("List tags", answer=page_of(TAG), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        return paged(asked, Tag.objects.all(), BY_ID, _shown_tag)


class TagDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "lists"

    @call(
        "Rename a tag",
        answer=TAG,
        body=TAG_CHANGE,
        about="Tickets, macros, views and rules follow. With the name of another tag the two become"
        " one, which is answered.",
        example={"name": "printers"},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Everywhere."""
        tag = access.one_of(Tag.objects.all(), pk)
        before = tag.normalized
        try:
            tag = rename_tag(tag, name=asked.body["name"])
        except BadTag as refusal:
            raise invalid("name", "tag", str(refusal)) from refusal
        say_tag_otherwise(before, tag.name)
        return answer(_shown_tag(tag))

    @call("Delete a tag, and take it off all tickets", status=204)
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        delete_tag(access.one_of(Tag.objects.all(), pk))
        return HttpResponse(status=204)


def _shown_tag(tag: Tag) -> dict[str, Any]:
    return {"id": tag.pk, "name": tag.name}


# Topics -----------------------------------------------------------------------------------------


class Topics(Endpoint):
    """What tickets are about."""

    of = "settings"
    reads = "tickets:read"
    section = "lists"

    @call("List topics", answer=page_of(TOPIC))
    def get(self, asked: Asked) -> HttpResponse:
        """In their order, on one page."""
        return page(asked, [_shown_topic(topic) for topic in definitions().topics], "")

    @call(
        "Make a topic",
        answer=TOPIC,
        status=201,
        body=NEW_TOPIC,
        about=FOR_WHOM,
        example={"name_ja": "請求", "name_en": "Billing", "team": 1},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """The last one."""
        access.check_may(asked.agent, Permission.FORMS)
        topic = save_topic(Topic(), values=_values_of_topic(asked.body))
        address = absolute(reverse("api:topic", args=[topic.pk]))
        return answer(_shown_topic(topic), status=201, Location=address)


class TopicDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "lists"

    @call(
        "Change a topic",
        answer=TOPIC,
        body=TOPIC_CHANGE,
        about="What is left out stays.",
        example={"is_active": False},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """For tickets that arrive from now on."""
        topic = access.one_of(Topic.objects.all(), pk)
        save_topic(topic, values=_values_of_topic(asked.body))
        if "position" in asked.body:
            order = list(Topic.objects.values_list("pk", flat=True))
            move_topic(topic, by=asked.body["position"] - order.index(topic.pk))
        return answer(_shown_topic(topic))

    @call("Delete a topic that no ticket and no field has", status=204, refuses=(409,))
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        delete_topic(access.one_of(Topic.objects.all(), pk))
        return HttpResponse(status=204)


def _values_of_topic(sent: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: said for name, said in sent.items() if name != "position"}
    if "team" in sent:
        values["team"] = access.one_in_body(Team.objects.all(), sent["team"], at="team")
    if sent.get("agent") is not None:
        people = Agent.objects.filter(is_active=True)
        values["agent"] = access.one_in_body(people, sent["agent"], at="agent")
    return {
        name: " ".join(said.split()) if isinstance(said, str) else said
        for name, said in values.items()
    }


def _shown_topic(topic: Topic) -> dict[str, Any]:
    return {
        "id": topic.pk,
        "name": topic.names,
        "team": topic.team_id,
        "agent": topic.agent_id,
        "skill": topic.skill,
        "is_active": topic.is_active,
    }


# Fields -----------------------------------------------------------------------------------------


class Fields(Endpoint):
    """What is to be known of tickets and of customers."""

    of = "settings"
    reads = "tickets:read"
    section = "lists"

    @call("List the fields of tickets and of customers", answer=page_of(FIELD, most=1000))
    def get(self, asked: Asked) -> HttpResponse:
        """In their order, on one page."""
        return page(asked, [_shown_field(field) for field in definitions().fields], "")

    @call(
        "Make a field",
        answer=FIELD,
        status=201,
        body=NEW_FIELD,
        about=FOR_WHOM,
        example={
            "of": "ticket",
            "kind": "choice",
            "label_ja": "保証",
            "label_en": "Guarantee",
            "choices": [{"ja": "あり", "en": "Yes"}, {"ja": "なし", "en": "No"}],
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """The last of its kind."""
        access.check_may(asked.agent, Permission.FORMS)
        field = Field()
        _save_field(field, asked.body)
        address = absolute(reverse("api:field", args=[field.pk]))
        return answer(_field_as_it_is(field), status=201, Location=address)


class FieldDetail(Endpoint):
    """One of them."""

    of = "settings"
    section = "lists"

    @call(
        "Change a field",
        answer=FIELD,
        body=FIELD_CHANGE,
        about="What is left out stays, and so does what was filled in.",
        example={"is_required_to_solve": True},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Its key and its kind never change."""
        field = access.one_of(Field.objects.all(), pk)
        _save_field(field, asked.body)
        if "position" in asked.body:
            order = list(Field.objects.filter(of=field.of).values_list("pk", flat=True))
            move_field(field, by=asked.body["position"] - order.index(field.pk))
        return answer(_field_as_it_is(field))

    @call("Delete a field that nobody has filled in", status=204, refuses=(409,))
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        field = access.one_of(Field.objects.all(), pk)
        delete_field(field, is_used=is_used(field))
        return HttpResponse(status=204)


def _save_field(field: Field, sent: Mapping[str, Any]) -> None:
    apart = {"topics", "choices", "depends_on", "position"}
    values = {name: said for name, said in sent.items() if name not in apart}
    for name in values.keys() - {*FIXED}:
        if isinstance(values[name], str):
            values[name] = " ".join(values[name].split())
    if "choices" in sent:
        values["choices"] = _choices(field.choices if field.pk else [], sent["choices"])
    if "depends_on" in sent:
        values["depends_on"] = _waited_for(sent["depends_on"])
    topics = list(field.topics.all()) if field.pk else []
    if "topics" in sent:
        topics = access.all_in_body(Topic.objects.all(), sent["topics"], at="topics")
    save_field(field, values=values, topics=topics)


def _choices(known: Sequence[FieldChoice], sent: Sequence[Mapping[str, Any]]) -> list[FieldChoice]:
    """What is offered from now on, and what was offered once, switched off. Raises Problem."""
    there, wanted = {each["key"]: each for each in known}, []
    for number, each in enumerate(sent):
        key = each.get("key", "")
        before = there.pop(key, None)
        if key and before is None:
            raise access.unknown(f"choices.{number}.key")
        ja, en = (each.get(name, before[name] if before else "") for name in ("ja", "en"))
        if not (ja.strip() or en.strip()):
            said = _("Give it a name in at least one language.")
            raise invalid(f"choices.{number}.ja", "required", said)
        is_off = each.get("is_off", before["is_off"] if before else False)
        wanted.append(FieldChoice(key=key, ja=ja.strip(), en=en.strip(), is_off=is_off))
    return [*wanted, *(FieldChoice(**{**each, "is_off": True}) for each in there.values())]


def _waited_for(pk: int | None) -> Field | None:
    if pk is None:
        return None
    return access.one_in_body(Field.objects.all(), pk, at="depends_on")


def _field_as_it_is(field: Field) -> dict[str, Any]:
    return _shown_field(next(each for each in definitions().fields if each.pk == field.pk))


def _shown_field(field: Field) -> dict[str, Any]:
    return {
        "id": field.pk,
        "key": field.key,
        "of": field.of,
        "kind": field.kind,
        "label": field.labels,
        "help": {"ja": field.help_ja, "en": field.help_en},
        "choices": [
            {
                "key": each["key"],
                "name": {"ja": each["ja"], "en": each["en"]},
                "is_off": each["is_off"],
            }
            for each in field.choices
        ],
        "topics": sorted(field.topic_ids),
        "is_required_to_solve": field.is_required_to_solve,
        "is_for_customers": field.is_for_customers,
        "is_required_for_customers": field.is_required_for_customers,
        "depends_on": field.depends_on_id,
        "depends_value": field.depends_value,
        "is_active": field.is_active,
    }
