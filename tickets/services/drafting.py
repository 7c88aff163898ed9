"""What is being written: kept on the server, so that no crash, logout or other device loses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import Agent
from tickets.attachments import move_uploads, uploads
from tickets.models import Draft, Macro, Message, Note, Ticket

SENT_AS: Mapping[str, type[Message] | type[Note]] = {
    Draft.Kind.REPLY: Message,
    Draft.Kind.NOTE: Note,
}


def save_draft(  # noqa: PLR0913 - all of it is what a draft is
    ticket: Ticket,
    *,
    kind: str,
    body: str,
    submission_key: UUID,
    agent: Agent,
    macros: Sequence[int] = (),
    now: datetime | None = None,
) -> None:
    """Keep the text, or forget it when it is empty. No clock moves, and nobody is told.

    What was sent under this key already is no draft: a copy saved too late changes nothing.
    """
    if not body.strip() and not uploads(submission_key):
        drop_draft(ticket, kind=kind, agent=agent)
        return
    if SENT_AS[kind].objects.filter(submission_key=submission_key).exists():
        return
    draft = Draft(
        ticket=ticket,
        agent=agent,
        kind=kind,
        body=body,
        submission_key=submission_key,
        saved_at=now or timezone.now(),
        macros=list(macros),
    )
    Draft.objects.bulk_create(
        [draft],
        update_conflicts=True,
        unique_fields=["ticket", "agent", "kind"],
        update_fields=["body", "submission_key", "saved_at", "macros"],
    )


def begin_draft(
    ticket: Ticket, *, submission_key: UUID, agent: Agent, now: datetime | None = None
) -> None:
    """Files come before words: a reply without any, so that the page finds the files again. Files
    that come after it was sent begin nothing."""
    if Message.objects.filter(submission_key=submission_key).exists():
        return
    begun = Draft(
        ticket=ticket,
        agent=agent,
        kind=Draft.Kind.REPLY,
        submission_key=submission_key,
        saved_at=now or timezone.now(),
    )
    Draft.objects.bulk_create([begun], ignore_conflicts=True)


def begin_with_macro(
    ticket: Ticket,
    macro: Macro,
    *,
    body: str,
    promise_at: datetime | None,
    agent: Agent,
    now: datetime,
) -> None:
    """Put the text of a macro behind what is being written, with the ending it proposes."""
    own = {"ticket": ticket, "agent": agent, "kind": Draft.Kind.REPLY}
    draft = Draft.objects.filter(**own).first() or Draft(**own, submission_key=uuid4())
    draft.body = f"{draft.body}\n\n{body}".strip()
    draft.ending = macro.ending or draft.ending
    draft.promise_at = promise_at or draft.promise_at
    draft.macros = list(dict.fromkeys([*draft.macros, macro.pk]))
    draft.saved_at = now
    draft.save()


def restore_draft(draft: Draft) -> None:
    """Put back what was taken back, in front of what its writer has begun since."""
    begun = Draft.objects.filter(ticket=draft.ticket, agent=draft.agent, kind=draft.kind).first()
    if begun is not None:
        draft.body = f"{draft.body}\n\n{begun.body}".strip()
        move_uploads(begun.submission_key, to=draft.submission_key)
        begun.delete()
    draft.save(force_insert=True)


def drop_draft(ticket: Ticket, *, kind: str, agent: Agent) -> None:
    """It was sent, or given up."""
    Draft.objects.filter(ticket=ticket, agent=agent, kind=kind).delete()
