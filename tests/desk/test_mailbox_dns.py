"""What a mailbox's domain needs in the DNS is told, and looked up only if the operator wants it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import unescape

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import Agent
from mail import dns_records
from mail.dns_records import check_records, records_for
from mail.models import Mailbox, MailboxSource
from tests.conftest import signed_in
from tests.mail.dns_server import Zone, dns_server

pytestmark = pytest.mark.django_db
SPF = ("desk.example", "TXT")
DMARC = ("_dmarc.desk.example", "TXT")
MX = ("desk.example", "MX")
AT_MICROSOFT = {
    SPF: ['"v=spf1 include:spf.protection.outlook.com -all"', '"google-site-verification=x"'],
    DMARC: ['"v=DMARC1; p=reject"'],
    MX: ["0 desk-example.mail.protection.outlook.com."],
    ("selector1._domainkey.desk.example", "CNAME"): [
        "selector1-desk-example._domainkey.desk.onmicrosoft.com."
    ],
    ("selector2._domainkey.desk.example", "CNAME"): [
        "selector2-desk-example._domainkey.desk.n-v1.dkim.mail.microsoft."
    ],
}


@pytest.fixture
def zone(settings: LazySettings) -> Iterator[Zone]:
    with dns_server() as running:
        settings.DNS_RESOLVER = f"127.0.0.1:{running.port}"
        yield running


@pytest.fixture
def source(mailbox: Mailbox) -> MailboxSource:
    return MailboxSource.objects.create(
        mailbox=mailbox,
        kind="imap",
        host="outlook.office365.com",
        transport="smtp",
        smtp_host="smtp.office365.com",
    )


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    Agent.objects.filter(pk=admin.pk).update(language="en")
    return signed_in(admin)


def found(source: MailboxSource) -> list[tuple[str, str]]:
    findings = check_records(records_for(source))
    return [(finding.record.title, str(finding.standing.value)) for finding in findings]


def texts(source: MailboxSource) -> list[str]:
    return [str(record.content) for record in records_for(source)]


def test_the_page_tells_what_to_copy_and_asks_nobody(
    as_admin: Client, source: MailboxSource, zone: Zone
):
    page = as_admin.get(reverse("desk:settings_mailbox_dns", args=[source.mailbox.pk])).text

    for text in (
        "v=spf1 include:spf.protection.outlook.com ~all",
        "selector1._domainkey.desk.example",
        "_dmarc.desk.example",
        "0 desk-example.mail.protection.outlook.com",
        "Says which servers may send letters",
    ):
        assert text in page
    assert zone.asked == []


def test_without_a_resolver_nothing_can_be_asked(
    as_admin: Client, source: MailboxSource, settings: LazySettings
):
    settings.DNS_RESOLVER = ""

    address = reverse("desk:settings_mailbox_dns_check", args=[source.mailbox.pk])
    page = as_admin.post(address).text

    assert "DNS_RESOLVER" in page
    assert "Check now" not in page
    assert {standing for _title, standing in found(source)} == {"not_asked"}


def test_what_is_there_is_found(source: MailboxSource, zone: Zone):
    zone.records = dict(AT_MICROSOFT)

    assert {standing for _title, standing in found(source)} == {"found"}
    assert len(zone.asked) == 5


def test_what_is_missing_or_different_is_told_with_what_stands_there(
    as_admin: Client, source: MailboxSource, zone: Zone
):
    zone.records = {SPF: ['"v=spf1 include:_spf.google.com ~all"'], MX: ["10 mail.other.example."]}

    assert dict(found(source)) == {
        "SPF": "different",
        "DKIM": "missing",
        "DMARC": "missing",
        "MX": "different",
    }
    address = reverse("desk:settings_mailbox_dns_check", args=[source.mailbox.pk])
    page = unescape(as_admin.post(address).text)
    assert "Something else stands there" in page
    assert "v=spf1 include:_spf.google.com ~all" in page
    assert "10 mail.other.example" in page


def test_two_records_where_one_is_allowed_will_not_do(source: MailboxSource, zone: Zone):
    zone.records = {**AT_MICROSOFT, SPF: [AT_MICROSOFT[SPF][0], '"v=spf1 mx -all"']}

    assert dict(found(source))["SPF"] == "different"


def test_a_resolver_that_is_silent_holds_the_page_up_for_three_seconds_at_most(
    source: MailboxSource, zone: Zone, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dns_records, "SECONDS_TO_ANSWER", 0.3)
    zone.is_silent = True
    began = time.monotonic()

    assert {standing for _title, standing in found(source)} == {"no_answer"}
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("resolver", ["no address", "127.0.0.1:x", "127.0.0.1:9"])
def test_a_resolver_that_is_none_breaks_nothing(
    source: MailboxSource, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, resolver: str
):
    monkeypatch.setattr(dns_records, "SECONDS_TO_ANSWER", 0.3)
    settings.DNS_RESOLVER = resolver

    assert {standing for _title, standing in found(source)} == {"no_answer"}


def test_the_records_are_those_of_the_way_the_letters_take(
    source: MailboxSource, settings: LazySettings
):
    source.smtp_host = "smtp.gmail.com"
    assert texts(source)[0] == "v=spf1 include:_spf.google.com ~all"
    source.smtp_host = "smtp.own.example"
    assert texts(source)[0] == "v=spf1 a:smtp.own.example ~all"
    source.transport = "default"
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    assert texts(source)[0] == "v=spf1 include:mailgun.org ~all"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "localhost"
    assert texts(source)[0] == "v=spf1 mx ~all"


def test_a_key_whose_name_only_its_provider_knows_is_not_asked_for(
    source: MailboxSource, zone: Zone
):
    source.smtp_host = "smtp.own.example"

    assert dict(found(source))["DKIM"] == "not_asked"


def test_a_host_for_replies_needs_a_record_of_its_own(
    source: MailboxSource, settings: LazySettings, zone: Zone
):
    settings.MAIL_REPLY_HOST = "reply.desk.example"

    found(source)

    assert zone.asked[-1] == ("reply.desk.example", "MX")
