"""What letters to customers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Language
from common.rates import is_within_rate
from desk import access
from desk.macros import example_of
from mail.letter_editing import BadText, checked_text, restore_built_in_text, save_text
from mail.letter_texts import MOST, MOST_IN_SUBJECT, RULES, WORDS, Text, built_in_text, text_of
from mail.letters import Letter, write_to
from mail.models import LetterText, LetterTextVersion
from mail.services import queue_email
from sla.models import Status
from tickets.letters import letter_values
from tickets.models import CustomerTask
from tickets.ratings import Asked

Name = LetterText.Name
SHOWN = 50
TESTS_PER_HOUR = 30
ABOUT = {
    Name.ACKNOWLEDGEMENT: gettext_lazy("As soon as an inquiry has come in. Sent automatically."),
    Name.REPLY: gettext_lazy("Around what an agent writes."),
    Name.HOLDING: gettext_lazy(
        "When a promised time is near and nobody has been in touch. Sent automatically, where the"
        " policy allows it."
    ),
    Name.REMINDER: gettext_lazy("When the customer has not answered. Sent automatically."),
    Name.CLOSING: gettext_lazy(
        "When the customer has not answered any reminder, and we close. Sent automatically."
    ),
    Name.RETURNED: gettext_lazy(
        "When the customer has not answered any reminder, and the policy brings the ticket back to"
        " us. Sent automatically."
    ),
}


class LetterForm(forms.Form):
    """One letter in one language."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=MOST_IN_SUBJECT)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=MOST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 20}),
    )

    def __init__(self, data: Any = None, *, name: str, text: Text) -> None:
        self._name = name
        super().__init__(data, initial={"subject": text.subject, "body": text.body})

    def clean(self) -> dict[str, Any]:
        """Complain of what cannot be kept, at the field where it stands."""
        fields = self.cleaned_data
        if not self.errors:
            try:
                checked_text(self._name, subject=fields["subject"], body=fields["body"])
            except BadText as refusal:
                for field, sentence in refusal.wrong:
                    self.add_error(field, sentence)
        return fields

    @property
    def entered(self) -> Text:
        """What stands in the form, good or not."""
        body = (self["body"].value() or "")[:MOST].replace("\r\n", "\n")
        return Text((self["subject"].value() or "")[:MOST_IN_SUBJECT], body)


@dataclass(frozen=True)
class Line:
    """One letter in one language, in the list."""

    name: str
    language: str
    in_language: str
    kept: LetterText | None


@dataclass(frozen=True)
class Entry:
    """What a letter said from then on; `version` is none for what we come with."""

    version: LetterTextVersion | None
    text: Text
    holds: bool


def index(request: HttpRequest) -> HttpResponse:
    """All letters to customers, and which of them somebody has changed."""
    kept = {(each.name, each.language): each for each in _kept()}
    groups = [
        (
            name.label,
            ABOUT[name],
            [Line(name, each, each.label, kept.get((name, each))) for each in Language],
        )
        for name in Name
    ]
    return render(request, "desk/settings/letters.html", {"groups": groups})


