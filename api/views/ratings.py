"""What customers said of our work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpResponse

from api.endpoint import PAGED, Asked, Endpoint, call
from api.filtering import paged
from api.schema import page_of
from api.shapes import Choice, Flag, Instant, OrNull, Shape, Text, Whole, answered, utc
from api.showing import AGENT
from common.keyset import Order
from tickets.models import Rating
from tickets.reach import ratings_seen_by

NEWEST = Order(("answered_at",), is_ascending=False)
RATING = answered(
    "Rating",
    {
        "id": Whole(),
        "ticket": Whole(about="Its number"),
        "kind": Choice(Rating.Kind.values),
        "value": Whole(0, 5, about="csat: 0 or 1; effort: 1 (very hard) to 5 (very easy)"),
        "comment": Text(100_000),
        "is_bad": Flag(),
        "asked_at": Instant(),
        "answered_at": Instant(),
        "recovery_due_at": OrNull(Instant(about="By when a lead should have made up for it")),
        "recovered_at": OrNull(Instant()),
        "recovered_by": OrNull(AGENT),
        "recovery_words": Text(500, about="What was done"),
    },
)
# As Rating.is_bad.
BAD = Q(kind=Rating.Kind.SATISFACTION, value=0) | Q(kind=Rating.Kind.EFFORT, value__lte=2)
STATES: Mapping[str, Q] = {
    "good": ~BAD,
    "bad": BAD,
    "to_recover": Q(recovery_due_at__isnull=False, recovered_at=None),
    "recovered": Q(recovered_at__isnull=False),
}
FILTERS: Mapping[str, Shape] = {
    "kind": Choice(Rating.Kind.values),
    "state": Choice([*STATES], about="`to_recover`: bad, and nobody has made up for it yet"),
    "team": Whole(about="Whose tickets"),
    "since": Instant(about="Given then or later"),
    "until": Instant(about="Given before"),
}
CONDITIONS = {
    "kind": "kind",
    "team": "ticket__team",
    "since": "answered_at__gte",
    "until": "answered_at__lt",
}


class Ratings(Endpoint):
    """For whoever sees all tickets, and, of their teams, for leads."""

    of = section = "tickets"

    @call(
        "List what customers said of our work",
        answer=page_of(RATING),
        query={**FILTERS, **PAGED},
        about="Leads read those of their teams, whoever sees all tickets reads all; everybody else"
        " none. `tickets/NUMBER/recovery/` says that a bad one was made up for.",
    )
    def get(self, asked: Asked) -> HttpResponse:
        """The newest first."""
        rows = ratings_seen_by(asked.agent).filter(answered_at__isnull=False)
        for name, condition in CONDITIONS.items():
            if name in asked.query:
                rows = rows.filter(**{condition: asked.query[name]})
        if "state" in asked.query:
            rows = rows.filter(STATES[asked.query["state"]])
        return paged(asked, rows.select_related("ticket", "recovered_by"), NEWEST, _shown)


def _shown(rating: Rating) -> dict[str, Any]:
    by = rating.recovered_by
    return {
        "id": rating.pk,
        "ticket": rating.ticket.number,
        "kind": rating.kind,
        "value": rating.value,
        "comment": rating.comment,
        "is_bad": rating.is_bad,
        "asked_at": utc(rating.asked_at),
        "answered_at": utc(rating.answered_at),
        "recovery_due_at": utc(rating.recovery_due_at),
        "recovered_at": utc(rating.recovered_at),
        "recovered_by": {"id": by.pk, "name": by.name} if by else None,
        "recovery_words": rating.recovery_words,
    }
