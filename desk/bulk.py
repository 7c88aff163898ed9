"""What is about to be done to many tickets, or has been, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Agent
from common.numbers import whole_number
from desk.filtering import Choices
from sla.models import UNRESOLVED, Priority, Status
from tickets.exceptions import BadTag
from tickets.models import BulkChange, BulkItem, Ticket, TicketQuerySet
from tickets.queue import QueueFilter
from tickets.services.bulk_ways import UNDO_FOR, WAYS
from tickets.services.handling import REASON_LENGTH
from tickets.tags import distinct, split

Action = BulkChange.Action
Outcome = BulkItem.Outcome
MOST_TICKED = 200
STATUSES = (Status.OPEN, Status.PENDING_CUSTOMER, Status.ON_HOLD)


class BulkForm(forms.Form):
    """One thing to do, as the bar's buttons say it: "priority:high", "assign:3", "resolve"."""

    do = forms.CharField(max_length=60)
    tags = forms.CharField(required=False, max_length=1000)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)
    # The number of the ticket that goes on.
    into = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)

    def __init__(self, data: Any, *, choices: Choices) -> None:
        super().__init__(data)
        self.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        action, _colon, value = cleaned.get("do", "").partition(":")
        try:
            cleaned["facts"] = self._facts(action, value)
        except (KeyError, ValueError) as error:
            raise forms.ValidationError(_("Choose what to do from the bar.")) from error
        except BadTag as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        cleaned["action"] = action
        return cleaned

    def _facts(self, action: str, value: str) -> dict[str, Any]:
        """What the action needs. Raises KeyError or ValueError for what is not on offer."""
        if action == Action.ASSIGN:
            return (
                {"to": int(value), "name": self.choices.people[int(value)]}
                if value
                else {"to": None}
            )
        if action == Action.STATUS:
            return {"status": self._status(value), "reason": self.cleaned_data.get("reason", "")}
        if action == Action.PRIORITY:
            return {"priority": Priority(value).value}
        if action in {Action.TAG, Action.UNTAG}:
            return {"tags": self._tags()}
        return {Action.RESOLVE: {}, Action.MERGE: {}}[Action(action)]

    def _status(self, value: str) -> str:
        status = Status(value)
        if status not in STATUSES:
            raise ValueError(value)
        if status == Status.ON_HOLD and not self.cleaned_data.get("reason"):
            raise forms.ValidationError(_("Say what the tickets wait for."))
        return status.value

    def _tags(self) -> list[str]:
        names = list(distinct(split(self.cleaned_data.get("tags", ""))).values())
        if not names:
            raise forms.ValidationError(_("Name the tags."))
        return names


@dataclass(frozen=True)
class Selection:
    """The tickets that were ticked, or all of the list."""

    numbers: tuple[int, ...]
    is_all: bool
    chosen: QueueFilter

    @classmethod
    def read(cls, sent: QueryDict) -> Selection:
        """From the bar; what is no number was not ticked there."""
        ticked = map(whole_number, sent.getlist("ticket")[:MOST_TICKED])
        return cls(
            numbers=tuple(number for number in ticked if number is not None),
            is_all=sent.get("all") == "yes",
            chosen=QueueFilter.parse(sent.get("from", "")),
        )

    def tickets(self, agent: Agent, *, now: datetime) -> TicketQuerySet:
        """Those of them that this agent may see and that are not merged away."""
        if self.is_all:
            # By their keys: conditions on what is joined must not meet those of the count.
            keys = self.chosen.tickets(agent, now=now).values("pk")
            found = Ticket.objects.filter(pk__in=keys)
        else:
            found = Ticket.objects.visible_to(agent).filter(number__in=self.numbers)
        return found.exclude(status=Status.MERGED)


@dataclass(frozen=True)
class Preview:
    """How many tickets will change, and why others stay as they are."""

    changing: int
    resolved: int
    same: int
    sentences: list[str]


def preview(tickets: TicketQuerySet, *, action: str, facts: dict[str, Any]) -> Preview:
    """What would happen, in one query."""
    is_open = Q(status__in=UNRESOLVED)
    eligible = is_open if WAYS[action].only_open else Q()
    differs = ~Q(**_already(action, facts)) if _already(action, facts) else Q()
    counts = tickets.aggregate(
        total=Count("pk"),
        eligible=Count("pk", filter=eligible),
        changing=Count("pk", filter=eligible & differs),
    )
    changing, eligible_count = counts["changing"], counts["eligible"]
    resolved, same = counts["total"] - eligible_count, eligible_count - changing
    sentences = [effect(action, facts, changing)]
    if action == Action.ASSIGN:
        sentences.append(
            _("No brief is written. Where somebody has worked already, hand over one by one.")
        )
    if resolved:
        sentences.append(
            ngettext(
                "%(number)s is resolved and stays as it is.",
                "%(number)s are resolved and stay as they are.",
                resolved,
            )
            % {"number": resolved}
        )
    if same:
        sentences.append(
            ngettext("%(number)s is so already.", "%(number)s are so already.", same)
            % {"number": same}
        )
    return Preview(changing=changing, resolved=resolved, same=same, sentences=sentences)


