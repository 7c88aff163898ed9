"""The words that tickets are sorted by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from rules.services import say_tag_otherwise
from tickets.exceptions import BadTag
from tickets.models import Tag
from tickets.services.keeping_tags import delete_tag, open_tickets_of, rename_tag
from tickets.tags import TAG_LENGTH, fold

SHOWN = 200


class TagForm(forms.Form):
    """Its name."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=TAG_LENGTH,
        help_text=gettext_lazy(
            "Tickets, macros, saved views and rules follow. With the name of another tag the two"
            " become one."
        ),
    )


def index(request: HttpRequest) -> HttpResponse:
    """The tags in alphabetical order; with ?q= those that have it in their name."""
    text = request.GET.get("q", "")[:TAG_LENGTH]
    found = Tag.objects.filter(normalized__contains=fold(text)) if text else Tag.objects.all()
    tags = list(found[: SHOWN + 1])
    numbers = open_tickets_of(tags)
    context = {
        "tags": [(tag, numbers.get(tag.pk, 0)) for tag in tags[:SHOWN]],
        "is_more": len(tags) > SHOWN,
        "text": text,
    }
    return render(request, "desk/settings/tags.html", context)


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it is called."""
    tag = access.tag(pk)
    return _page(request, tag, TagForm(initial={"name": tag.name}))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name."""
    tag, form = access.tag(pk), TagForm(request.POST)
    before, was = tag.normalized, tag.name
    if form.is_valid():
        try:
            with transaction.atomic():
                tag = rename_tag(tag, name=form.cleaned_data["name"])
                say_tag_otherwise(before, tag.name)
        except BadTag as refusal:
            form.add_error("name", str(refusal))
    if not form.is_valid():
        return _page(request, access.tag(pk), form, status=422)
    said = _("“%(before)s” is “%(name)s” now.") % {"before": was, "name": tag.name}
    messages.success(request, said)
    return redirect("desk:settings_tags")


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Off all tickets, for good."""
    tag = access.tag(pk)
    delete_tag(tag)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": tag.name})
    return redirect("desk:settings_tags")


def _page(request: HttpRequest, tag: Tag, form: Any, *, status: int = 200) -> HttpResponse:
    number = open_tickets_of([tag]).get(tag.pk, 0)
    context = {"tag": tag, "form": form, "number": number}
    return render(request, "desk/settings/tag.html", context, status=status)
