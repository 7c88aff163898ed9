"""Putting the tags in order: another name, two that are one, and those that nobody needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from tickets.exceptions import BadTag
from tickets.models import Macro, SavedView, Tag, Ticket
from tickets.queue import QueueFilter
from tickets.tags import fold, tidy

TAGGED = Ticket.tags.through


@transaction.atomic
def rename_tag(tag: Tag, *, name: str) -> Tag:
    """Another name on all its tickets, in macros and in saved views; when there is a tag of that
    name, the two are one from now on, which is returned. What was written in the history stays.
    Raises BadTag."""
    shown = tidy(name)
    folded = fold(shown)
    before = tag.normalized
    other = Tag.objects.exclude(pk=tag.pk).filter(normalized=folded).first()
    if other is not None:
        _merge(tag, into=other)
        tag = other
    else:
        tag.name, tag.normalized = shown, folded
        try:
            with transaction.atomic():
                tag.save()
        except IntegrityError as error:
            raise BadTag(_("This name was given just now. Try again.")) from error
    _say_otherwise(before, tag)
    return tag


@transaction.atomic
def delete_tag(tag: Tag) -> None:
    """It is taken off all its tickets. Macros that set it make it anew."""
    TAGGED.objects.filter(tag=tag)._raw_delete("default")  # noqa: SLF001
    tag.delete()


def open_tickets_of(tags: Collection[Tag]) -> dict[int, int]:
    """How many open tickets each of these tags is on, in one query."""
    on_open = TAGGED.objects.filter(tag__in=tags, ticket__in=Ticket.objects.unresolved())
    rows = on_open.values_list("tag").annotate(number=Count("pk")).order_by()
    return dict(rows)


def _merge(tag: Tag, *, into: Tag) -> None:
    has_both = TAGGED.objects.filter(tag=into).values("ticket")
    TAGGED.objects.filter(tag=tag).exclude(ticket__in=has_both).update(tag=into)
    delete_tag(tag)


def _say_otherwise(before: str, tag: Tag) -> None:
    for macro in Macro.objects.exclude(tags=[]):
        named = [tag.name if fold(each) == before else each for each in macro.tags]
        if named != macro.tags:
            macro.tags = list(dict.fromkeys(named))
            macro.save(update_fields=["tags"])
    for view in SavedView.objects.filter(query__contains="tag="):
        chosen = QueueFilter.parse(view.query)
        if chosen.tag == before:
            view.query = replace(chosen, tag=tag.normalized).query()
            view.save(update_fields=["query"])
