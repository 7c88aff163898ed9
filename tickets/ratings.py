"""Where a customer says how it was: a signed link that opens the rating and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from tickets.models import Rating

SIGNER = signing.Signer(salt="tickets.ratings", sep=".")


@dataclass(frozen=True)
class Asked:
    """What the letter says of it."""

    url: str
    is_about_effort: bool

    @classmethod
    def of(cls, rating: Rating) -> Asked:
        """The address for the letter."""
        path = reverse("portal:rating", args=[token_of(rating)])
        return cls(f"{settings.BASE_URL}{path}", rating.kind == Rating.Kind.EFFORT)


def token_of(rating: Rating) -> str:
    """What stands in the address. It names no ticket, and nobody can make one up."""
    return SIGNER.sign(str(rating.pk))


def find_rating(token: str) -> Rating | None:
    """The rating this token opens, if it opens one."""
    try:
        pk = int(SIGNER.unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    found = Rating.objects.select_related("ticket__customer", "ticket__team", "ticket__clock")
    return found.filter(pk=pk).first()
