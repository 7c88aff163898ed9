"""Several tickets of one customer that are to become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _

from sla.models import Status
from tickets.models import Ticket, TicketQuerySet

FEWEST, MOST = 2, 20


@dataclass(frozen=True)
class Merging:
    """The tickets, oldest first, and the one that goes on."""

    tickets: list[Ticket]
    into: Ticket

    @classmethod
    def of(cls, chosen: TicketQuerySet, *, into: int | None) -> Self | None:
        """Into the ticket of this number if it is one of them, else into the oldest; None without
        any. Looks at one more than may be."""
        tickets = list(chosen.select_related("customer").order_by("opened_at", "pk")[: MOST + 1])
        if not tickets:
            return None
        asked = (ticket for ticket in tickets if ticket.number == into)
        return cls(tickets, next(asked, _oldest(tickets)))

    @property
    def facts(self) -> dict[str, Any]:
        """As tickets.services.bulk_ways wants them."""
        return {"into": self.into.pk, "number": self.into.number}

    @property
    def merged(self) -> list[Ticket]:
        """Those that go on as the other."""
        others = (ticket for ticket in self.tickets if ticket != self.into)
        return [each for each in others if _fit(each, self.into)]

    @property
    def refusal(self) -> str:
        """Why nothing can be merged; empty when something can."""
        if not FEWEST <= len(self.tickets) <= MOST:
            return _("Tick %(fewest)s to %(most)s tickets of one customer.") % {
                "fewest": FEWEST,
                "most": MOST,
            }
        if not self.merged:
            return _("None of these tickets are of the same customer. Nothing can be merged.")
        return ""

    @property
    def left(self) -> int:
        """How many of them stay as they are."""
        return len(self.tickets) - 1 - len(self.merged)


def _fit(ticket: Ticket, other: Ticket) -> bool:
    is_spam = Status.SPAM in {ticket.status, other.status}
    return ticket.customer_id == other.customer_id and not is_spam


def _oldest(tickets: list[Ticket]) -> Ticket:
    """The oldest of those that have another to go with; the oldest of all when none has."""
    with_others = (
        each for each in tickets if any(_fit(each, other) for other in tickets if other != each)
    )
    return next(with_others, tickets[0])
