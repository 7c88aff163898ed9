"""What should stand in the DNS of a mailbox's domain, and whether it does."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.resolver
from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mail.models import MailboxSource
from mail.oauth import is_this_machine

# For all questions together.
SECONDS_TO_ANSWER = 3.0
LONGEST_SHOWN = 300
MICROSOFT, GOOGLE = "microsoft", "google"
# Whose servers these are, when mail is fetched from them or sent by them.
HOSTS = {
    "outlook.office365.com": MICROSOFT,
    "smtp.office365.com": MICROSOFT,
    "imap.gmail.com": GOOGLE,
    "smtp.gmail.com": GOOGLE,
    "smtp-relay.gmail.com": GOOGLE,
}
# By which name each tells who may send for a domain.
INCLUDES = {
    MICROSOFT: "spf.protection.outlook.com",
    GOOGLE: "_spf.google.com",
    "amazon_ses": "amazonses.com",
    "brevo": "spf.brevo.com",
    "mailersend": "_spf.mailersend.net",
    "mailgun": "mailgun.org",
    "mailjet": "spf.mailjet.com",
    "mandrill": "spf.mandrillapp.com",
    "postmark": "spf.mtasv.net",
    "sendgrid": "sendgrid.net",
}
RECEIVING = {
    MICROSOFT: (".mail.protection.outlook.com", ".mx.microsoft"),
    GOOGLE: (".google.com", ".googlemail.com"),
}
DKIM_OF_MICROSOFT = (".onmicrosoft.com", ".dkim.mail.microsoft")


class Standing(models.TextChoices):
    """How a record is."""

    FOUND = "found", _("Found")
    MISSING = "missing", _("Missing")
    DIFFERENT = "different", _("Something else stands there")
    NO_ANSWER = "no_answer", _("The resolver did not answer")
    NOT_ASKED = "not_asked", _("Not asked")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One that should be there, and what it is good for."""

    title: str
    name: str
    kind: str
    content: str | Promise
    about: str | Promise
    # Which of those at this name are meant, and whether what they say will do; without: not asked.
    is_meant: Callable[[str], bool] = bool
    will_do: Callable[[str], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A record and, once somebody has looked, how it is and what stands there."""

    record: Record
    standing: Standing = Standing.NOT_ASKED
    seen: tuple[str, ...] = ()

    @property
    def is_asked(self) -> bool:
        return self.standing != Standing.NOT_ASKED


def records_for(source: MailboxSource) -> list[Record]:
    """The records for the ways by which this mailbox gets and sends mail."""
    domain = source.mailbox.address.rpartition("@")[2]
    sender, receiver = _sender(source), HOSTS.get(source.host.lower(), "")
    found = [_spf(domain, source, sender), *_dkim(domain, sender), _dmarc(domain)]
    found.append(_mx(domain, receiver, source.host))
    host = settings.MAIL_REPLY_HOST
    if host and host != domain:
        found.append(_mx_of_replies(host))
    return found


def check_records(records: Sequence[Record]) -> list[Finding]:
    """Ask the operator's resolver, and nobody when there is none."""
    if not settings.DNS_RESOLVER:
        return [Finding(record=record) for record in records]
    until = time.monotonic() + SECONDS_TO_ANSWER
    return [_check(record, until=until) for record in records]


def _sender(source: MailboxSource) -> str:
    """Whose servers the letters leave by, as INCLUDES names them; empty: somebody's own."""
    if source.transport == MailboxSource.Transport.SMTP:
        return HOSTS.get(source.smtp_host.lower(), "")
    package, _dot, rest = str(settings.EMAIL_BACKEND).partition(".backends.")
    if package == "anymail":
        return rest.partition(".")[0]
    return HOSTS.get(str(settings.EMAIL_HOST).lower(), "")


def _spf(domain: str, source: MailboxSource, sender: str) -> Record:
    include = f"include:{INCLUDES[sender]}" if sender in INCLUDES else ""
    return Record(
        title="SPF",
        name=domain,
        kind="TXT",
        content=f"v=spf1 {include or _own_server(source)} ~all",
        about=_("Says which servers may send letters with addresses of this domain."),
        is_meant=lambda says: says.lower().split(" ")[0] == "v=spf1",
        will_do=lambda says: not include or include in says.lower().split(),
    )


def _own_server(source: MailboxSource) -> str:
    own = source.transport == MailboxSource.Transport.SMTP
    host = source.smtp_host if own else str(settings.EMAIL_HOST)
    return "mx" if not host or is_this_machine(host) else f"a:{host}"


def _dkim(domain: str, sender: str) -> list[Record]:
    about = _("Holds the key with which receivers check that a letter was not changed.")
    if sender == MICROSOFT:
        shown = _("The target that Microsoft Defender shows under Email authentication, DKIM")
        return [
            Record(
                title="DKIM",
                name=f"selector{number}._domainkey.{domain}",
                kind="CNAME",
                content=shown,
                about=about,
                will_do=lambda says: says.endswith(DKIM_OF_MICROSOFT),
            )
            for number in (1, 2)
        ]
    if sender == GOOGLE:
        return [
            Record(
                title="DKIM",
                name=f"google._domainkey.{domain}",
                kind="TXT",
                content=_("The key that the Google Admin console shows under Authenticate email"),
                about=about,
                will_do=lambda says: says.startswith("v=DKIM1") and "p=" in says,
            )
        ]
    shown = _("The key that your mail server or provider shows, under the name it shows")
    name = f"selector._domainkey.{domain}"
    return [Record(title="DKIM", name=name, kind="TXT", content=shown, about=about)]


def _dmarc(domain: str) -> Record:
    return Record(
        title="DMARC",
        name=f"_dmarc.{domain}",
        kind="TXT",
        content=f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}",
        about=_("Says what receivers do with letters that pass neither SPF nor DKIM."),
        is_meant=lambda says: says.startswith("v=DMARC1"),
        will_do=lambda says: "p=" in says,
    )


