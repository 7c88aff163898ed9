"""Steps that every service on a ticket shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from accounts.models import Agent, Team
from accounts.notifying import Notice
from accounts.selectors import people_of_teams
from accounts.services import notify_agents
from common import doorbell
from mail.models import OutboundEmail
from sla.engine.settings import WAITS
from sla.models import ENDED, Status
from sla.services import ClockReading, record_event
from sla.working_time import epoch_seconds
from tickets.models import CustomerTask, Message, Ticket
from tickets.services.assigning import await_act, team_assigns

PREVIEW_LENGTH = 200
# Whatever somebody says ends that nobody has answered.
SAID = {"customer_message", "outgoing"}


def lock_ticket(ticket: Ticket) -> Ticket:
    """The ticket as it is now, held until the transaction ends. Lock it before its clock.

    One that was merged meanwhile goes on as another: that one is held and returned.
    """
    if ticket.is_held:
        return ticket
    [held] = hold_tickets(ticket.pk)
    if held.merged_into_id is not None:
        [held] = hold_tickets(held.merged_into_id)
    return held


def hold_tickets(*ids: int) -> list[Ticket]:
    """Exactly these tickets, merged or not, held until the transaction ends.

    Always in the same order, so that nobody waits for somebody who waits for them.
    """
    tickets = Ticket.objects.select_for_update(of=("self",)).select_related(
        "customer", "clock", "team", "assignee"
    )
    return list(tickets.filter(pk__in=ids).order_by("pk"))


def hold_for_services(ids: Iterable[int]) -> dict[int, Ticket]:
    """Hold these tickets for several services in a row, which need not read them again.

    After a service that failed, an object may say what was not stored: use it no more.
    """
    held = hold_tickets(*ids)
    for ticket in held:
        ticket.is_held = True
    return {ticket.pk: ticket for ticket in held}


def record(ticket: Ticket, event: str, *, now: datetime, **data: object) -> ClockReading:
    """Tell the clock what happened and take over what it says now. Save the ticket afterwards."""
    return record_past(ticket, event, at=now, now=now, **data)


def record_past(
    ticket: Ticket, event: str, *, at: datetime, now: datetime, **data: object
) -> ClockReading:
    """The same for what happened some time ago, and after everything else that was recorded."""
    _put_off_unsent_waits(ticket, now=at)
    was_waiting = ticket.status == Status.PENDING_CUSTOMER
    reading = record_event(ticket.clock, event=event, at=at, now=now, data=data)
    if event == "outgoing":
        ticket.chased_at = None
    copy_reading(ticket, reading)
    if was_waiting and ticket.status != Status.PENDING_CUSTOMER:
        answered = event == "customer_message"
        ending = CustomerTask.Ending.ANSWERED if answered else CustomerTask.Ending.WITHDRAWN
        end_customer_task(ticket, ending=ending, now=at)
    if event in SAID or ticket.status != Status.OPEN:
        ticket.unanswered_since = None
    if ticket.is_unresolved and ticket.assignee is not None and not ticket.assignee.is_active:
        # They left while it rested: now that it goes on it is the team's.
        put_in_hands(ticket, None, now=now)
        ticket.awaits_agent = team_assigns(ticket.team)
    return reading


def end_customer_task(ticket: Ticket, *, ending: str, now: datetime) -> None:
    """The customer need not do what we asked them to do, if we did, any more."""
    ticket.customer_tasks.filter(ended_at=None).update(ended_at=now, ending=ending)


def ask_again(ticket: Ticket, *, ended_at: datetime) -> None:
    """What ended it was taken back: the customer is asked to do it still."""
    if ticket.status == Status.PENDING_CUSTOMER:
        ticket.customer_tasks.filter(ended_at=ended_at).update(ended_at=None, ending="")


def _put_off_unsent_waits(ticket: Ticket, *, now: datetime) -> None:
    """A reminder that was due, but that nobody has sent yet, comes after what happens now.

    The log would count it as sent, and the ticket as closed, when the customer or an agent speaks
    first; as it is, their word ends the wait, and nobody is reminded of what they have just done.
    """
    if ticket.status != Status.PENDING_CUSTOMER:
        return
    waits = ticket.clock.commitments.live().filter(kind__in=WAITS, due_at__lte=now)
    due_at = waits.order_by("due_at").values_list("due_at", flat=True).first()
    if due_at is not None:
        delay = epoch_seconds(now) - epoch_seconds(due_at) + 1
        record_event(ticket.clock, event="waits_delayed", at=due_at, now=now, data={"by": delay})


def copy_reading(ticket: Ticket, reading: ClockReading) -> None:
    """Take over what the clock says, so that the queue reads one table. Save it afterwards."""
    ticket.status = reading.status
    if ticket.status != Status.ON_HOLD:
        ticket.hold_reason = ""
    ticket.next_due_at = reading.next_due_at
    ticket.next_due_kind = reading.next_due_kind
    ticket.next_contact_at = reading.next_contact_at
    if not ticket.is_unresolved:
        ticket.chased_at = None
    asked_at = ticket.chased_at
    if asked_at and (ticket.next_due_at is None or asked_at < ticket.next_due_at):
        ticket.next_due_at, ticket.next_due_kind = asked_at, ""


def save_change(ticket: Ticket, *, now: datetime) -> None:
    """Store the ticket as changed and tell open browsers after commit. Of one that has ended, it is
    looked at anew where it fell short."""
    ticket.awaits_judgement = ticket.status in ENDED
    ticket.updated_at = now
    ticket.revision += 1
    ticket.save()
    doorbell.announce([ticket.clock.path])


def put_in_hands(
    ticket: Ticket, to: Agent | None, *, team: Team | None = None, now: datetime
) -> bool:
    """The ticket, and what is owed on it, is theirs now: an agent's, or the team's when there is
    none. Counts and returns whether somebody else had it. Save the ticket afterwards."""
    is_moved = team is not None and team != ticket.team
    is_hand_over = is_moved or ticket.assignee not in {None, to}
    ticket.hand_over_count += is_hand_over
    ticket.team = ticket.clock.team = team or ticket.team
    ticket.assignee = ticket.clock.owner = to
    ticket.clock.save(update_fields=["owner", "team"])
    ticket.awaits_agent = is_moved and to is None and team_assigns(ticket.team)
    await_act(ticket, now=now)
    return is_hand_over


def holders_of(ticket: Ticket) -> list[int]:
    """The ids of those whose ticket it is: the assignee, or the team when there is none."""
    if ticket.assignee_id:
        return [ticket.assignee_id]
    return people_of_teams([ticket.team_id])[ticket.team_id].members


def tell_agents(  # noqa: PLR0913 - all of it is what somebody is told
    ticket: Ticket,
    agent_ids: Iterable[int],
    *,
    kind: str,
    key: str,
    now: datetime,
    facts: Mapping[str, object] | None = None,
    mail_after: datetime | None = None,
) -> None:
    """These people hear of the ticket, each once for each key; by mail from `mail_after` on."""
    notify_agents(
        [
            Notice(
                agent_id=agent_id,
                kind=kind,
                label=ticket.clock.label,
                path=ticket.clock.path,
                dedupe_key=f"{key}:{agent_id}",
                facts=facts or {},
                mail_after=mail_after,
            )
            for agent_id in agent_ids
        ],
        now=now,
    )


def take_newest_words(ticket: Ticket) -> None:
    """Copy the newest words that arrived, ours or the customer's, for the queue. Save it afterwards."""
    arrived = Message.objects.filter(ticket__in=ticket.family()).exclude(
        email__state=OutboundEmail.State.FAILED
    )
    newest = arrived.order_by("sent_at", "pk").last()
    if newest is not None:
        ticket.preview, ticket.is_last_word_ours = preview_of(newest.body), not newest.is_inbound


def preview_of(body: str) -> str:
    """The message in one line, for a queue row."""
    return " ".join(body.split())[:PREVIEW_LENGTH]


def matter_of(
    *, channel: str, team_id: int, language: str, priority: str, organization_id: int | None
) -> Mapping[str, object]:
    """What the conditions of a policy may ask about."""
    return {
        "channel": channel,
        "team": team_id,
        "language": language,
        "priority": priority,
        "organization": organization_id,
    }


def matter_of_ticket(ticket: Ticket) -> Mapping[str, object]:
    """What a policy's conditions may ask about this ticket."""
    return matter_of(
        channel=ticket.channel,
        team_id=ticket.team_id,
        language=ticket.language,
        priority=ticket.priority,
        organization_id=ticket.customer.organization_id,
    )
