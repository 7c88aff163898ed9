"""Who changed a mailbox, and what: never the words of a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from accounts.models import Agent
from mail.models import Mailbox, MailboxChange
from mail.secret_fields import SECRETS

Changes = list[list[Any]]


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """[field, before, after] for all that differs, and of a secret only [field]."""
    differing = [name for name in after if before.get(name) != after[name]]
    return [
        [name] if name in SECRETS else [name, before.get(name), after[name]] for name in differing
    ]


def values_of(thing: Any, names: Iterable[str]) -> dict[str, Any]:
    """What it says, in words that can be stored; secrets as they are stored."""
    return {name: _word(getattr(thing, name)) for name in names}


def note_changes(
    mailbox: Mailbox | None,
    changes: Changes,
    *,
    by: Agent | None,
    now: datetime,
    provider: str = "",
) -> None:
    """Write down what was changed of a mailbox or, without one, of the application at a provider."""
    if changes:
        MailboxChange.objects.create(
            mailbox=mailbox, provider=provider, changed_at=now, changed_by=by, changes=changes
        )


def _word(value: Any) -> Any:
    if isinstance(value, str | bool | int | list) or value is None:
        return value
    return str(value)