def _mx(domain: str, receiver: str, host: str) -> Record:
    contents: dict[str, str] = {
        MICROSOFT: f"0 {domain.replace('.', '-')}.mail.protection.outlook.com",
        GOOGLE: "1 smtp.google.com",
    }
    endings = RECEIVING.get(receiver, ("",))
    return Record(
        title="MX",
        name=domain,
        kind="MX",
        content=contents.get(receiver, f"10 {host or settings.MAIL_HOST}"),
        about=_("Says which server takes in mail to addresses of this domain."),
        will_do=lambda says: says.endswith(endings),
    )


def _mx_of_replies(host: str) -> Record:
    return Record(
        title="MX",
        name=host,
        kind="MX",
        content=f"10 {settings.MAIL_HOST}",
        about=_("Brings the answers to tickets here: their addresses are of this host."),
        will_do=lambda _says: True,
    )


def _check(record: Record, *, until: float) -> Finding:
    if record.will_do is None:
        return Finding(record=record)
    try:
        answers = _ask(record.name, record.kind, seconds=until - time.monotonic())
    except (dns.exception.DNSException, OSError, ValueError):
        return Finding(record=record, standing=Standing.NO_ANSWER)
    meant = [says for says in answers if record.is_meant(says)]
    return Finding(record=record, standing=_standing(record, meant), seen=_shown(meant))


def _standing(record: Record, meant: Sequence[str]) -> Standing:
    if not meant:
        return Standing.MISSING
    # Of SPF and DMARC there may be one only (RFC 7208 4.5, RFC 7489 6.6.3).
    is_one_too_many = record.title in {"SPF", "DMARC"} and len(meant) > 1
    will_do = record.will_do is not None and any(record.will_do(says) for says in meant)
    return Standing.FOUND if will_do and not is_one_too_many else Standing.DIFFERENT


def _ask(name: str, kind: str, *, seconds: float) -> list[str]:
    if seconds <= 0:
        raise dns.exception.Timeout
    try:
        found = _resolver().resolve(name, kind, lifetime=seconds, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [_text(kind, each) for each in found]


def _resolver() -> dns.resolver.Resolver:
    """The operator's, written as an address with or without a port. Raises ValueError."""
    host, port = settings.DNS_RESOLVER, "53"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host, _colon, port = host.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [str(ipaddress.ip_address(host.strip("[]")))]
    resolver.port = int(port)
    return resolver


def _text(kind: str, answer: Any) -> str:
    if kind == "TXT":
        return b"".join(answer.strings).decode("utf-8", "replace")
    if kind == "MX":
        return f"{answer.preference} {answer.exchange.to_text(omit_final_dot=True)}".lower()
    return str(answer.target.to_text(omit_final_dot=True)).lower()


def _shown(answers: Sequence[str]) -> tuple[str, ...]:
    """Anybody may write into their DNS what they like."""
    printable = ("".join(c if c.isprintable() else " " for c in says) for says in answers)
    return tuple(says[:LONGEST_SHOWN] for says in printable)[:5]
