"""How the state of an inquiry is called where customers read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.models import Agent
from tickets.models import StateWording
from tickets.state_words import WORDS, forget_state_words, kept_words


@transaction.atomic
def save_state_words(words: Mapping[str, str], *, by: Agent, now: datetime) -> None:
    """What customers read from now on, by the columns of StateWording; empty: what we come with.
    What holds already is not written down again."""
    wanted = {name: " ".join(words[name].split()) for name in WORDS}
    if wanted != kept_words():
        StateWording.objects.create(**wanted, changed_at=now, changed_by=by)
        # Now, for whoever goes on in this transaction, and when others can see the change.
        forget_state_words()
        transaction.on_commit(forget_state_words)