def _already(action: str, facts: dict[str, Any]) -> dict[str, Any]:
    """What a ticket is like to which nothing needs to be done."""
    if action == Action.ASSIGN:
        return {"assignee": facts["to"]}
    if action == Action.PRIORITY:
        return {"priority": facts["priority"]}
    if action == Action.STATUS:
        return {"status": facts["status"], "hold_reason": facts["reason"]}
    return {}


def effect(action: str, facts: dict[str, Any], number: int) -> str:
    """What happens to so many tickets, as a sentence."""
    words = {
        "number": number,
        "name": facts.get("name", ""),
        "priority": Priority(facts["priority"]).label if facts.get("priority") else "",
        "state": Status(facts["status"]).label if "status" in facts else "",
        "tags": ", ".join(facts.get("tags", ())),
        "into": facts.get("number", ""),
    }
    if action == Action.ASSIGN and facts["to"] is None:
        return (
            ngettext(
                "%(number)s ticket goes back to its team.",
                "%(number)s tickets go back to their teams.",
                number,
            )
            % words
        )
    return _effects(number)[action] % words


def _effects(number: int) -> dict[str, str]:
    return {
        Action.ASSIGN: ngettext(
            "%(number)s ticket is assigned to %(name)s.",
            "%(number)s tickets are assigned to %(name)s.",
            number,
        ),
        Action.STATUS: ngettext(
            "%(number)s ticket gets the state %(state)s.",
            "%(number)s tickets get the state %(state)s.",
            number,
        ),
        Action.PRIORITY: ngettext(
            "%(number)s ticket gets priority %(priority)s.",
            "%(number)s tickets get priority %(priority)s.",
            number,
        ),
        Action.TAG: ngettext(
            "%(number)s ticket gets the tags: %(tags)s",
            "%(number)s tickets get the tags: %(tags)s",
            number,
        ),
        Action.UNTAG: ngettext(
            "%(number)s ticket loses the tags: %(tags)s",
            "%(number)s tickets lose the tags: %(tags)s",
            number,
        ),
        Action.RESOLVE: ngettext(
            "%(number)s ticket is resolved without a letter.",
            "%(number)s tickets are resolved without a letter.",
            number,
        ),
        Action.REPLY: ngettext(
            "%(number)s letter is written.",
            "%(number)s letters are written.",
            number,
        ),
        Action.MERGE: ngettext(
            "%(number)s ticket goes on as #%(into)s.",
            "%(number)s tickets go on as #%(into)s.",
            number,
        ),
    }


@dataclass(frozen=True)
class Progress:
    """How far a bulk change has come."""

    change: BulkChange
    total: int
    over: int
    number: dict[str, int]
    is_undoable: bool

    @classmethod
    def of(cls, change: BulkChange) -> Progress:
        """Counted in one query."""
        number = dict.fromkeys(Outcome.values, 0)
        number |= dict(change.items.values_list("outcome").annotate(number=Count("pk")))
        total = sum(number.values())
        waiting = number[Outcome.DONE if change.undone_at else Outcome.WAITING]
        return cls(
            change=change,
            total=total,
            over=total if change.finished_at else total - waiting,
            number=number,
            is_undoable=is_undoable(change) and bool(number[Outcome.DONE]),
        )

    @property
    def said(self) -> str:
        """What has happened so far."""
        done = self.number[Outcome.DONE]
        if self.change.undone_at is None:
            return effect(self.change.action, self.change.facts, done)
        undone = self.number[Outcome.UNDONE]
        return ngettext(
            "%(number)s ticket is as it was before.",
            "%(number)s tickets are as they were before.",
            undone,
        ) % {"number": undone}


def is_undoable(change: BulkChange) -> bool:
    """Done, not undone yet, and not too long ago."""
    return (
        change.undone_at is None
        and change.finished_at is not None
        and timezone.now() - change.finished_at <= UNDO_FOR
    )


def latest_undoable(agent: Agent) -> Progress | None:
    """What this agent did in bulk just now."""
    change = BulkChange.objects.filter(agent=agent).order_by("-started_at").first()
    return Progress.of(change) if change is not None and is_undoable(change) else None
