from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.api_tokens import create_token
from accounts.models import Agent
from accounts.scopes import Scope


class Command(BaseCommand):
    help = "Print a new token by which a program acts for somebody who works here; see docs/api.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line", help="by which it is told apart")
        parser.add_argument(
            "--scopes",
            nargs="+",
            choices=Scope.values,
            default=[Scope.ALL],
            metavar="SCOPE",
            help=f"what it is for: {', '.join(Scope.values)}",
        )
        parser.add_argument("--days", type=int, help="how long it lasts; left out: until revoked")

    def handle(self, *args: Any, **options: Any) -> None:
        now, days = timezone.now(), options["days"]
        if days is not None and not 0 < days <= 36500:
            raise CommandError("A token lasts at least a day.")
        agent = Agent.objects.filter(email__iexact=options["email"], is_active=True).first()
        if agent is None:
            raise CommandError(f"Nobody who works here has the address {options['email']}.")
        _token, text = create_token(
            agent,
            name=options["name"][:60],
            scopes=options["scopes"],
            expires_at=now + timedelta(days=days) if days else None,
            now=now,
        )
        self.stdout.write(text)
