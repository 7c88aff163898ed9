"""What was changed of a mailbox, by whom and when; of secrets only that they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.numbers import whole_number
from mail.models import Mailbox, MailboxChange

SHOWN = 20
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Entry:
    """One change, a sentence for each field."""

    at: datetime
    by: Agent | None
    provider: str
    changes: list[str]


@dataclass(frozen=True)
class ChangeHistory:
    """A page of changes, the newest first; page 1 is the newest."""

    entries: list[Entry]
    page: int
    has_older: bool

    @property
    def newer(self) -> str:
        """The query of the page with newer changes; empty on the first."""
        return f"?page={self.page - 1}#changes" if self.page > 1 else ""

    @property
    def older(self) -> str:
        return f"?page={self.page + 1}#changes" if self.has_older else ""


def history_of_mailbox(
    mailbox: Mailbox, provider: str, form: forms.Form, *, page: int
) -> ChangeHistory:
    """Its own changes, and those of the application that it is signed in to with."""
    which = Q(mailbox=mailbox) | (Q(provider=provider) if provider else Q(pk=None))
    return _history(MailboxChange.objects.filter(which), form, page=page)


def history_of_app(provider: str, form: forms.Form, *, page: int) -> ChangeHistory:
    """The changes of the application at one provider."""
    return _history(MailboxChange.objects.filter(provider=provider), form, page=page)


def page_number(request: HttpRequest) -> int:
    """The page that the address asks for; the first when it asks for none."""
    asked = whole_number(request.GET.get("page"), longest=5)
    return min(max(1, asked or 1), MOST_PAGES)


def _history(changes: QuerySet[MailboxChange], form: forms.Form, *, page: int) -> ChangeHistory:
    start = (page - 1) * SHOWN
    newest = changes.select_related("changed_by").order_by("-changed_at", "-pk")
    found = list(newest[start : start + SHOWN + 1])
    entries = [
        Entry(
            at=change.changed_at,
            by=change.changed_by,
            provider=change.get_provider_display(),
            changes=[_sentence(form, *each) for each in change.changes],
        )
        for change in found[:SHOWN]
    ]
    return ChangeHistory(entries, page=page, has_older=len(found) > SHOWN)


def _sentence(form: forms.Form, name: str, *values: Any) -> str:
    field = form.fields.get(name)
    what = str(field.label) if field else str(_names().get(name, name))
    if name == "created":
        return _("created")
    if not values:
        return _("%(what)s: changed") % {"what": what}
    before, after = (_word(field, value) for value in values)
    return _("%(what)s: %(before)s → %(after)s") % {
        "what": what,
        "before": before,
        "after": after,
    }


def _names() -> Mapping[str, str]:
    """What has no field in every form."""
    return {
        "signed_in_as": _("Signed in as"),
        "app_id": _("Client ID"),
        "app_secret": _("Client secret"),
        "tenant": _("Tenant"),
    }


def _word(field: forms.Field | None, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    choices: dict[Any, Any] = {}
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        choices = dict(field.choices)  # type: ignore[arg-type]
    return str(choices.get(value, value)) or _("none")
