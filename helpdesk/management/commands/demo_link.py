from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tickets import links
from tickets.models import Ticket


class Command(BaseCommand):
    help = "Print the secret link of one customer of the demo, or nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        ticket = Ticket.objects.unresolved().filter(channel="web").order_by("next_due_at").first()
        if ticket is not None:
            self.stdout.write(links.url_for(ticket, now=timezone.now()))
