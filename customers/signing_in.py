"""How a customer shows who they are without an account: a link to their mailbox lets one browser in,
once, for a while. Tokens are random; the database keeps only their digests."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from common.digests import digest_of
from customers.models import ContactPoint, Customer, CustomerSession, SignInLink
from customers.normalizing import normalize_email

LINK_HOLDS = timedelta(minutes=30)
SESSION_HOLDS = timedelta(hours=12)
# Longer than anybody asks why a link did not work.
KEPT = timedelta(days=7)
BYTES = 32


@dataclass(frozen=True)
class NewLink:
    """A link that was just made, with its token for the last time in the clear. Without a customer
    it opens nothing, and nobody may be sent it."""

    token: str
    customer: Customer | None
    address: str


def make_link(address: str, *, now: datetime) -> NewLink:
    """A link for whoever has this address; for an address that nobody has, or where mail does not
    arrive or is not wanted from machines, the same work for nothing."""
    normalized = normalize_email(address)
    points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalized=normalized)
    point = points.select_related("customer").first()
    is_good = point is not None and not point.state
    customer = point.customer if point is not None and is_good else None
    token = secrets.token_urlsafe(BYTES)
    SignInLink.objects.create(
        customer=customer, digest=digest_of(token), created_at=now, expires_at=now + LINK_HOLDS
    )
    return NewLink(token, customer, point.value if point else normalized)


def link_stands(token: str, *, now: datetime) -> bool:
    """Whether the link would let somebody in now; nothing happens."""
    return _standing(token, now=now).exists()


@transaction.atomic
def use_link(token: str, *, now: datetime) -> str | None:
    """Let a browser in: the token of its session, or None when the link was used, is over or never
    was. Of two that come at once, one is let in."""
    if not _standing(token, now=now).update(used_at=now):
        return None
    link = SignInLink.objects.get(digest=digest_of(token))
    assert link.customer_id is not None, "a link without a customer never stands"  # noqa: S101
    session = secrets.token_urlsafe(BYTES)
    CustomerSession.objects.create(
        customer_id=link.customer_id,
        digest=digest_of(session),
        began_at=now,
        expires_at=now + SESSION_HOLDS,
    )
    _forget_old(now=now)
    return session


def customer_of_session(token: str, *, now: datetime) -> Customer | None:
    """Whose session this is, while it lasts."""
    sessions = CustomerSession.objects.filter(
        digest=digest_of(token), ended_at=None, expires_at__gt=now
    )
    session = sessions.select_related("customer__organization").first()
    return session.customer if session else None


def end_session(token: str, *, now: datetime) -> None:
    """Sign this browser out."""
    CustomerSession.objects.filter(digest=digest_of(token), ended_at=None).update(ended_at=now)


def end_sessions_of(customer: Customer, *, now: datetime) -> int:
    """Sign a customer out everywhere, and let no link in that has not been used; how many it were."""
    customer.sign_in_links.filter(used_at=None).update(used_at=now)
    return customer.sessions.filter(ended_at=None).update(ended_at=now)


def _standing(token: str, *, now: datetime) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(
        digest=digest_of(token), used_at=None, expires_at__gt=now, customer__isnull=False
    )


def _forget_old(*, now: datetime) -> None:
    SignInLink.objects.filter(expires_at__lt=now - KEPT).delete()
    CustomerSession.objects.filter(expires_at__lt=now - KEPT).delete()
