from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from accounts.first_run import make_setup_token
from helpdesk.supervisor.emptying import first_token, forget_first_token


class Command(BaseCommand):
    help = (
        "Print the link by which the first administrator sets up the desk; it replaces the one"
        " before. Nothing once there is an administrator."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        # Whoever has just ended the demo is on their way to it already.
        if (token := make_setup_token(first_token(settings.DATA_DIR))) is not None:
            path = reverse("desk:first_run_begin", args=[token])
            self.stdout.write(f"{settings.BASE_URL.rstrip('/')}{path}")
        forget_first_token(settings.DATA_DIR)
