"""Mails as customers and others send them, and the way they take through the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.conf import LazySettings
from django.core import mail as mail_module
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts.models import Team
from mail.delivery import deliver_due
from mail.models import InboundEmail, Mailbox
from mail.receiving import take_in
from tickets.services.acknowledging import note_acknowledgements
from tickets.services.filing import file_waiting_mail
from tickets.services.undelivered import take_up_failures

SERVER = "mx.desk.example"
SUPPORT = "support@desk.example"
HANA = "hanako@example.jp"


def a_mail(
    sender: str = HANA,
    *,
    to: Sequence[str] = (SUPPORT,),
    subject: str = "プリンターが動きません",
    body: str = "昨日から印刷できません。",
    cc: Sequence[str] = (),
    auth: str = "pass",
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """A mail with what our receiving server thinks of its sender."""
    mail = EmailMessage()
    if auth:
        domain = sender.rpartition("@")[2].strip(">")
        mail["Authentication-Results"] = f"{SERVER}; dmarc={auth} header.from={domain}"
    mail["From"], mail["To"], mail["Subject"] = sender, ", ".join(to), subject
    if cc:
        mail["Cc"] = ", ".join(cc)
    for name, value in (headers or {}).items():
        mail[name] = value
    if mail["Message-ID"] is None:
        mail["Message-ID"] = make_msgid(domain="mail.example.jp")
    if mail["Date"] is None:
        mail["Date"] = format_datetime(timezone.now())
    mail.set_content(body)
    return mail


def arrives(
    mail: EmailMessage | bytes,
    *,
    mailbox: Mailbox | None = None,
    envelope_from: str | None = None,
    envelope_to: Sequence[str] = (),
    verdict: str = "",
) -> InboundEmail:
    """It is taken in, and the system goes once around."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    email = take_in(
        raw,
        mailbox=mailbox,
        source="imap",
        envelope_from=envelope_from,
        envelope_to=envelope_to,
        verdict=verdict,
    )
    the_system_works()
    email.refresh_from_db()
    return email


def the_system_works() -> None:
    """Once around, as beat and the pump do it."""
    file_waiting_mail()
    deliver_due()
    note_acknowledgements()
    take_up_failures()


def a_mailbox(team: Team, settings: LazySettings) -> Mailbox:
    """The team's mailbox; its letters leave into django.core.mail.outbox."""
    settings.MAIL_HOST = "desk.example"
    settings.DEFAULT_FROM_EMAIL = SUPPORT
    settings.UNDO_SEND_SECONDS = 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return Mailbox.objects.create(
        address=SUPPORT, team=team, is_default=True, trusted_servers=[SERVER]
    )


def outbox() -> list[EmailMultiAlternatives]:
    """What left, in order."""
    return list(getattr(mail_module, "outbox", []))


def letters_to(address: str) -> list[EmailMultiAlternatives]:
    return [letter for letter in outbox() if address in letter.recipients()]
