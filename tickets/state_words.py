"""The state of an inquiry in customers' words: those that administrators wrote, else ours."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.remembered import Remembered
from sla.models import Status
from tickets.models import StateWording

# The word we come with for each state that has one of its own; customers need not tell others apart.
OURS: Mapping[str, str | Promise] = {
    Status.NEW: _("Received"),
    Status.OPEN: _("We are on it"),
    Status.ON_HOLD: _("We are on it"),
    Status.PENDING_CUSTOMER: _("Waiting for your reply"),
    Status.RESOLVED: _("Done"),
}
READ_AS: Mapping[str, str] = {Status.CLOSED: Status.RESOLVED}
LANGUAGES = ("ja", "en")
# The columns of StateWording.
WORDS = tuple(f"{state}_{language}" for state in OURS for language in LANGUAGES)
# Names the state of the words; whoever changes them takes it away.
VERSION = "state_words:version"


def state_in_words(status: str) -> str:
    """What the customer reads, in the active language; what has no word of its own is being looked
    at."""
    read_as = READ_AS.get(status, status)
    state = read_as if read_as in OURS else Status.OPEN
    language = (translation.get_language() or "")[:2]
    return _kept.get().get(f"{state}_{language}") or str(OURS[state])


def words_we_come_with() -> dict[str, str]:
    """By column."""
    words: dict[str, str] = {}
    for language in LANGUAGES:
        with translation.override(language):
            words |= {f"{state}_{language}": str(word) for state, word in OURS.items()}
    return words


def kept_words() -> dict[str, str]:
    """What administrators wrote, by column, read anew; empty where ours hold."""
    newest = StateWording.objects.order_by("-pk").values(*WORDS).first()
    return newest or dict.fromkeys(WORDS, "")


def forget_state_words() -> None:
    """Every process reads them anew. Call it when they have changed, and when that is committed."""
    _kept.forget()


_kept = Remembered(VERSION, kept_words)
