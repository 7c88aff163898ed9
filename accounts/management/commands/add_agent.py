from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import Agent, Language, Role, Team
from accounts.selectors import default_team
from accounts.services import add_member


class Command(BaseCommand):
    help = "Add a person who works here, and print the password they sign in with the first time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.AGENT)
        parser.add_argument("--team", help="made if it is new; the default team when left out")
        parser.add_argument(
            "--lead", action="store_true", help="is told second when a promise breaks"
        )
        parser.add_argument("--language", choices=Language.values, default=settings.LANGUAGE_CODE)

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        email = _checked(options["email"])
        password = secrets.token_urlsafe(12)
        agent = Agent.objects.create_user(
            email,
            password,
            name=options["name"],
            role=options["role"],
            language=options["language"],
            time_zone=settings.TIME_ZONE,
        )
        add_member(_team(options["team"]), agent, is_lead=options["lead"])
        self.stdout.write(f"{agent.email} signs in with: {password}")


def _checked(email: str) -> str:
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"“{email}” is not an email address.") from None
    if Agent.objects.filter(email__iexact=email).exists():
        raise CommandError(f"{email} works here already.")
    return email


def _team(name: str | None) -> Team:
    if not name:
        return default_team()
    return Team.objects.get_or_create(name=name)[0]
