"""How it was, in the customer's words: asked seldom, answered once and changed for a while, and made
up for when it was bad."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent, Notification
from accounts.selectors import manager_ids, people_of_teams
from mail.letter_texts import RATING, WORDS, text_of
from sla.models import Status
from sla.selectors import disturb_at, working_time_after
from tickets.events import EventKind
from tickets.exceptions import RatingClosed
from tickets.models import Message, Rating, RatingSettings, Ticket, TicketEvent
from tickets.services.recording import lock_ticket, save_change, tell_agents
from tickets.services.writing import address_of

Kind = Rating.Kind
SCALES = {Kind.SATISFACTION: range(2), Kind.EFFORT: range(1, 6)}
# Who has not answered by then will not, and who has may think better of it for so long.
ANSWERED_WITHIN = timedelta(days=60)
CHANGED_WITHIN = timedelta(days=14)
# Of working time: somebody speaks to the customer within a working day.
RECOVERED_WITHIN = timedelta(hours=8)


def ask_for_rating(ticket: Ticket, *, message: Message, now: datetime) -> Rating | None:
    """Ask with the letter that solves the ticket, satisfaction and effort in turn.

    None when it is not their turn: nobody is asked twice about one ticket, more often than the
    settings say, where machines must not write, or in a letter whose text has no place for it.
    """
    rules = rating_settings()
    if not (rules.is_on and ticket.status == Status.RESOLVED and _has_a_place(ticket.language)):
        return None
    if not address_of(ticket, is_automatic=True):
        return None
    asked = Rating.objects.filter(ticket__customer=ticket.customer_id).order_by("-asked_at")
    last = asked.first()
    if last is not None and last.asked_at > now - timedelta(days=rules.days_between):
        return None
    if last is not None and Rating.objects.filter(ticket=ticket).exists():
        return None
    was_satisfaction = last is not None and last.kind == Kind.SATISFACTION
    return Rating.objects.create(
        ticket=ticket,
        message=message,
        kind=Kind.EFFORT if was_satisfaction else Kind.SATISFACTION,
        asked_at=now,
    )


@transaction.atomic
def record_rating(
    rating: Rating, *, value: int, comment: str = "", now: datetime | None = None
) -> Rating:
    """Take in what the customer says, or says otherwise now. A bad one is told to the leads, once.

    Raises RatingClosed when its time is over.
    """
    ticket = lock_ticket(rating.ticket)
    rating = Rating.objects.select_for_update().get(pk=rating.pk)
    now = now or timezone.now()
    if not is_open(rating, now=now):
        raise RatingClosed(_("This rating cannot be changed any more."))
    is_other = rating.value != value
    rating.value, rating.comment, rating.changed_at = value, comment.strip(), now
    rating.answered_at = rating.answered_at or now
    if rating.is_bad and rating.recovery_due_at is None:
        _begin_recovery(rating, ticket, now=now)
    rating.save()
    if is_other:
        facts = {"rating": rating.kind, "value": value}
        TicketEvent.objects.create(ticket=ticket, kind=EventKind.RATED, at=now, facts=facts)
    save_change(ticket, now=now)
    return rating


@transaction.atomic
def finish_recovery(rating: Rating, *, words: str, by: Agent, now: datetime | None = None) -> bool:
    """Somebody has made up for it; False when somebody else was faster."""
    ticket = lock_ticket(rating.ticket)
    now = now or timezone.now()
    words = " ".join(words.split())
    to_do = Rating.objects.filter(pk=rating.pk, recovered_at=None, recovery_due_at__isnull=False)
    if not to_do.update(recovered_at=now, recovered_by=by, recovery_words=words):
        return False
    TicketEvent.objects.create(
        ticket=ticket, kind=EventKind.RECOVERED, at=now, agent=by, facts={"reason": words}
    )
    save_change(ticket, now=now)
    return True


def is_open(rating: Rating, *, now: datetime) -> bool:
    """Whether the customer can still say it, or say it otherwise."""
    return now < open_until(rating)


def open_until(rating: Rating) -> datetime:
    """Until when they can."""
    if rating.answered_at is None:
        return rating.asked_at + ANSWERED_WITHIN
    return rating.answered_at + CHANGED_WITHIN


def rating_settings() -> RatingSettings:
    """What holds now."""
    return RatingSettings.objects.filter(pk=1).first() or RatingSettings(pk=1)


def save_rating_settings(*, is_on: bool, days_between: int, by: Agent, now: datetime) -> None:
    """What holds from now on; who was asked already may still answer."""
    RatingSettings.objects.update_or_create(
        pk=1,
        defaults={
            "is_on": is_on,
            "days_between": days_between,
            "changed_at": now,
            "changed_by": by,
        },
    )


def _has_a_place(language: str) -> bool:
    """Whether the letter as it is worded asks at all."""
    return RATING in WORDS.used(text_of("reply", language).body)


def _begin_recovery(rating: Rating, ticket: Ticket, *, now: datetime) -> None:
    policy = ticket.clock.policy_version_id
    due_at = working_time_after(policy, now, RECOVERED_WITHIN)
    rating.recovery_due_at = due_at or now + timedelta(days=1)
    tell_agents(
        ticket,
        people_of_teams([ticket.team_id])[ticket.team_id].leads or manager_ids(),
        kind=Notification.Kind.BAD_RATING,
        key=f"recovery:{rating.pk}",
        now=now,
        facts={"due_at": rating.recovery_due_at.isoformat(), "said": rating.comment[:200]},
        mail_after=disturb_at(policy, now=now),
    )
