"""Put tickets that are not in the search index into it, the newest first."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Max

from tickets.models import Ticket
from tickets.searching.index import index_families, tickets_to_index

BATCH = 200


class Command(BaseCommand):
    help = "Fill the search index with tickets it lacks; stopped half-way, it goes on from there."

    def handle(self, *args: Any, **options: Any) -> None:
        last = (Ticket.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
        indexed = 0
        while ids := next_ids(below=last):
            indexed += index_batch(ids)
            last = min(ids)
        if indexed and options["verbosity"]:
            self.stdout.write(f"{indexed} tickets are in the search index now.")


def next_ids(*, below: int) -> list[int]:
    """The next tickets to look at, indexed or not: looking far ahead for one would take long."""
    ids = Ticket.objects.filter(pk__lt=below).order_by("-pk").values_list("pk", flat=True)
    return list(ids[:BATCH])


@transaction.atomic
def index_batch(ids: list[int]) -> int:
    """Index those that are not yet, held meanwhile, so that no word said now is missed."""
    tickets = tickets_to_index().filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    held = list(tickets.select_related("customer"))
    index_families(held)
    return len(held)
