"""What can be done to many tickets: to each through the services that do it to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Agent
from sla.models import Status
from sla.selectors import PolicyTable, promise_after, suggested_promises
from tickets.exceptions import NoAddress, SomebodyAnswered, TooLateToUndo
from tickets.models import BulkChange, Ending, Ticket
from tickets.services.handling import assign, change_tags, reopen, set_status, set_tags, solve
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.rematching import change_priority
from tickets.services.replying import Outcome, Reply, reply_to_customer
from tickets.services.unsending import take_back
from tickets.services.writing import address_of

Action = BulkChange.Action
UNDO_FOR = timedelta(seconds=30)
# As long as all of them can be taken back; writing the others takes its time.
LETTERS_WAIT = UNDO_FOR + timedelta(seconds=20)


@dataclass(frozen=True)
class Batch:
    """The tickets that are taken in one transaction: what is read once for all of them."""

    change: BulkChange
    now: datetime

    @property
    def by(self) -> Agent:
        return self.change.agent

    @cached_property
    def policies(self) -> PolicyTable:
        return PolicyTable.load()

    def agent(self, pk: int | None) -> Agent | None:
        """With their teams; None when there is no such agent."""
        if pk not in self._agents:
            known = Agent.objects.prefetch_related("memberships")
            self._agents[pk] = known.filter(pk=pk).first() if pk else None
        return self._agents[pk]

    @cached_property
    def _agents(self) -> dict[int | None, Agent | None]:
        return {}


# The facts are those of the change, or what was remembered of the ticket.
Act = Callable[[Ticket, dict[str, Any], Batch], Ticket]


@dataclass(frozen=True)
class Way:
    """How one action is done to a held ticket, what is remembered of it, and how it is taken back.

    Both acts are atomic, and take for granted that nobody else changes the ticket.
    """

    do: Act
    remember: Callable[[Ticket], dict[str, Any]]
    undo: Act
    only_open: bool = False


def _assign(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    return assign(ticket, to=batch.agent(facts["to"]), by=batch.by, now=batch.now)


def _set_status(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    # A ticket that was new has been looked at: it comes back as open.
    to = Status.OPEN if facts["status"] == Status.NEW else Status(facts["status"])
    return set_status(ticket, to=to, reason=facts["reason"], agent=batch.by, now=batch.now)


def _solve(ticket: Ticket, _facts: dict[str, Any], batch: Batch) -> Ticket:
    return solve(ticket, agent=batch.by, now=batch.now)


@transaction.atomic
def _reopen(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    ticket = reopen(ticket, agent=batch.by, now=batch.now)
    if facts["status"] in {Status.PENDING_CUSTOMER, Status.ON_HOLD}:
        return _set_status(ticket, facts, batch)
    return ticket


def _add_tags(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    return change_tags(ticket, add=facts["tags"], by=batch.by, now=batch.now)


def _remove_tags(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    return change_tags(ticket, remove=facts["tags"], by=batch.by, now=batch.now)


def _set_tags(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    return set_tags(ticket, names=facts["tags"], by=batch.by, now=batch.now)


def _change_priority(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    return change_priority(
        ticket, to=facts["priority"], by=batch.by, table=batch.policies, now=batch.now
    )


def _assignee_of(ticket: Ticket) -> dict[str, Any]:
    return {"to": ticket.assignee_id}


def _status_of(ticket: Ticket) -> dict[str, Any]:
    return {"status": ticket.status, "reason": ticket.hold_reason}


def _tags_of(ticket: Ticket) -> dict[str, Any]:
    return {"tags": [tag.name for tag in ticket.tags.all()]}


def _priority_of(ticket: Ticket) -> dict[str, Any]:
    return {"priority": ticket.priority}


# Letters -------------------------------------------------------------------------------------------


@transaction.atomic
def _reply(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    """Write to the customer, with what the macro changes. Files and drafts are not touched."""
    if not address_of(ticket):
        raise NoAddress(_("There is no address to write to."))
    if ticket.entry_count != facts["seen"].get(str(ticket.pk)):
        raise SomebodyAnswered(
            _("Something was said here in the meantime. Nothing was sent: read it first.")
        )
    outcome = Outcome.of(facts["ending"], promise_at=promise_of_letter(ticket, facts, batch.now))
    reply = Reply(
        **vars(outcome),
        body=facts["text"],
        submission_key=_key_of(ticket, batch),
        waits=LETTERS_WAIT,
    )
    reply_to_customer(ticket, reply, agent=batch.by, now=batch.now)
    if facts["tags"]:
        change_tags(ticket, add=facts["tags"], by=batch.by, now=batch.now)
    if facts["priority"] and ticket.is_unresolved:
        _change_priority(ticket, facts, batch)
    return ticket


def promise_of_letter(ticket: Ticket, facts: Mapping[str, Any], now: datetime) -> datetime | None:
    """The next contact it names: the one for all, after so much working time, or the policy's own.
    Who only asks names none by default."""
    version_id = ticket.clock.policy_version_id
    if facts["ending"] == Ending.SOLVE:
        return None
    if facts["at"]:
        return datetime.fromisoformat(facts["at"])
    if facts["after"]:
        return promise_after(version_id, timedelta(seconds=facts["after"]), now=now)
    if facts["ending"] == Ending.ASK:
        return None
    return suggested_promises(version_id, ticket.priority, now=now)[0]


@transaction.atomic
def _take_back(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    """As if nothing had been said. Its text is with the bulk change, not in everybody's way."""
    message = ticket.messages.filter(submission_key=_key_of(ticket, batch)).first()
    if message is None:
        raise TooLateToUndo(_("This reply was taken back already."))
    _set_tags(ticket, facts, batch)
    if ticket.is_unresolved:
        _change_priority(ticket, facts, batch)
    ticket = take_back(message, by=batch.by, keeps_text=False, now=batch.now)
    return _assign(ticket, facts, batch) if facts["to"] is None else ticket


def _key_of(ticket: Ticket, batch: Batch) -> UUID:
    assert batch.change.submission_key is not None, "letters are sent once"  # noqa: S101
    return uuid5(batch.change.submission_key, str(ticket.pk))


def _all_of(ticket: Ticket) -> dict[str, Any]:
    return {
        **_assignee_of(ticket),
        **_status_of(ticket),
        **_tags_of(ticket),
        **_priority_of(ticket),
    }


# Merging -------------------------------------------------------------------------------------------


def _merge(ticket: Ticket, facts: dict[str, Any], batch: Batch) -> Ticket:
    into = Ticket.objects.get(pk=facts["into"])
    return merge_tickets(ticket, into=into, agent=batch.by, now=batch.now).ticket


def _separate(ticket: Ticket, _facts: dict[str, Any], batch: Batch) -> Ticket:
    merge = ticket.merges.select_related("ticket", "into").get(undone_at=None)
    return separate_tickets(merge, agent=batch.by, now=batch.now)


WAYS: dict[str, Way] = {
    Action.ASSIGN: Way(_assign, _assignee_of, _assign),
    Action.STATUS: Way(_set_status, _status_of, _set_status, only_open=True),
    Action.PRIORITY: Way(_change_priority, _priority_of, _change_priority, only_open=True),
    Action.TAG: Way(_add_tags, _tags_of, _set_tags),
    Action.UNTAG: Way(_remove_tags, _tags_of, _set_tags),
    Action.RESOLVE: Way(_solve, _status_of, _reopen, only_open=True),
    Action.REPLY: Way(_reply, _all_of, _take_back, only_open=True),
    Action.MERGE: Way(_merge, lambda _ticket: {}, _separate),
}
