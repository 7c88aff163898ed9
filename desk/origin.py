"""Which list somebody came from, so that the ticket page can lead on through it and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from tickets.queue import QueueFilter, read_query


def queue_address(query: str) -> str:
    """The queue that a query string names."""
    return f"{reverse('desk:queue')}?{query}"


@dataclass(frozen=True)
class Origin:
    """One page of one queue. It travels as `?from=` in the addresses of a ticket."""

    chosen: QueueFilter = field(default_factory=QueueFilter)
    after: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Origin:
        """What the address says; the whole open queue when it says nothing readable."""
        return cls.parse(request.GET.get("from", ""))

    @classmethod
    def parse(cls, address: str) -> Origin:
        """The page of a queue from its query string."""
        query = read_query(address)
        return cls(chosen=QueueFilter.read(query), after=query.get("after", ""))

    @cached_property
    def query(self) -> str:
        """The page of the queue as a query string."""
        after = urlencode({"after": self.after}) if self.after else ""
        return "&".join(filter(None, [self.chosen.query(), after]))

    @cached_property
    def suffix(self) -> str:
        """What addresses of a ticket end with: nothing when one came from the whole open queue."""
        return "" if self == Origin() else f"?{urlencode({'from': self.query})}"

    @cached_property
    def as_more(self) -> str:
        """The same for addresses that ask for something already."""
        return self.suffix.replace("?", "&", 1)

    def back_to(self, number: int) -> str:
        """The list, at the row of this ticket."""
        return f"{queue_address(self.query)}#row-{number}"

    def ticket(self, number: str | int) -> str:
        """The page of a ticket of this list."""
        return f"{reverse('desk:ticket', args=[number])}{self.suffix}"
