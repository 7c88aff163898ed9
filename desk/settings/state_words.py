"""What customers read about how far their inquiry is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Language
from desk import access
from desk.settings.history import changes_between
from sla.models import Status
from tickets.models import StateWording
from tickets.services.wording import save_state_words
from tickets.state_words import LANGUAGES, OURS, WORDS, kept_words, words_we_come_with

SHOWN = 50
Words = Mapping[str, str]


class StateWordsForm(forms.Form):
    """A word for each state in each language."""

    def __init__(self, data: Any = None, *, words: Words) -> None:
        super().__init__(data, initial=dict(words))
        for name, ours in words_we_come_with().items():
            self.fields[name] = forms.CharField(
                label=_named(name),
                max_length=StateWording.LONGEST,
                required=False,
                help_text=_("Empty: “%(word)s”") % {"word": ours},
                widget=forms.TextInput(attrs={"lang": name[-2:], "autocomplete": "off"}),
            )

    @property
    def pairs(self) -> list[list[forms.BoundField]]:
        """The fields of each state."""
        return [[self[f"{state}_{language}"] for language in LANGUAGES] for state in OURS]

    @property
    def entered(self) -> dict[str, str]:
        """What stands in the form, good or not."""
        return {name: str(self[name].value() or "")[: StateWording.LONGEST] for name in WORDS}


@dataclass(frozen=True)
class Sample:
    """How all states look in one language."""

    language: str
    in_language: str
    states: list[tuple[str, str]]


@dataclass(frozen=True)
class Entry:
    """What held from then on; `changes` tell it from what held before."""

    pk: int
    since: datetime
    by: Agent | None
    changes: list[str]
    holds: bool


def show(request: HttpRequest) -> HttpResponse:
    """What holds, or what the version named by ?version= says."""
    version = access.state_wording(request.GET.get("version", ""))
    words = model_to_dict(version, fields=WORDS) if version else kept_words()
    return _page(request, StateWordsForm(words=words), version=version)


def preview(request: HttpRequest) -> HttpResponse:
    """The words of the form as customers would see them: a part of the page, or the page with it."""
    form = StateWordsForm(request.POST, words=kept_words())
    if request.headers.get("HX-Request"):
        context = {"samples": _samples(form.entered)}
        return render(request, "desk/settings/_state_words_preview.html", context)
    return _page(request, form)


def update(request: HttpRequest) -> HttpResponse:
    """What customers read from now on."""
    form = StateWordsForm(request.POST, words=kept_words())
    if not form.is_valid():
        return _page(request, form, status=422)
    save_state_words(form.cleaned_data, by=access.agent(request), now=timezone.now())
    messages.success(request, _("Saved. Customers read it like this from now on."))
    return redirect("desk:settings_state_words")


def _page(
    request: HttpRequest,
    form: StateWordsForm,
    *,
    version: StateWording | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "version": version,
        "samples": _samples(form.entered),
        "entries": _history(),
    }
    return render(request, "desk/settings/state_words.html", context, status=status)


def _named(name: str) -> str:
    state, language = name[:-3], name[-2:]
    return _("%(state)s (%(language)s)") % {
        "state": Status(state).label,
        "language": Language(language).label,
    }


def _samples(words: Words) -> list[Sample]:
    shown = _in_force(words)
    return [
        Sample(
            language,
            str(Language(language).label),
            [(state, shown[f"{state}_{language}"]) for state in OURS],
        )
        for language in LANGUAGES
    ]


def _in_force(words: Words) -> dict[str, str]:
    """With ours where there is none."""
    return {
        name: " ".join(words[name].split()) or ours for name, ours in words_we_come_with().items()
    }


def _history() -> list[Entry]:
    """The newest first."""
    versions = StateWording.objects.select_related("changed_by").order_by("-pk")[: SHOWN + 1]
    found = list(versions)
    facts = [_facts(model_to_dict(each, fields=WORDS)) for each in found]
    facts.append(_facts(dict.fromkeys(WORDS, "")))
    return [
        Entry(
            pk=each.pk,
            since=each.changed_at,
            by=each.changed_by,
            changes=changes_between(facts[place + 1], facts[place]),
            holds=place == 0,
        )
        for place, each in enumerate(found[:SHOWN])
    ]


def _facts(words: Words) -> dict[str, str]:
    return {_named(name): word for name, word in _in_force(words).items()}
