"""Letters to customers as administrators word them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import Agent
from mail.letter_texts import Text, forget_texts, objections
from mail.letters import one_line
from mail.models import LetterText, LetterTextVersion


class BadText(ValueError):
    """`wrong` says what, each with where: "subject" or "body"."""

    def __init__(self, wrong: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(sentence for _field, sentence in wrong))
        self.wrong = wrong


def checked_text(name: str, *, subject: str, body: str) -> Text:
    """The text as it may be kept and sent. Raises BadText."""
    text = Text(one_line(subject), body.replace("\r\n", "\n").strip() + "\n")
    if wrong := list(objections(name, text)):
        raise BadText(wrong)
    return text


@transaction.atomic
def save_text(name: str, language: str, *, subject: str, body: str, by: Agent) -> LetterText:
    """Keep what a letter says from now on. Raises BadText."""
    text, now = checked_text(name, subject=subject, body=body), timezone.now()
    words = {"subject": text.subject, "body": text.body, "changed_at": now, "changed_by": by}
    LetterTextVersion.objects.create(name=name, language=language, **words)
    saved, _is_new = LetterText.objects.update_or_create(
        name=name, language=language, defaults=words
    )
    _tell_everybody()
    return saved


@transaction.atomic
def restore_built_in_text(name: str, language: str, *, by: Agent) -> None:
    """The letter says again what we come with."""
    LetterText.objects.filter(name=name, language=language).delete()
    LetterTextVersion.objects.create(
        name=name, language=language, changed_at=timezone.now(), changed_by=by
    )
    _tell_everybody()


def _tell_everybody() -> None:
    """Now, for whoever goes on in this transaction, and once more when others can see the change."""
    forget_texts()
    transaction.on_commit(forget_texts)
