"""Who has a ticket, and when it is done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from accounts.skills import has_skill
from sla.models import Status
from tickets.events import EventKind
from tickets.exceptions import AlreadyResolved, BadTag, CannotBeMoved, NotInTeam, NotResolved
from tickets.models import Tag, Ticket, TicketEvent
from tickets.services.assigning import reachable
from tickets.services.describing import check_is_described
from tickets.services.following import tell_followers
from tickets.services.recording import lock_ticket, put_in_hands, record, save_change, tell_agents
from tickets.tags import TAGS_OF_A_TICKET, distinct

MOVES = {
    Status.OPEN: EventKind.RESUMED,
    Status.PENDING_CUSTOMER: EventKind.WAITING,
    Status.ON_HOLD: EventKind.PUT_ON_HOLD,
    Status.SPAM: EventKind.MARKED_AS_SPAM,
}
REASON_LENGTH = 100


@transaction.atomic
def assign(ticket: Ticket, *, to: Agent | None, by: Agent, now: datetime | None = None) -> Ticket:
    """Give the ticket to a member of its team, or back to the team. No clock moves.

    While the agent is away it goes to whoever stands in. Raises NotInTeam when they could not see
    the ticket, and IsAway when nobody stands in.
    """
    ticket = lock_ticket(ticket)
    now = now or timezone.now()
    asked, to = to, to and reachable(to, by=by, now=now)
    if ticket.assignee == to:
        return ticket
    if to is not None and not may_hold(to, team_id=ticket.team_id):
        raise NotInTeam(_("%(name)s is not in the team of this ticket.") % {"name": to.name})
    is_hand_over = put_in_hands(ticket, to, now=now)
    event = TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.ASSIGNED if to else EventKind.RELEASED,
        at=now,
        agent=by,
        facts={
            **(given_to(to, instead_of=asked) if to else {}),
            **({"is_hand_over": True} if is_hand_over else {}),
        },
    )
    save_change(ticket, now=now)
    if to is not None and to != by:
        tell_assignee(ticket, to, event.pk, now=now)
    return ticket


@transaction.atomic
def solve(ticket: Ticket, *, agent: Agent | None, now: datetime | None = None) -> Ticket:
    """Mark as resolved without a word to the customer; `agent` None means the customer did it.

    Raises AlreadyResolved, and FieldsMissing when an agent has not filled in what must be known.
    """
    ticket = lock_ticket(ticket)
    if not ticket.is_unresolved:
        raise AlreadyResolved(_("This ticket is resolved already."))
    if agent is not None:
        check_is_described(ticket.topic_id, ticket.fields)
    now = now or timezone.now()
    record(ticket, "status", now=now, to=Status.RESOLVED)
    ticket.resolved_at = now
    event = TicketEvent.objects.create(ticket=ticket, kind=EventKind.RESOLVED, at=now, agent=agent)
    save_change(ticket, now=now)
    tell_followers(ticket, "resolved", key=f"event:{event.pk}", by=agent, now=now)
    return ticket


@transaction.atomic
def reopen(ticket: Ticket, *, agent: Agent | None, now: datetime | None = None) -> Ticket:
    """Take a resolved ticket up again, with a new promise by default. Raises NotResolved."""
    ticket = lock_ticket(ticket)
    if ticket.status not in {Status.RESOLVED, Status.CLOSED}:
        raise NotResolved(_("This ticket is still open."))
    now = now or timezone.now()
    record(ticket, "status", now=now, to=Status.OPEN)
    ticket.resolved_at = None
    ticket.reopen_count += 1
    TicketEvent.objects.create(ticket=ticket, kind=EventKind.REOPENED, at=now, agent=agent)
    save_change(ticket, now=now)
    return ticket


@transaction.atomic
def set_status(
    ticket: Ticket, *, to: Status, agent: Agent, reason: str = "", now: datetime | None = None
) -> Ticket:
    """Say whose turn it is, without a word to the customer: ours (open), the customer's (pending),
    a third party's (on hold, for a `reason`); or that it is spam.

    The promise stays: customers wait for contact, not for answers. Only spam has none, and gets a
    new one when it is taken up again. Raises CannotBeMoved for a resolved ticket, which is reopened
    instead, and for a hold without a reason.
    """
    ticket = lock_ticket(ticket)
    if not ticket.is_unresolved and ticket.status != Status.SPAM:
        raise CannotBeMoved(_("This ticket is resolved. Reopen it first."))
    if to == Status.ON_HOLD and not reason.strip():
        raise CannotBeMoved(_("Say what the ticket waits for."))
    if ticket.status == to and ticket.hold_reason == reason.strip():
        return ticket
    now = now or timezone.now()
    record(ticket, "status", now=now, to=to)
    if to == Status.ON_HOLD:
        ticket.hold_reason = reason.strip()[:REASON_LENGTH]
    ticket.resolved_at = now if to == Status.SPAM else None
    TicketEvent.objects.create(
        ticket=ticket,
        kind=MOVES[to],
        at=now,
        agent=agent,
        facts={"reason": ticket.hold_reason} if ticket.hold_reason else {},
    )
    save_change(ticket, now=now)
    return ticket


@transaction.atomic
def set_tags(
    ticket: Ticket, *, names: Iterable[str], by: Agent, now: datetime | None = None
) -> Ticket:
    """Exactly these tags. No clock moves. Raises BadTag for a bad name, or more than 20 of them."""
    ticket = lock_ticket(ticket)
    return _tag(ticket, distinct(names), by=by, now=now or timezone.now())


@transaction.atomic
def change_tags(
    ticket: Ticket,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    by: Agent,
    now: datetime | None = None,
) -> Ticket:
    """Some tags more, some fewer; those that a colleague sets at the same time stay. Raises BadTag."""
    ticket = lock_ticket(ticket)
    gone = distinct(remove)
    kept = {tag.normalized: tag.name for tag in ticket.tags.all() if tag.normalized not in gone}
    return _tag(ticket, distinct(add) | kept, by=by, now=now or timezone.now())


def _tag(ticket: Ticket, wanted: dict[str, str], *, by: Agent, now: datetime) -> Ticket:
    """Give a locked ticket the tags of these folded names, making those that nobody has used yet."""
    if len(wanted) > TAGS_OF_A_TICKET:
        raise BadTag(_("A ticket has at most %(most)s tags.") % {"most": TAGS_OF_A_TICKET})
    before = {tag.normalized: tag for tag in ticket.tags.all()}
    gone = [tag for folded, tag in before.items() if folded not in wanted]
    fresh = _tags_named({folded: name for folded, name in wanted.items() if folded not in before})
    if not (gone or fresh):
        return ticket
    ticket.tags.remove(*gone)
    ticket.tags.add(*fresh)
    TicketEvent.objects.create(
        ticket=ticket,
        kind=EventKind.TAGS_CHANGED,
        at=now,
        agent=by,
        facts={"added": [tag.name for tag in fresh], "removed": [tag.name for tag in gone]},
    )
    save_change(ticket, now=now)
    return ticket


def _tags_named(names: dict[str, str]) -> list[Tag]:
    """The tags of these folded names. Two agents may invent the same one at the same time."""
    if not names:
        return []
    known = list(Tag.objects.filter(normalized__in=names))
    if len(known) == len(names):
        return known
    Tag.objects.bulk_create(
        [Tag(name=name, normalized=folded) for folded, name in sorted(names.items())],
        ignore_conflicts=True,
    )
    return list(Tag.objects.filter(normalized__in=names))


def may_hold(agent: Agent, *, team_id: int) -> bool:
    """Whether this team's tickets may be theirs: they work here, and could see them."""
    return agent.is_active and (
        agent.sees_everything or team_id in {each.team_id for each in agent.memberships.all()}
    )


def given_to(
    agent: Agent, *, instead_of: Agent | None = None, skill: str = ""
) -> dict[str, object]:
    """The facts of an assignment; `skill` is what the ticket asked for."""
    facts: dict[str, object] = {"to": agent.pk, "to_name": agent.name}
    if not has_skill(agent, skill):
        facts["lacks"] = skill
    if instead_of is not None and instead_of != agent:
        facts["for_name"] = instead_of.name
    return facts


def tell_assignee(ticket: Ticket, agent: Agent, key: object, *, now: datetime) -> None:
    """They hear, in the desk and by mail, that it is theirs; once for each key."""
    tell_agents(
        ticket,
        [agent.pk],
        kind=Notification.Kind.ASSIGNED,
        key=f"assigned:{key}",
        now=now,
        mail_after=now,
    )
