"""How the help centre is arranged and found: collections, and words that mean the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from api import access
from api.endpoint import (
    PAGED,
    Asked,
    Endpoint,
    absolute,
    answer,
    call,
    check_unchanged,
    etag_of,
    page,
    tagged,
)
from api.filtering import BY_ID, check_after
from api.problems import invalid
from api.schema import page_of
from api.shapes import Flag, ListOf, Shape, Text, Whole, answered, body
from api.views.arranging import BOTH, PLACE
from common.keyset import page_of as keyset_page
from common.positions import steps_to
from knowledge.models import Collection, SynonymGroup
from knowledge.services.arranging import (
    BETWEEN,
    LONGEST_WORD,
    MOST_GROUPS,
    MOST_WORDS,
    delete_collection,
    move_collection,
    save_collection,
    save_synonyms,
    written_synonyms,
)
from topics.models import both

COLLECTION = answered(
    "Collection",
    {
        "id": Whole(),
        "slug": Text(80),
        "name": BOTH,
        "description": BOTH,
        "is_active": Flag(about="false: customers read none of its articles"),
        "position": Whole(0, about="Its place in the help centre; 0: the first"),
    },
)
FIELDS: Mapping[str, Shape] = {
    **{name: Text(60) for name in ("name_ja", "name_en")},
    **{name: Text(200) for name in ("description_ja", "description_en")},
    "is_active": Flag(),
}
NEW = body(
    "NewCollection",
    {**FIELDS, "slug": Text(60, about="Never changes; left out, it is made of the English name")},
)
CHANGE = body("CollectionChange", {**FIELDS, "position": PLACE})
GROUPS: Mapping[str, Shape] = {
    "groups": ListOf(
        ListOf(Text(LONGEST_WORD, 1), MOST_WORDS),
        MOST_GROUPS,
        about="Two words or more that mean the same",
    )
}
SYNONYMS = answered("Synonyms", GROUPS)
NEW_SYNONYMS = body("NewSynonyms", GROUPS, ["groups"])
FOR_KEEPERS = "For who keeps the help centre, and for leads."


class Collections(Endpoint):
    """Under what articles stand."""

    of = section = "knowledge"

    @call("List the collections of the help centre", answer=page_of(COLLECTION), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        check_after(BY_ID, asked.after)
        found = keyset_page(Collection.objects.all(), BY_ID, after=asked.after, size=asked.limit)
        order = _order()
        return page(asked, [_shown(each, order) for each in found.rows], found.older)

    @call(
        "Make a collection",
        answer=COLLECTION,
        status=201,
        body=NEW,
        about=FOR_KEEPERS,
        example={"name_ja": "返品", "name_en": "Returns"},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """The last one."""
        access.check_keeps_articles(asked.agent)
        collection = save_collection(Collection(), values=_values(asked.body))
        address = absolute(reverse("api:collections"))
        return answer(_shown(collection, _order()), status=201, Location=address)


class CollectionDetail(Endpoint):
    """One of them."""

    of = section = "knowledge"

    @call(
        "Change a collection, or move it",
        answer=COLLECTION,
        body=CHANGE,
        about=f"{FOR_KEEPERS} What is left out stays.",
        example={"is_active": False, "position": 0},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Its address never changes."""
        collection = _kept(asked, pk)
        save_collection(collection, values=_values(asked.body))
        if "position" in asked.body:
            place = asked.body["position"]
            steps = steps_to(Collection.objects.all(), collection, place=place)
            move_collection(collection, by=steps)
        return answer(_shown(collection, _order()))

    @call("Delete a collection in which no article stands", status=204, refuses=(409,))
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        delete_collection(_kept(asked, pk))
        return HttpResponse(status=204)


class SynonymGroups(Endpoint):
    """Words that searches take for the same."""

    of = section = "knowledge"

    @call("Read the words that mean the same", answer=SYNONYMS, has_etag=True, about=FOR_KEEPERS)
    def get(self, asked: Asked) -> HttpResponse:
        """All groups."""
        access.check_keeps_articles(asked.agent)
        return tagged(asked, _shown_synonyms())

    @call(
        "Say which words mean the same",
        answer=SYNONYMS,
        body=NEW_SYNONYMS,
        has_etag=True,
        refuses=(409,),
        about=f"{FOR_KEEPERS} In place of all groups that are there; searches follow at once.",
        example={"groups": [["請求書", "インボイス", "invoice"]]},
    )
    def put(self, asked: Asked) -> HttpResponse:
        """All groups."""
        access.check_keeps_articles(asked.agent)
        check_unchanged(asked, etag=etag_of(_shown_synonyms()))
        save_synonyms(_lines(asked.body["groups"]), seen=written_synonyms())
        return tagged(asked, _shown_synonyms())


def _kept(asked: Asked, pk: str) -> Collection:
    collection = access.one_of(Collection.objects.all(), pk)
    access.check_keeps_articles(asked.agent)
    return collection


def _values(sent: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: said for name, said in sent.items() if name != "position"}
    return {
        name: " ".join(said.split()) if isinstance(said, str) else said
        for name, said in values.items()
    }


def _order() -> Mapping[int, int]:
    """The place of each, by id."""
    pks = Collection.objects.values_list("pk", flat=True)
    return {pk: place for place, pk in enumerate(pks)}


def _shown(collection: Collection, order: Mapping[int, int]) -> dict[str, Any]:
    return {
        "id": collection.pk,
        "slug": collection.slug,
        "name": both(collection.name_ja, collection.name_en),
        "description": {"ja": collection.description_ja, "en": collection.description_en},
        "is_active": collection.is_active,
        "position": order.get(collection.pk, 0),
    }


def _lines(groups: Sequence[Sequence[str]]) -> str:
    """As they are written on the page. Raises Problem for what would be two words there, or none."""
    for number, words in enumerate(groups):
        for place, word in enumerate(words):
            if BETWEEN.search(word) or len(word.splitlines()) > 1:
                said = _("Send each word by itself.")
                raise invalid(f"groups.{number}.{place}", "value", said)
        if len({" ".join(word.split()) for word in words}) < 2:
            said = _("Write at least two words that mean the same.")
            raise invalid(f"groups.{number}", "required", said)
    return "\n".join(", ".join(words) for words in groups)


def _shown_synonyms() -> dict[str, Any]:
    return {"groups": [list(group.words) for group in SynonymGroup.objects.all()]}
