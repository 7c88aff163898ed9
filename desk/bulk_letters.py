"""One letter to many customers: what is asked for, who gets it, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from common.numbers import whole_number
from common.templatetags.ui import instant
from customers.models import ContactPoint
from desk.forms import wall_time_field
from sla.notation import write_duration
from tickets.exceptions import TicketError
from tickets.macros import ready_to_send, unknown_placeholders
from tickets.models import Ending, Macro, Ticket, TicketQuerySet
from tickets.services.bulk_ways import promise_of_letter
from tickets.services.replying import Outcome, check_outcome

MOST_LETTERS = 200
PREVIEWED = 3
HOUR = 3600
AFTER = (2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR)
OTHER = "other"
SENT_ON = ("text", "ending", "promise", "promise_other", "macro")
ENDINGS = [
    (Ending.PROMISE, _("The tickets stay open, and the next contact is promised")),
    (Ending.ASK, _("The tickets wait for the customer")),
    (Ending.SOLVE, _("The tickets are resolved")),
]


class LetterForm(forms.Form):
    """What every customer is told, and how it ends. `macro` is the one whose changes go with it."""

    text = forms.CharField(
        label=_("Letter"),
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={"required": _("Write the letter first.")},
    )
    ending = forms.ChoiceField(
        label=_("What becomes of the tickets"),
        choices=ENDINGS,
        initial=Ending.PROMISE,
        widget=forms.RadioSelect,
    )
    promise = forms.ChoiceField(label=_("Next contact"), required=False)
    promise_other = wall_time_field(_("Another time"))
    macro = forms.IntegerField(required=False, widget=forms.HiddenInput)
    submission_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, macros: Iterable[Macro]) -> None:
        super().__init__(data)
        self._macros = {macro.pk: macro for macro in macros}
        field = self.fields["promise"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = self._promises()

    def _promises(self) -> list[tuple[str, Any]]:
        of_macros = {
            int(macro.promise_after.total_seconds())
            for macro in self._macros.values()
            if macro.promise_after
        }
        words = gettext("in %(duration)s of working time")
        return [
            ("", _("As the policy of each ticket says")),
            *(
                (str(seconds), words % {"duration": write_duration(seconds)})
                for seconds in sorted({*AFTER, *of_macros})
            ),
            (OTHER, _("Another time, the same for all")),
        ]

    @cached_property
    def key(self) -> UUID:
        """The key under which it is sent once."""
        try:
            return UUID(self.data.get("submission_key", ""))
        except ValueError:
            return uuid4()

    @property
    def sent(self) -> list[tuple[str, str]]:
        """What was sent, to be sent on."""
        return [(name, self.data.get(name, "")) for name in SENT_ON]

    @property
    def macro_used(self) -> Macro | None:
        """The macro that it began with."""
        return self._macros.get(self.cleaned_data.get("macro") or 0)

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if unknown := unknown_placeholders(text):
            raise forms.ValidationError(
                _("“%(placeholder)s” is none of the placeholders.")
                % {"placeholder": unknown[0][:60]}
            )
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("promise") != OTHER or cleaned.get("ending") == Ending.SOLVE:
            cleaned["promise_other"] = None
        elif cleaned.get("promise_other") is None and "promise_other" not in self.errors:
            self.add_error("promise_other", _("Say when the customer will hear from you next."))
        self._check_time(cleaned.get("promise_other"))
        return cleaned

    def _check_time(self, promise_at: datetime | None) -> None:
        if promise_at is None:
            return
        try:
            check_outcome(Outcome(promise_at=promise_at), now=timezone.now())
        except TicketError as refusal:
            self.add_error("promise_other", str(refusal))

    def facts(self) -> dict[str, Any]:
        """As tickets.services.bulk_ways wants them, but for whose words its writer has seen."""
        chosen, macro = self.cleaned_data, self.macro_used
        promise_at = chosen["promise_other"]
        return {
            "text": chosen["text"],
            "ending": chosen["ending"],
            "after": int(chosen["promise"]) if chosen["promise"] not in {"", OTHER} else None,
            "at": promise_at.isoformat() if promise_at else "",
            "macro": macro.name if macro else "",
            "tags": macro.tags if macro else [],
            "priority": macro.priority if macro else "",
        }


def as_sent(macro: Macro) -> dict[str, Any]:
    """A macro as the form would bring it."""
    after = int(macro.promise_after.total_seconds()) if macro.promise_after else ""
    return {
        "text": macro.body,
        "ending": macro.ending or Ending.PROMISE,
        "promise": str(after),
        "macro": str(macro.pk),
    }


@dataclass(frozen=True)
class Example:
    """The letter as one customer would get it; or why they would not."""

    ticket: Ticket
    text: str
    refusal: str


@dataclass(frozen=True)
class Recipients:
    """The tickets that were chosen: `tickets` get the letter, the others are only counted."""

    tickets: list[Ticket]
    resolved: int
    without_address: int

    @classmethod
    def of(cls, chosen: TicketQuerySet) -> Recipients:
        """In two queries."""
        everybody = list(chosen.select_related("customer", "clock", "team").order_by("pk"))
        emails = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL)
        reached = set(
            emails.filter(customer__tickets__in=everybody).values_list("customer", flat=True)
        )
        still_open = [ticket for ticket in everybody if ticket.is_unresolved]
        tickets = [each for each in still_open if each.reply_address or each.customer_id in reached]
        return cls(
            tickets=tickets,
            resolved=len(everybody) - len(still_open),
            without_address=len(still_open) - len(tickets),
        )

    @property
    def seen(self) -> list[str]:
        """What has been said on each so far, as the page brings it back."""
        return [f"{ticket.pk}:{ticket.entry_count}" for ticket in self.tickets]

    def examples(self, facts: Mapping[str, Any], *, agent: Agent, now: datetime) -> list[Example]:
        """The first of them."""
        return [_example(each, facts, agent=agent, now=now) for each in self.tickets[:PREVIEWED]]

    def sentences(self, form: LetterForm, *, now: datetime) -> list[str]:
        """All that would happen, in words."""
        told = [_who_gets_it(self.tickets), *self._who_does_not()]
        if not self.tickets:
            return told
        facts = form.facts()
        told.append(_ending(facts["ending"]))
        told += _next_contact(self.tickets, facts, now=now)
        macro = form.macro_used
        if macro is not None and macro.changes:
            told.append(gettext("The macro changes %(changes)s") % {"changes": macro.changes})
        if macro is not None and macro.language:
            told += _other_language(self.tickets, macro)
        return told

    def _who_does_not(self) -> list[str]:
        without, resolved = self.without_address, self.resolved
        told = []
        if without:
            told.append(
                ngettext(
                    "%(number)s ticket has no address and gets none.",
                    "%(number)s tickets have no address and get none.",
                    without,
                )
                % {"number": without}
            )
        if resolved:
            told.append(
                ngettext(
                    "%(number)s is resolved and stays as it is.",
                    "%(number)s are resolved and stay as they are.",
                    resolved,
                )
                % {"number": resolved}
            )
        return told


def read_seen(texts: Iterable[str]) -> dict[str, int]:
    """What the page brought back; what it did not write is left out, and so no letter is sent."""
    pairs = (text.partition(":") for text in texts)
    return {
        pk: number
        for pk, _colon, count in pairs
        if (number := whole_number(count, longest=9)) is not None
    }


def _example(ticket: Ticket, facts: Mapping[str, Any], *, agent: Agent, now: datetime) -> Example:
    promise_at = promise_of_letter(ticket, facts, now)
    try:
        text = ready_to_send(facts["text"], ticket, agent=agent, promise_at=promise_at)
    except TicketError as refusal:
        return Example(ticket, "", str(refusal))
    return Example(ticket, text, "")


def _who_gets_it(tickets: list[Ticket]) -> str:
    customers = len({ticket.customer_id for ticket in tickets})
    words = {"number": customers, "letters": len(tickets)}
    if customers == len(tickets):
        return (
            ngettext(
                "%(number)s customer gets this letter.",
                "%(number)s customers get this letter.",
                customers,
            )
            % words
        )
    return (
        ngettext(
            "%(number)s customer gets %(letters)s letters: one for each of their tickets.",
            "%(number)s customers get %(letters)s letters: some have several tickets, and each"
            " ticket gets its own.",
            customers,
        )
        % words
    )


def _ending(ending: str) -> str:
    return {
        Ending.PROMISE: gettext("The tickets stay open."),
        Ending.ASK: gettext("The tickets then wait for the customer."),
        Ending.SOLVE: gettext("The tickets are resolved with it."),
    }[Ending(ending)]


def _next_contact(tickets: list[Ticket], facts: Mapping[str, Any], *, now: datetime) -> list[str]:
    promises = [promise_of_letter(ticket, facts, now) for ticket in tickets]
    times = sorted(each for each in promises if each is not None)
    if not times:
        return []
    first, last = instant(times[0]), instant(times[-1])
    if first == last:
        return [gettext("The next contact is promised by %(when)s.") % {"when": first}]
    words = gettext(
        "The next contact is promised by %(first)s at the earliest, %(last)s at the latest."
    )
    return [words % {"first": first, "last": last}]


def _other_language(tickets: list[Ticket], macro: Macro) -> list[str]:
    number = sum(ticket.language != macro.language for ticket in tickets)
    if not number:
        return []
    words = ngettext(
        "%(number)s customer reads another language than this macro is for.",
        "%(number)s customers read another language than this macro is for.",
        number,
    )
    return [words % {"number": number}]
