"""All facts once more, told one by one in plain Python from what happened: messages, events, and the
logs of the clocks, which the engine reads anew. None of the queries of reports has a part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sla.engine.commitments import KEPT_BY_PEOPLE, CommitmentState
from sla.engine.events import log_as_it_counts
from sla.engine.replay import replay
from sla.services import compute, named_policies, read_log
from sla.working_time import epoch_seconds, utc_datetime
from tickets.cleanliness import reasons_of
from tickets.effort import effort_weights, parts_of, score
from tickets.models import CustomerTask, Message, Rating, Ticket, TicketEvent

DESK = ZoneInfo("Asia/Tokyo")
Told = tuple[Any, ...]


@dataclass
class Matter:
    """A ticket with those merged into it, and everything that is known of them."""

    ticket: Ticket
    members: list[Ticket]
    now: datetime

    def __post_init__(self) -> None:
        pks = [member.pk for member in self.members]
        logs = {member.pk: list(member.clock.events.order_by("pk")) for member in self.members}
        lost = {
            event.data["outgoing"]
            for log in logs.values()
            for event in log
            if event.type == "delivery_failed"
        }
        messages = list(Message.objects.filter(ticket__in=pks).order_by("sent_at", "pk"))
        self.theirs = [m for m in messages if m.is_inbound and not (m.is_auto or m.is_hidden)]
        self.ours = [m for m in messages if not m.is_inbound and m.agent_id and m.pk not in lost]
        self.needed = [m for m in self.theirs if m.meaning != "thanks"]
        self.events = list(TicketEvent.objects.filter(ticket__in=pks).order_by("at", "pk"))
        self.tasks = list(CustomerTask.objects.filter(ticket__in=pks).order_by("asked_at", "pk"))
        self.ratings = list(Rating.objects.filter(ticket__in=pks, value__isnull=False))
        self.clocks = [list(compute(m.clock, now=self.now).commitments) for m in self.members]
        first = min(self.members, key=lambda member: (member.opened_at, member.pk))
        self.is_asked = logs[first.pk][0].data.get("origin", "customer") == "customer"
        self.opened_at = first.opened_at
        self.silent_ends = [
            event.at
            for log in logs.values()
            for event in log
            if event.type == "status" and event.data["to"] in {"resolved", "closed"}
        ]
        is_over = self.ticket.status in {"resolved", "closed"}
        self.resolved_at = self.ticket.resolved_at if is_over else None

    def facts(self) -> Iterator[Told]:
        """Measure, instant, seconds, agent and channel."""
        yield "arrived", self.opened_at, None
        if self.resolved_at:
            yield "resolved", self.resolved_at, whole(self.resolved_at - self.opened_at)
            yield from self.judged(self.resolved_at)
        for message in self.theirs:
            yield "contact", message.sent_at, None, self.ticket.assignee_id, message.channel
            if message.meaning == "chaser":
                yield "chased", message.sent_at, None, self.ticket.assignee_id, message.channel
        for one, other in pairwise(self.needed):
            if one.channel != other.channel:
                agent = self.ticket.assignee_id
                yield "channel_changed", other.sent_at, None, agent, other.channel
        yield from self.answers()
        yield from self.happened()
        for rows in self.clocks:
            yield from self.promised([row for row in rows if is_promise(row)])
            yield from targets(rows)

    def answers(self) -> Iterator[Told]:
        """Walk through the conversation, and note since when the customer waits."""
        story: list[tuple[datetime, int, int, Message | None]] = [
            *((m.sent_at, 0, m.pk, m) for m in self.needed),
            *((m.sent_at, 1, m.pk, m) for m in self.ours),
            *((at, 2, 0, None) for at in self.silent_ends),
            *([] if self.is_asked else [(self.opened_at, 2, 0, None)]),
        ]
        since: datetime | None = None
        is_first = self.is_asked
        for at, turn, _pk, message in sorted(story, key=lambda step: step[:3]):
            if turn == 0:
                since = since or at
                continue
            if message is not None:
                if is_first:
                    seconds = whole(at - self.opened_at)
                    yield "answered", at, seconds, message.agent_id, self.ticket.channel
                elif since is not None:
                    seconds = whole(at - since)
                    yield "next_answered", at, seconds, message.agent_id, message.channel
                is_first = False
            since = None

    def happened(self) -> Iterator[Told]:
        """What became of the ticket, and what the customer said of it."""
        given_on = {"handed_over", "released", "went_back"}
        for event in self.events:
            if event.facts.get("is_hand_over", event.kind in given_on):
                yield "handed_over", event.at, None
                giver, taker = event.agent_id or event.facts.get("from"), event.facts.get("to")
                if giver:
                    yield "gave_on", event.at, None, giver, self.ticket.channel
                if taker:
                    yield "took_over", event.at, None, taker, self.ticket.channel
        yield from (("reopened", event.at, None) for event in self.reopenings())
        yield from (("asked_again", task.asked_at, None) for task in self.tasks[1:])
        for rating in self.ratings:
            if rating.kind == "effort":
                yield "effort_rated", rating.answered_at, rating.value
            else:
                yield ("rated_good" if rating.value else "rated_bad"), rating.answered_at, None

    def reopenings(self) -> list[TicketEvent]:
        """Without those by a reply that was taken back."""
        reopened: list[TicketEvent] = []
        for event in self.events:
            if event.kind == "reopened":
                reopened.append(event)
            elif event.kind == "taken_back" and event.facts.get("is_reopening"):
                reopened.remove([e for e in reopened if e.agent_id == event.agent_id][-1])
        return reopened

    def promised(self, rows: list[CommitmentState]) -> Iterator[Told]:
        in_a_row = 0
        for row in sorted(rows, key=lambda row: (row.started_at, row.cycle)):
            start = utc_datetime(row.started_at)
            yield "promise_made", start, None
            is_renewed = False
            if row.state == "met":
                assert row.met_at is not None
                met_at = utc_datetime(row.met_at)
                yield "promise_kept", met_at, None
                is_renewed = any(o.started_at == row.met_at and o is not row for o in rows)
                if is_renewed:
                    yield "promise_renewed", met_at, None
                    wrote = [m.sent_at.replace(microsecond=0) for m in self.theirs]
                    is_answered = any(start < at <= met_at for at in wrote)
                    in_a_row = 1 if is_answered else in_a_row + 1
                    if in_a_row >= 3:
                        yield "renewed_without_news", met_at, None
            if not is_renewed:
                in_a_row = 0
            if row.end_reason == "held":
                assert row.ended_at is not None
                yield "promise_rescued", utc_datetime(row.ended_at), None
            if row.state == "breached":
                yield self.broken(row)

    def broken(self, row: CommitmentState) -> Told:
        assert row.breached_at is not None
        promised = utc_datetime(row.breached_at)
        contact = utc_datetime(row.met_at) if row.met_at else None
        if row.end_reason == "merged":
            contact = min((m.sent_at for m in self.ours if m.sent_at > promised), default=None)
        if contact is None:
            return "promise_silent", promised, None
        return "promise_late", promised, whole(contact - promised)

    def judged(self, at: datetime) -> Iterator[Told]:
        for measure, seconds in self.turns(at).items():
            yield measure, at, seconds
        yield "effort", at, score(parts_of([self.ticket.pk])[self.ticket.pk], effort_weights())
        reasons = reasons_of([self.ticket.pk])[self.ticket.pk]
        yield ("unclean" if reasons else "clean"), at, None
        for reason in reasons:
            yield f"unclean_{reason}", at, None

    def turns(self, at: datetime) -> dict[str, int]:
        """Look second by second where the status may have changed, and only there."""
        events = [event.at for event in self.ticket.clock.events.all()]
        rows = compute(self.ticket.clock, now=at).commitments
        ends = [utc_datetime(row.ended_at) for row in rows if row.ended_at]
        moments = sorted({m.replace(microsecond=0) for m in [*events, *ends] if m <= at} | {at})
        names = {"us": "waited_us", "customer": "waited_customer", "third_party": "waited_third"}
        spent = dict.fromkeys(names.values(), 0)
        for since, until in pairwise(moments):
            holder = compute_at(self.ticket, since)
            if holder in names:
                spent[names[holder]] += whole(until - since)
        return spent


def compute_at(ticket: Ticket, at: datetime) -> str | None:
    """Whose turn it was, by the log as it counts today."""
    whole_log = read_log(ticket.clock)
    log = log_as_it_counts(whole_log, until=max(event.at for event in whole_log))
    until = epoch_seconds(at)
    return replay(
        [event for event in log if event.at <= until], policies=named_policies(log), now=until
    ).holder


def is_promise(row: CommitmentState) -> bool:
    return row.kind == "promise" and row.source in KEPT_BY_PEOPLE


def targets(rows: list[CommitmentState]) -> Iterator[Told]:
    for row in rows:
        if row.kind not in {"first_reply", "next_reply", "update", "resolution"}:
            continue
        if row.state == "met" and row.met_at:
            yield "sla_kept", utc_datetime(row.met_at), None
        if row.state == "breached" and row.breached_at:
            yield "sla_broken", utc_datetime(row.breached_at), None
        if row.kind == "first_reply" and row.met_at and row.ended_at:
            yield "answered_working", utc_datetime(row.met_at), row.used_seconds


def whole(span: Any) -> int:
    return max(0, int(span.total_seconds() // 1))


def recount(*, now: datetime) -> Counter[Told]:
    """Every fact that there should be, with whom and what it is about, and how often."""
    facts: Counter[Told] = Counter()
    judged: dict[int, list[tuple[datetime, int, bool, Told]]] = {}
    tickets = Ticket.objects.select_related("customer", "clock")
    for ticket in tickets.filter(merged_into=None).exclude(status__in=["spam", "merged"]):
        members = [ticket, *tickets.filter(merged_into=ticket)]
        for measure, at, seconds, *rest in Matter(ticket, members, now).facts():
            agent, channel = rest or (ticket.assignee_id, ticket.channel)
            about = (
                *(ticket.customer_id, ticket.customer.organization_id, ticket.team_id, agent),
                *(ticket.topic_id, channel),
            )
            local = at.astimezone(DESK)
            when = (at, local.date(), local.hour)
            facts[measure, ticket.pk, *when, seconds, *about] += 1
            if measure in {"clean", "unclean"}:
                again = ("repeat_failure", ticket.pk, *when, None, *about)
                row = (at, ticket.pk, measure == "unclean", again)
                judged.setdefault(ticket.customer_id, []).append(row)
    for rows in judged.values():
        for (_at, _pk, was_unclean, _told), (_, _, is_unclean, told) in pairwise(sorted(rows)):
            if was_unclean and is_unclean:
                facts[told] += 1
    return facts
