"""Collections, and words that mean the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from common.positions import move_within
from knowledge.exceptions import ArticleError, Overtaken
from knowledge.models import Collection, SynonymGroup
from knowledge.selectors import MOST_COLLECTIONS, forget_synonyms
from knowledge.services.writing import SLUG

MOST_GROUPS = 300
MOST_WORDS = 20
LONGEST_WORD = 40
# Addresses below /help/ that are no collections.
TAKEN = frozenset({"articles", "suggestions"})
BETWEEN = re.compile(r"[,、，;；=＝|\t]+")


@transaction.atomic
def save_collection(collection: Collection, *, values: Mapping[str, Any]) -> Collection:
    """Keep a collection with these values; a new one comes last. Its address never changes.

    Raises ArticleError without a name, and for an address that is taken or none.
    """
    slug = collection.slug
    for name, value in values.items():
        setattr(collection, name, value)
    if not (collection.name_ja or collection.name_en):
        raise ArticleError(_("Give it a name in at least one language."), field="name_ja")
    if collection.pk:
        collection.slug = slug
    else:
        _begin(collection)
    try:
        with transaction.atomic():
            collection.save()
    except IntegrityError as error:
        sentence = _("There is a collection at the address “%(slug)s” already.")
        raise ArticleError(sentence % {"slug": collection.slug}, field="slug") from error
    return collection


@transaction.atomic
def delete_collection(collection: Collection) -> None:
    """For good. Raises ArticleError when articles stand in it."""
    try:
        collection.delete()
    except ProtectedError as error:
        raise ArticleError(_("Articles stand in this collection. Move them first.")) from error


@transaction.atomic
def move_collection(collection: Collection, *, by: int) -> None:
    """One place up (-1) or down (1)."""
    move_within(Collection.objects.all(), collection, by=by)


def written_synonyms() -> str:
    """All groups, one in each line."""
    return "\n".join(", ".join(group.words) for group in SynonymGroup.objects.all())


@transaction.atomic
def save_synonyms(text: str, *, seen: str) -> None:
    """Keep these groups, one in each line, instead of those that were `seen`. Raises Overtaken when
    there are others by now, and ArticleError for what is too long."""
    groups = [_words(line) for line in text.splitlines()]
    groups = [words for words in groups if words]
    if len(groups) > MOST_GROUPS:
        raise ArticleError(_("There may be at most %(most)s lines.") % {"most": MOST_GROUPS})
    list(SynonymGroup.objects.select_for_update())
    if written_synonyms() != seen:
        raise Overtaken(_("Somebody has changed the synonyms since you opened this page."))
    SynonymGroup.objects.all().delete()
    SynonymGroup.objects.bulk_create(
        SynonymGroup(words=words, position=position) for position, words in enumerate(groups)
    )
    forget_synonyms()
    transaction.on_commit(forget_synonyms)


def _words(line: str) -> list[str]:
    words = list(dict.fromkeys(filter(None, (" ".join(w.split()) for w in BETWEEN.split(line)))))
    if len(words) == 1:
        sentence = _("“%(word)s” stands alone. Write at least two words in a line.")
        raise ArticleError(sentence % {"word": words[0][:LONGEST_WORD]}, field="words")
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise ArticleError(_("A line has at most 20 words of 40 characters each."), field="words")
    return words


def _begin(collection: Collection) -> None:
    if Collection.objects.count() >= MOST_COLLECTIONS:
        raise ArticleError(
            _("There are %(most)s already. Delete one first.") % {"most": MOST_COLLECTIONS}
        )
    last = Collection.objects.aggregate(position=Max("position"), pk=Max("pk"))
    collection.position = (last["position"] or 0) + 1
    made = slugify(collection.name_en)[:40].strip("-_").replace("_", "-")
    if not made or made in TAKEN or Collection.objects.filter(slug=made).exists():
        made = f"{made or 'collection'}-{(last['pk'] or 0) + 1}"
    collection.slug = collection.slug or made
    if not SLUG.fullmatch(collection.slug) or collection.slug in TAKEN:
        raise ArticleError(
            _("An address consists of small Latin letters and digits, with hyphens between them."),
            field="slug",
        )