def show(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """The letter as it is, or as the version named by ?version= was."""
    _check_is_known(name, language)
    version = access.letter_version(name, language, request.GET.get("version", ""))
    text = Text(version.subject, version.body) if version else text_of(name, language)
    return _page(request, name, language, LetterForm(name=name, text=text), version=version)


def update(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """Change it. Letters that are written from now on follow."""
    form = _bound(request, name, language)
    if not form.is_valid():
        return _page(request, name, language, form, status=422)
    entered = form.entered
    save_text(name, language, subject=entered.subject, body=entered.body, by=access.agent(request))
    messages.success(request, _("Saved. Letters that are written from now on say this."))
    return redirect("desk:settings_letter", name=name, language=language)


def preview(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """The letter as a customer would get it: a part of the page, or the page with it."""
    form = _bound(request, name, language)
    letter = _example(name, form.entered, request, language)
    if request.headers.get("HX-Request"):
        context = {"letter": letter, "form": form, "language": language}
        return render(request, "desk/settings/_letter_preview.html", context)
    return _page(request, name, language, form, letter=letter)


def create_test(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """Send the letter that stands in the form to whoever asks for it, and to nobody else."""
    form, agent = _bound(request, name, language), access.agent(request)
    if not form.is_valid():
        return _page(request, name, language, form, status=422)
    if is_within_rate("letter_test", str(agent.pk), limit=TESTS_PER_HOUR, seconds=3600):
        _send_test(_example(name, form.entered, request, language), agent, language=language)
        messages.success(
            request,
            _("A test is on its way to %(email)s. Nothing has been saved.")
            % {"email": agent.email},
        )
    else:
        messages.error(request, _("These were many tests. Try again in an hour."))
    return _page(request, name, language, form)


def restore(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """Go back to the text we come with."""
    _check_is_known(name, language)
    restore_built_in_text(name, language, by=access.agent(request))
    messages.success(request, _("The letter says again what it said in the beginning."))
    return redirect("desk:settings_letter", name=name, language=language)


def _check_is_known(name: str, language: str) -> None:
    if name not in Name.values or language not in Language.values:
        raise Http404


def _bound(request: HttpRequest, name: str, language: str) -> LetterForm:
    _check_is_known(name, language)
    return LetterForm(request.POST, name=name, text=text_of(name, language))


def _kept(**which: str) -> Sequence[LetterText]:
    return list(LetterText.objects.filter(**which).select_related("changed_by"))


def _page(
    request: HttpRequest,
    name: str,
    language: str,
    form: LetterForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "name": name,
        "label": Name(name).label,
        "about": ABOUT[Name(name)],
        "language": language,
        "in_language": Language(language).label,
        "form": form,
        "kept": next(iter(_kept(name=name, language=language)), None),
        "placeholders": _placeholders(name),
        "entries": _history(name, language),
        **more,
    }
    return render(request, "desk/settings/letter.html", context, status=status)


def _history(name: str, language: str) -> list[Entry]:
    """The newest first; the last is what we come with."""
    versions = LetterTextVersion.objects.filter(name=name, language=language)
    built_in = built_in_text(name, language)
    entries = [
        Entry(
            version=each,
            text=built_in if each.is_built_in else Text(each.subject, each.body),
            holds=place == 0,
        )
        for place, each in enumerate(versions.select_related("changed_by").order_by("-pk")[:SHOWN])
    ]
    return [*entries, Entry(None, built_in, holds=False)] if entries else []


def _example(name: str, text: Text, request: HttpRequest, language: str) -> Letter:
    """The letter about a ticket that there is not."""
    agent, now = access.agent(request), timezone.now()
    with translation.override(language):
        ticket = example_of(language)
        told = {"agent": agent, "body": _("Thank you for waiting. We are looking into it.")}
    ticket.status, ticket.next_contact_at = Status.OPEN, _tomorrow(now)
    values = letter_values(
        ticket,
        name,
        link=f"{settings.BASE_URL}/r/{'x' * 32}/",
        context={
            **told,
            "promised_at": now,
            "thing": CustomerTask(thing=_("Tell us the serial number"), needed_on=now.date()),
            "rating": Asked(url=f"{settings.BASE_URL}/rating/12.xxxx/", is_about_effort=False),
        },
    )
    return write_to(name, values, language=language, text=text)


def _tomorrow(now: datetime) -> datetime:
    """A time as one would promise it."""
    return (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)


@transaction.atomic
def _send_test(letter: Letter, agent: Agent, *, language: str) -> None:
    subject = _("[Test] %(subject)s") % {"subject": letter.subject}
    queue_email(
        to=agent.email,
        letter=Letter(subject, letter.text, html=letter.html),
        dedupe_key=f"letter_test:{uuid4().hex}",
        language=language,
        now=timezone.now(),
        headers={"Auto-Submitted": "auto-generated"},
    )


def _placeholders(name: str) -> list[tuple[str, str, str, bool]]:
    """What may stand in this letter: in Japanese and in English, what it becomes, whether it must."""
    meanings = {
        "customer": _("the customer's name"),
        "number": _("the ticket's number"),
        "subject": _("the subject"),
        "agent": _("the name of who writes"),
        "brand": _("the name of this desk"),
        "link": _("the address of the customer's own page"),
        "promise": _(
            "a whole sentence: when they hear from us next, that we wait for them, or that it is"
            " solved; in the customer's time zone"
        ),
        "earlier": _("the time that was promised before"),
        "body": _("what the agent writes; on a line of its own"),
        "signature": _("the signature of the agent or the team"),
        "thing": _("what the customer is asked to do, and by when, if that was named"),
        "rating": _("the question how it was, with its links, when it is solved; not each time"),
    }
    rules = RULES[name]
    return [
        (WORDS.shown(each, "ja"), WORDS.shown(each, "en"), meanings[each], each in rules.required)
        for each in meanings
        if each in rules.allowed
    ]
