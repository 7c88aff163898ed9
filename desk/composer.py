"""What the reply box shows beside its text: files, when it may leave, and what leaves later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import Agent
from common.time_formatting import format_instant, short_instant
from desk import access
from desk.forms import OTHER_TIME, ReplyForm, WritingForm, read_instant
from desk.macros import chosen_macros
from sla.selectors import coming_openings
from tickets.attachments import move_uploads, uploads, uploads_by_key
from tickets.models import Attachment, Draft, Ending, Macro, ScheduledReply, Ticket
from tickets.surroundings import Surroundings


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """One radio button: `value` is an instant, `for_customer` says it in another zone of theirs."""

    value: str
    words: str
    for_customer: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Later:
    """A reply that leaves later, and what may be done with it."""

    reply: ScheduledReply
    files: Sequence[Attachment]
    is_own: bool


@dataclass(frozen=True, kw_only=True)
class Composer:
    """`key` is what the form is sent under; `ending` names its first button; `promise` is the time
    chosen before, as an instant."""

    form: ReplyForm
    key: UUID
    ending: str
    promise: str
    uploads: Sequence[Attachment]
    leavings: Sequence[Leaving]
    is_other_leaving: bool
    later: Sequence[Later]
    # Whose tags and priority go with the reply.
    macros: Sequence[Macro]

    @property
    def is_sent_later(self) -> bool:
        return self.is_other_leaving or any(leaving.is_chosen for leaving in self.leavings)


def compose(
    ticket: Ticket,
    around: Surroundings,
    *,
    form: ReplyForm | None,
    agent: Agent,
    now: datetime,
    has_moved_on: bool,
) -> Composer:
    """The form that was sent and is shown again, or the agent's draft, or an empty box."""
    own = (each for each in around.drafts if each.agent_id == agent.pk)
    draft = next((each for each in own if each.kind == Draft.Kind.REPLY), None)
    writing = form or ReplyForm(draft=draft)
    kept = draft or Draft()
    chosen = writing.data.get("leave", "") if form else _text_of(kept.leaves_at)
    key = _another_key(writing.key) if has_moved_on and form else writing.key
    return Composer(
        form=writing,
        key=key,
        ending=kept.ending or Ending.PROMISE,
        promise=writing.data.get("promise", "") if form else _text_of(kept.promise_at),
        uploads=uploads(key) if form else around.uploads,
        leavings=_leavings(ticket, chosen, now=now),
        is_other_leaving=chosen == OTHER_TIME,
        later=_later(around.scheduled, agent=agent),
        macros=macros_with(form, kept, agent=agent),
    )


def macros_with(form: WritingForm | None, draft: Draft | None, *, agent: Agent) -> list[Macro]:
    """Those that were chosen for what is being written."""
    if form is not None and isinstance(form.data, QueryDict):
        return access.macros(agent, form.data.getlist("macro"))
    return chosen_macros(draft.macros, agent=agent) if draft else []


def _another_key(key: UUID) -> UUID:
    """Under the old key the text would be taken for what was sent before."""
    another = uuid4()
    move_uploads(key, to=another)
    return another


def _text_of(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _leavings(ticket: Ticket, chosen: str, *, now: datetime) -> list[Leaving]:
    """When we open next, as long as that is before the promise; and what was chosen before."""
    promised = ticket.next_contact_at
    openings = coming_openings(ticket.clock.policy_version_id, now=now)
    instants = [each for each in openings if promised is None or each < promised]
    kept = read_instant(chosen)
    if kept is not None and kept > now and kept not in instants:
        instants = [kept, *instants]
    return [
        Leaving(
            value=each.isoformat(),
            words=_in_short(each, now=now),
            for_customer=_for_customer(ticket, each),
            is_chosen=each == kept,
        )
        for each in instants
    ]


def _in_short(moment: datetime, *, now: datetime) -> str:
    zone = timezone.get_current_timezone()
    return short_instant(moment, now=now, language=get_language() or "en", zone=zone)


def _for_customer(ticket: Ticket, moment: datetime) -> str:
    """The time where the customer is; empty when clocks show the same there and here."""
    zone = ZoneInfo(ticket.customer.time_zone)
    here = moment.astimezone(timezone.get_current_timezone())
    if moment.astimezone(zone).utcoffset() == here.utcoffset():
        return ""
    return format_instant(moment, language=get_language() or "en", zone=zone, with_zone=True)


def _later(scheduled: Sequence[ScheduledReply], *, agent: Agent) -> list[Later]:
    files = uploads_by_key([reply.submission_key for reply in scheduled]) if scheduled else {}
    return [
        Later(
            reply=reply,
            files=files.get(reply.submission_key, []),
            is_own=reply.agent_id == agent.pk,
        )
        for reply in scheduled
    ]
