"""What is given out and taken back in the background: tickets that nobody had a place for, and
tickets whose holder does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Agent, Notification, Team
from accounts.selectors import people_of_teams
from sla.models import Status
from tickets.events import EventKind
from tickets.models import Draft, Message, Note, Ticket, TicketEvent
from tickets.services.assigning import choose_agent
from tickets.services.handling import given_to, tell_assignee
from tickets.services.recording import lock_ticket, put_in_hands, save_change, tell_agents
from topics.selectors import definitions

logger = structlog.get_logger(__name__)
BATCH = 100
# A ticket that makes trouble is looked at again after this.
NEXT_TRY = timedelta(minutes=10)


# Giving out -----------------------------------------------------------------------------------


def hand_out_waiting(*, now: datetime | None = None) -> int:
    """Give tickets that waited for somebody to have time to whoever has it now: those of important
    customers first, then what is due next. Return how many were given.

    Any number of processes may do it: each ticket is locked, and the people of its team are held.
    """
    now = now or timezone.now()
    return sum(_hand_out(team_id, now=now) for team_id in _teams_with_waiting())


def _teams_with_waiting() -> list[int]:
    waiting = Ticket.objects.unresolved().filter(awaits_agent=True)
    return list(waiting.order_by("team").values_list("team", flat=True).distinct())


def _hand_out(team_id: int, *, now: datetime) -> int:
    """Until everybody is full."""
    waiting = Ticket.objects.unresolved().filter(awaits_agent=True, team=team_id)
    in_order = waiting.order_by("-customer__is_vip", "next_due_at", "pk").values_list("pk")
    given = 0
    for (pk,) in in_order[:BATCH]:
        if not _attempt(pk, lambda pk=pk: _give(pk, now=now)):  # type: ignore[misc]
            break
        given += 1
    return given


@transaction.atomic
def _give(pk: int, *, now: datetime) -> bool:
    """False when there is nobody for it."""
    ticket = lock_ticket(Ticket(pk=pk))
    if not ticket.awaits_agent or not ticket.is_unresolved:
        return True
    agent = choose_agent(ticket.team, ticket.customer, now=now, skill=_skill_for(ticket))
    if agent is None:
        return False
    give_by_itself(ticket, agent, now=now)
    return True


def give_by_itself(ticket: Ticket, agent: Agent, *, now: datetime) -> None:
    """Give a locked ticket to whoever was chosen, and tell them."""
    put_in_hands(ticket, agent, now=now)
    event = TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.ASSIGNED,
        at=now,
        facts=given_to(agent, skill=_skill_for(ticket)),
    )
    save_change(ticket, now=now)
    tell_assignee(ticket, agent, event.pk, now=now)


def _skill_for(ticket: Ticket) -> str:
    """What its topic asks for; empty: nothing."""
    topic = definitions().topic(ticket.topic_id)
    return topic.skill if topic else ""


# Taking back ----------------------------------------------------------------------------------


def take_back_idle(*, now: datetime | None = None) -> int:
    """Take tickets back to their teams whose holders have done nothing in the time the team gives
    them; return how many were looked at. Exactly once each, however many do it."""
    now = now or timezone.now()
    due = Ticket.objects.filter(act_by__lte=now).order_by("act_by").values_list("pk", flat=True)
    tickets = list(due[:BATCH])
    for pk in tickets:
        if not _attempt(pk, lambda pk=pk: _look_at(pk, now=now)):  # type: ignore[misc]
            Ticket.objects.filter(pk=pk).update(act_by=now + NEXT_TRY)
    return len(tickets)


@transaction.atomic
def _look_at(pk: int, *, now: datetime) -> bool:
    ticket = lock_ticket(Ticket(pk=pk))
    if ticket.act_by is None or ticket.act_by > now:
        return True
    if ticket.assignee is None or not _is_our_turn(ticket) or _has_acted(ticket, ticket.assignee):
        ticket.act_since = ticket.act_by = None
        ticket.save(update_fields=["act_since", "act_by"])
        return True
    _take_back(ticket, ticket.assignee, now=now)
    return True


def _is_our_turn(ticket: Ticket) -> bool:
    return ticket.status in {Status.NEW, Status.OPEN}


def _has_acted(ticket: Ticket, holder: Agent) -> bool:
    """Written, called, noted, moved or begun to write since it was their turn."""
    own = {"ticket": OuterRef("pk"), "agent": holder}
    since = ticket.act_since
    acts = (
        Exists(TicketEvent.objects.filter(**own, at__gt=since)),
        Exists(Message.objects.filter(**own, sent_at__gt=since)),
        Exists(Note.objects.filter(**own, written_at__gt=since)),
        Exists(Draft.objects.filter(**own, saved_at__gt=since)),
    )
    return any(Ticket.objects.filter(pk=ticket.pk).values_list(*acts).get())


def _take_back(ticket: Ticket, holder: Agent, *, now: datetime) -> None:
    put_in_hands(ticket, None, now=now)
    event = TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.WENT_BACK,
        at=now,
        facts={
            "from": holder.pk,
            "to_name": holder.name,
            "seconds": _patience_of(ticket.team),
        },
    )
    save_change(ticket, now=now)
    _tell_team(ticket, holder, event, now=now)
    skill = _skill_for(ticket)
    other = choose_agent(ticket.team, ticket.customer, now=now, without=[holder.pk], skill=skill)
    if other is not None:
        give_by_itself(ticket, other, now=now)


def _patience_of(team: Team) -> int:
    return int(team.takes_back_after.total_seconds()) if team.takes_back_after else 0


def _tell_team(ticket: Ticket, holder: Agent, event: TicketEvent, *, now: datetime) -> None:
    """The one who had it, and the leads; without a lead, everybody in the team."""
    people = people_of_teams([ticket.team_id])[ticket.team_id]
    tell_agents(
        ticket,
        dict.fromkeys([holder.pk, *(people.leads or people.members)]),
        kind=Notification.Kind.WENT_BACK,
        key=f"went_back:{event.pk}",
        now=now,
        facts={"from": holder.name},
        mail_after=now,
    )


def _attempt(pk: int, act: Callable[[], bool]) -> bool:
    """Whatever is wrong with one ticket, the others are owed their turn."""
    try:
        return act()
    except Exception:
        logger.exception("distributing.ticket_failed", ticket=pk)
        return False
