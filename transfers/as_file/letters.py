"""What letters say, and mailboxes: without any password or token."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from mail.letter_editing import BadText, save_text
from mail.mailbox_editing import save_mailbox
from mail.mailbox_form import OF_MAILBOX, SECRET_FIELDS, MailboxForm
from mail.models import LetterText, Mailbox, MailboxSource
from transfers.as_file.section import Entry, FileError, Section
from transfers.as_file.tickets import team_named

OF_LETTER = ("name", "language", "subject", "body")
OF_SOURCE = tuple(
    name for name in MailboxForm.base_fields if name not in (*OF_MAILBOX, *SECRET_FIELDS)
)


def _letters() -> list[Entry]:
    texts = LetterText.objects.order_by("name", "language")
    return [{name: getattr(text, name) for name in OF_LETTER} for text in texts]


def _save_letter(entry: Entry, _here: Entry | None, by: Agent) -> None:
    try:
        save_text(**entry, by=by)
    except BadText as error:
        raise FileError(str(error)) from None


def _mailboxes() -> list[Entry]:
    mailboxes = Mailbox.objects.select_related("team", "mail_source").order_by("address")
    return [
        {
            **{name: getattr(mailbox, name) for name in OF_MAILBOX if name != "team"},
            "team": mailbox.team.name,
            **_source(getattr(mailbox, "mail_source", None) or MailboxSource()),
        }
        for mailbox in mailboxes
    ]


def _source(source: MailboxSource) -> Entry:
    return {name: getattr(source, name) for name in OF_SOURCE}


def _save_mailbox(entry: Entry, here: Entry | None, by: Agent) -> None:
    """As the page of a mailbox would; a password is not sent to another server without being
    entered anew."""
    mailbox = Mailbox.objects.get(address=here["address"]) if here else Mailbox()
    source = MailboxSource.objects.filter(mailbox=mailbox).first() if here else None
    data: dict[str, Any] = {name: value for name, value in entry.items() if value is not False}
    data["trusted_servers"] = ", ".join(map(str, entry["trusted_servers"]))
    data["team"] = team_named(entry["team"]).pk
    form = MailboxForm(data, mailbox=mailbox, source=source or MailboxSource(mailbox=mailbox))
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise FileError(f"{name}: {' '.join(map(str, errors))}")
    kept = mailbox if here else None
    save_mailbox(kept, fields=form.of_mailbox(), source=form.of_source(), by=by)


def _of(model: Any, names: tuple[str, ...]) -> Entry:
    return {name: getattr(model(), name) for name in names if name != "team"}


SECTIONS = (
    Section(
        name="letters",
        title=_("Letters"),
        fields=dict.fromkeys(OF_LETTER, ""),
        keys=("name", "language"),
        models=(LetterText,),
        read=_letters,
        save=_save_letter,
    ),
    Section(
        name="mailboxes",
        title=_("Mailboxes"),
        fields={**_of(Mailbox, OF_MAILBOX), "team": "", **_of(MailboxSource, OF_SOURCE)},
        keys=("address",),
        models=(Mailbox, MailboxSource),
        read=_mailboxes,
        save=_save_mailbox,
    ),
)
