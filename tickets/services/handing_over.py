"""A ticket goes on to somebody else, with what they must know so that the customer repeats nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification, Team
from sla.models import Status
from sla.selectors import PolicyTable
from tickets.events import EventKind
from tickets.exceptions import BriefMissing, NotInTeam
from tickets.models import HandOver, Ticket, TicketEvent
from tickets.searching.index import index_brief
from tickets.services.assigning import reachable
from tickets.services.handling import may_hold
from tickets.services.recording import (
    holders_of,
    lock_ticket,
    put_in_hands,
    save_change,
    tell_agents,
)
from tickets.services.rematching import rematch_ticket


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What the next one needs to know; the problem and the next step are always said."""

    problem: str
    next_step: str
    known: str = ""
    tried: str = ""
    promised: str = ""


def needs_brief(ticket: Ticket, *, to: Agent | None, team: Team, by: Agent) -> bool:
    """Whether the next one would otherwise have to ask again what was said and done.

    Nobody writes one to themselves, or about a ticket that nobody has worked on.
    """
    is_same = (ticket.team_id, ticket.assignee) == (team.pk, to)
    return not is_same and to != by and is_worked_on(ticket)


def is_worked_on(ticket: Ticket) -> bool:
    """Whether any of us has looked into it: answered, called, asked elsewhere, noted or
    moved it."""
    return (
        ticket.status != Status.NEW
        or ticket.notes.exists()
        or ticket.events.filter(kind__in=[EventKind.CALL_MISSED, EventKind.FORWARDED]).exists()
    )


@transaction.atomic
def hand_over(
    ticket: Ticket,
    *,
    team: Team,
    to: Agent | None = None,
    brief: Brief | None = None,
    by: Agent,
    now: datetime | None = None,
) -> Ticket:
    """Give the ticket to an agent of the team, or to the team. Another team may have another policy
    (rule R); what was promised to the customer does not move.

    Raises NotInTeam when the agent could not see it, IsAway, and BriefMissing.
    """
    ticket = lock_ticket(ticket)
    now = now or timezone.now()
    to = to and reachable(to, by=by, now=now)
    if (ticket.team, ticket.assignee) == (team, to):
        return ticket
    if to is not None and not may_hold(to, team_id=team.pk):
        raise NotInTeam(_("%(name)s is not in the team of this ticket.") % {"name": to.name})
    if brief is None and needs_brief(ticket, to=to, team=team, by=by):
        raise BriefMissing(_("Say what the problem is and what comes next."))
    name = _name(to, team, is_moved=team != ticket.team)
    written = _write(ticket, brief, team=team, to=to, by=by, now=now) if brief else None
    is_hand_over = _give(ticket, team=team, to=to, now=now)
    event = TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.HANDED_OVER,
        at=now,
        agent=by,
        facts={
            "to": to.pk if to else None,
            "team": team.pk,
            "to_name": name,
            "is_hand_over": is_hand_over,
        },
    )
    if written:
        index_brief(written)
        ticket.entry_count += 1
    save_change(ticket, now=now)
    _tell(ticket, event, written, by=by, now=now)
    return ticket


def accept_brief(ticket: Ticket, *, by: Agent, now: datetime | None = None) -> None:
    """Whoever has the ticket now has read what they were told; of a team's, whoever reads it first."""
    if ticket.assignee_id in {None, by.pk}:
        unread = HandOver.objects.filter(ticket=ticket, accepted_at=None).exclude(by=by)
        unread.update(accepted_at=now or timezone.now())


def _give(ticket: Ticket, *, team: Team, to: Agent | None, now: datetime) -> bool:
    """Whether somebody else had it."""
    is_moved = team != ticket.team
    is_hand_over = put_in_hands(ticket, to, team=team, now=now)
    if is_moved:
        rematch_ticket(ticket, PolicyTable.load(), now=now)
    return is_hand_over


def _write(
    ticket: Ticket, brief: Brief, *, team: Team, to: Agent | None, by: Agent, now: datetime
) -> HandOver:
    return HandOver.objects.create(
        ticket=ticket,
        by=by,
        from_agent=ticket.assignee,
        from_team=ticket.team,
        to_agent=to,
        to_team=team,
        at=now,
        **{name: text.strip() for name, text in asdict(brief).items()},
    )


def _name(to: Agent | None, team: Team, *, is_moved: bool) -> str:
    if to is None:
        return team.name
    return f"{to.name} ({team.name})" if is_moved else to.name


def _tell(
    ticket: Ticket, event: TicketEvent, written: HandOver | None, *, by: Agent, now: datetime
) -> None:
    """The new holder hears of it, with the next step; of a team's ticket, the team."""
    told: Iterable[int] = (agent_id for agent_id in holders_of(ticket) if agent_id != by.pk)
    tell_agents(
        ticket,
        told,
        kind=Notification.Kind.HANDED_OVER,
        key=f"handed_over:{event.pk}",
        now=now,
        facts={"by": by.name, "next_step": written.next_step if written else ""},
        mail_after=now,
    )
