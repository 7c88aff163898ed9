"""How agents sign in: django-allauth without signing up, its letters through our outbox."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from mail.letters import Letter, one_line
from mail.services import queue_email


class SignInForm(LoginForm):  # type: ignore[misc]
    """The library links to a new password between address and password, in the way of Tab."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page has the link below its button.
        self.fields["password"].help_text = ""


class AgentAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited to work here; nobody signs up."""

    def is_safe_url(self, url: str | None) -> bool:
        """An address that cannot even be read is not safe; the library would raise."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @transaction.atomic
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        language = translation.get_language() or "en"
        letter = Letter(
            subject=one_line(render_to_string(f"{template_prefix}_subject.txt", context)),
            text=render_to_string(f"{template_prefix}_message.txt", context).strip() + "\n",
        )
        queue_email(
            to=email,
            letter=letter,
            dedupe_key=f"account:{uuid4().hex}",
            language=language,
            now=timezone.now(),
            headers={"Auto-Submitted": "auto-generated"},
        )
