"""What a rule may do to a ticket: each thing through the service that an agent uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Notification, Team
from accounts.selectors import people_of_teams
from integrations.models import Webhook
from integrations.services import tell_by_rule
from rules.conditions import NOBODY, people, teams
from rules.exceptions import BadRule
from sla.models import Priority, Status
from tickets.exceptions import BadTag, CannotBeMoved
from tickets.macros import filled
from tickets.models import BulkChange, Macro, Ticket
from tickets.services.bulk_ways import WAYS, Batch
from tickets.services.drafting import begin_with_macro
from tickets.services.handing_over import Brief, hand_over, needs_brief
from tickets.services.macros import apply_changes
from tickets.services.recording import tell_agents
from tickets.services.replying import add_note
from tickets.tags import distinct, split

Words = str | Promise
# As it is kept: what is done, and with what.
Act = Mapping[str, str]
Facts = dict[str, Any]
Todo = BulkChange.Action
MOST_ACTIONS = 10
LONGEST_VALUE = 2000
ASSIGNEE, LEADS = "assignee", "leads"
RESOLVE = "resolve"


@dataclass(frozen=True)
class Doing:
    """One thing that may be done.

    `do` gets the held ticket and the value. `remember` says what of the ticket it changes, and
    `undo` makes it that again; without it what was done stays done. With `choices` the value is one
    of their keys; otherwise it is typed, in a large box if it `is_long`.
    """

    label: Words
    said: Words  # as a part of a sentence, with %(value)s
    do: Callable[[Ticket, str, Batch], Ticket]
    remember: Callable[[Ticket], Facts] = lambda _ticket: {}
    undo: Callable[[Ticket, Facts, Batch], Ticket] | None = None
    choices: Callable[[], Mapping[str, str]] | None = None
    is_long: bool = False
    only_open: bool = True

    def in_words(self, value: str) -> str:
        """What is done, as a part of a sentence in the active language."""
        shown = self.choices().get(value, gettext("(no longer there)")) if self.choices else value
        return str(self.said) % {"value": shown}


def check(actions: Sequence[Act]) -> None:
    """Raises BadRule for what cannot be done, and for a rule that does nothing."""
    if not 0 < len(actions) <= MOST_ACTIONS:
        raise BadRule(
            gettext("A rule does at least one thing, and at most %(most)s.")
            % {"most": MOST_ACTIONS},
            field="actions",
        )
    for action in actions:
        doing = DOINGS.get(action["do"])
        if doing is None:
            raise BadRule(gettext("Choose what is to be done."), field="actions")
        try:
            _check_value(doing, action)
        except (BadTag, BadRule) as refusal:
            raise BadRule(f"{doing.label}: {refusal}", field="actions") from refusal


def _check_value(doing: Doing, action: Act) -> None:
    value = action["value"].strip()
    if doing.choices and value not in doing.choices():
        raise BadRule(gettext("Choose one from the list."))
    if not value or len(value) > LONGEST_VALUE:
        raise BadRule(gettext("Say with what."))
    if action["do"] in {"tag", "untag"} and not distinct(split(value)):
        raise BadRule(gettext("Say with what."))


# What there is --------------------------------------------------------------------------------


def _assign(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    to = None if value == NOBODY else int(value)
    return WAYS[Todo.ASSIGN].do(ticket, {"to": to}, batch)


def _hand_over(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    team = Team.objects.get(pk=int(value))
    rule = batch.change.query
    brief = Brief(
        problem=ticket.subject, next_step=gettext("Moved by the rule “%(rule)s”.") % {"rule": rule}
    )
    needed = needs_brief(ticket, to=None, team=team, by=batch.by)
    return hand_over(ticket, team=team, brief=brief if needed else None, by=batch.by, now=batch.now)


def _priority(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    return WAYS[Todo.PRIORITY].do(ticket, {"priority": value}, batch)


def _move(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    if value == RESOLVE:
        return WAYS[Todo.RESOLVE].do(ticket, {}, batch)
    return WAYS[Todo.STATUS].do(ticket, {"status": value, "reason": ""}, batch)


def _hold(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    return WAYS[Todo.STATUS].do(ticket, {"status": Status.ON_HOLD, "reason": value}, batch)


def _move_back(ticket: Ticket, facts: Facts, batch: Batch) -> Ticket:
    way = WAYS[Todo.STATUS] if ticket.is_unresolved else WAYS[Todo.RESOLVE]
    return way.undo(ticket, facts, batch)


def _tag(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    return WAYS[Todo.TAG].do(ticket, {"tags": split(value)}, batch)


def _untag(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    return WAYS[Todo.UNTAG].do(ticket, {"tags": split(value)}, batch)


def _note(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    body = filled(value, ticket, agent=batch.by, promise_at=ticket.next_contact_at)
    assert batch.change.submission_key is not None, "rules.running gives it one"  # noqa: S101
    key = uuid5(batch.change.submission_key, body)
    add_note(ticket, body=body, agent=batch.by, submission_key=key, now=batch.now)
    return ticket


def _tell(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    told = _told(ticket, value)
    tell_agents(
        ticket,
        told,
        kind=Notification.Kind.RULE,
        key=f"rule:{batch.change.submission_key}",
        now=batch.now,
        facts={"rule": batch.change.query},
        mail_after=batch.now,
    )
    return ticket


def _told(ticket: Ticket, value: str) -> list[int]:
    """The assignee, or who leads the team; without one the other."""
    leads = people_of_teams([ticket.team_id])[ticket.team_id].leads
    if value == ASSIGNEE:
        return [ticket.assignee_id] if ticket.assignee_id else list(leads)
    return list(leads) if value == LEADS else [int(value)]


def _macro(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    """Its tags and priority; its text waits in the reply box of whoever has the ticket."""
    macro = Macro.objects.filter(pk=int(value)).first()
    if macro is None:
        raise CannotBeMoved(gettext("This macro is no longer there."))
    apply_changes(ticket, [macro], by=batch.by, now=batch.now)
    if ticket.assignee is not None:
        body = filled(macro.body, ticket, agent=ticket.assignee)
        begin_with_macro(
            ticket, macro, body=body, promise_at=None, agent=ticket.assignee, now=batch.now
        )
    return ticket


def _webhook(ticket: Ticket, value: str, batch: Batch) -> Ticket:
    webhook = _endpoints().filter(pk=int(value)).first()
    if webhook is None:
        raise CannotBeMoved(gettext("This webhook is no longer there."))
    tell_by_rule(webhook, ticket, rule=batch.change.query, now=batch.now)
    return ticket


def _endpoints() -> QuerySet[Webhook]:
    return Webhook.objects.filter(channel=None)


def _webhooks() -> dict[str, str]:
    return {str(pk): name for pk, name in _endpoints().values_list("pk", "name")}


def _tags_and_priority(ticket: Ticket) -> Facts:
    return {**WAYS[Todo.TAG].remember(ticket), **WAYS[Todo.PRIORITY].remember(ticket)}


def _take_macro_back(ticket: Ticket, facts: Facts, batch: Batch) -> Ticket:
    ticket = WAYS[Todo.TAG].undo(ticket, facts, batch)
    return WAYS[Todo.PRIORITY].undo(ticket, facts, batch) if ticket.is_unresolved else ticket


def _assignees() -> dict[str, str]:
    return {NOBODY: gettext("nobody: back to the team"), **people()}


def _moves() -> dict[str, str]:
    states = (Status.OPEN, Status.PENDING_CUSTOMER)
    return {**{str(state): str(state.label) for state in states}, RESOLVE: gettext("Resolved")}


def _macros() -> dict[str, str]:
    macros = Macro.objects.filter(owner=None).order_by("name").values_list("pk", "name")
    return {str(pk): name for pk, name in macros}


def _readers() -> dict[str, str]:
    return {
        ASSIGNEE: gettext("the assignee"),
        LEADS: gettext("who leads the team"),
        **people(),
    }


DOINGS: Mapping[str, Doing] = {
    "assign": Doing(
        _("Assign"),
        _("assign it to %(value)s"),
        _assign,
        WAYS[Todo.ASSIGN].remember,
        WAYS[Todo.ASSIGN].undo,
        _assignees,
    ),
    "team": Doing(_("Move to another team"), _("move it to %(value)s"), _hand_over, choices=teams),
    "priority": Doing(
        _("Priority"),
        _("set the priority to “%(value)s”"),
        _priority,
        WAYS[Todo.PRIORITY].remember,
        WAYS[Todo.PRIORITY].undo,
        lambda: {str(value): str(label) for value, label in Priority.choices},
    ),
    "status": Doing(
        _("State"),
        _("set the state to “%(value)s”"),
        _move,
        WAYS[Todo.STATUS].remember,
        _move_back,
        _moves,
    ),
    "hold": Doing(
        _("Put on hold"),
        _("put it on hold: “%(value)s”"),
        _hold,
        WAYS[Todo.STATUS].remember,
        _move_back,
    ),
    "tag": Doing(
        _("Add tags"),
        _("add the tags “%(value)s”"),
        _tag,
        WAYS[Todo.TAG].remember,
        WAYS[Todo.TAG].undo,
        only_open=False,
    ),
    "untag": Doing(
        _("Remove tags"),
        _("remove the tags “%(value)s”"),
        _untag,
        WAYS[Todo.UNTAG].remember,
        WAYS[Todo.UNTAG].undo,
        only_open=False,
    ),
    "note": Doing(_("Write a note"), _("note “%(value)s”"), _note, is_long=True, only_open=False),
    "tell": Doing(
        _("Tell a colleague"), _("tell %(value)s"), _tell, choices=_readers, only_open=False
    ),
    "webhook": Doing(
        _("Tell another system"),
        _("tell “%(value)s”"),
        _webhook,
        choices=_webhooks,
        only_open=False,
    ),
    "macro": Doing(
        _("Prepare a macro"),
        _("prepare the macro “%(value)s” in the assignee's reply box"),
        _macro,
        _tags_and_priority,
        _take_macro_back,
        _macros,
    ),
}
