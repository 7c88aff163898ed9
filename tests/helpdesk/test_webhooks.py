"""What mail providers tell: mail is stored, reports reach the letter they are about."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from customers.models import ContactPoint
from helpdesk import webhooks
from mail.models import InboundEmail, Mailbox, OutboundEmail
from tests.mail.incoming import HANA, a_mail, arrives
from tickets.models import Ticket, TicketEvent
from tickets.services.filing import file_waiting_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_desk")]
POSTMARK = "/anymail/postmark/inbound/"
TRACKING = "/anymail/postmark/tracking/"
MAILGUN = "/anymail/mailgun/inbound_mime/"


@pytest.fixture
def provider(mailbox: Mailbox, settings: LazySettings) -> Client:
    """The provider's side, which knows the secret."""
    settings.ANYMAIL = {"WEBHOOK_SECRET": "desk:quiet", "MAILGUN_WEBHOOK_SIGNING_KEY": "signing"}
    return Client(headers=signed_with("desk:quiet"), raise_request_exception=False)


def signed_with(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def tell(client: Client, address: str, told: Any, **more: Any) -> int:
    return client.post(
        address, json.dumps(told), content_type="application/json", **more
    ).status_code


def inbound(**more: Any) -> dict[str, Any]:
    return {
        "FromFull": {"Email": HANA, "Name": "花子"},
        "From": HANA,
        "ToFull": [{"Email": "support@desk.example", "Name": ""}],
        "OriginalRecipient": "support@desk.example",
        "Subject": "プリンター",
        "TextBody": "動きません",
        "HtmlBody": "",
        "Date": "Mon, 5 Oct 2026 10:00:00 +0900",
        "Headers": [{"Name": "Message-ID", "Value": "<one@example.jp>"}],
        "Attachments": [],
        **more,
    }


def a_letter() -> OutboundEmail:
    arrives(a_mail())
    return OutboundEmail.objects.get(to=HANA)


def test_a_mail_becomes_a_ticket_once_however_often_it_is_told(provider: Client):
    statuses = [tell(provider, POSTMARK, inbound()) for _ in range(2)]
    file_waiting_mail()

    assert statuses == [200, 200]
    assert Ticket.objects.get().subject == "プリンター"
    assert set(InboundEmail.objects.values_list("source", flat=True)) == {"webhook:postmark"}


def test_the_providers_raw_mail_is_what_is_kept(provider: Client):
    raw = a_mail(body="生の本文").as_string()

    tell(provider, POSTMARK, inbound(RawEmail=raw))

    with InboundEmail.objects.get().raw.open("rb") as file:
        assert file.read() == raw.encode()


def test_a_whole_mail_in_a_form_may_be_larger_than_what_a_person_may_post(
    provider: Client, settings: LazySettings
):
    raw = a_mail(body="x" * 70 + "\n").as_string() + ("y" * 70 + "\n") * 60_000
    assert len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    sign = hmac.new(b"signing", b"1760000000token", hashlib.sha256).hexdigest()
    form = {
        "timestamp": "1760000000",
        "token": "token",
        "signature": sign,
        "sender": HANA,
        "recipient": "support@desk.example",
        "body-mime": raw,
    }

    response = provider.post(MAILGUN, form)

    assert response.status_code == 200
    email = InboundEmail.objects.get()
    assert email.size == len(raw)
    assert (email.envelope_from, email.envelope_to) == (HANA, ["support@desk.example"])


@pytest.mark.parametrize("secret", ["desk:wrong", ":", "quiet"])
def test_without_the_right_secret_nothing_is_taken(provider: Client, secret: str):
    assert tell(provider, POSTMARK, inbound(), headers=signed_with(secret)) == 400
    assert tell(Client(raise_request_exception=False), POSTMARK, inbound()) == 400
    assert not InboundEmail.objects.exists()


def test_without_a_secret_in_the_settings_there_are_no_webhooks(
    provider: Client, settings: LazySettings
):
    settings.ANYMAIL = {}

    assert tell(provider, POSTMARK, inbound()) == 404


@pytest.mark.parametrize("hook", ["nobody/inbound/", "brevo/inbound/", ""])
def test_a_provider_that_is_not_set_up_is_not_there(provider: Client, hook: str):
    assert tell(provider, f"/anymail/{hook}", {}) == 404


def test_when_it_cannot_be_stored_the_provider_is_told_to_try_again(
    provider: Client, monkeypatch: pytest.MonkeyPatch
):
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(webhooks, "take_in", fail)

    assert tell(provider, POSTMARK, inbound()) == 500


def test_what_is_larger_than_any_mail_is_not_read(provider: Client, settings: LazySettings):
    settings.REQUEST_MAX_BYTES = 1000

    assert tell(provider, POSTMARK, inbound(TextBody="x" * 2000)) in {400, 413}
    assert not InboundEmail.objects.exists()


def test_a_bounce_reaches_the_letter_and_the_address(provider: Client):
    letter = a_letter()
    OutboundEmail.objects.update(provider_id="provider-7")

    status = tell(
        provider,
        TRACKING,
        {
            "RecordType": "Bounce",
            "Type": "HardBounce",
            "MessageID": "provider-7",
            "Email": HANA,
            "Description": "no such user",
            "Details": "smtp;550 5.1.1 no such user",
            "BouncedAt": "2026-10-05T01:00:00Z",
        },
    )

    assert status == 200
    letter.refresh_from_db()
    assert letter.state == "failed"
    assert ContactPoint.objects.get(value=HANA).state == "bounced"


def test_a_complaint_is_found_by_our_own_message_id(provider: Client):
    letter = a_letter()
    report = {
        "RecordType": "SpamComplaint",
        "MessageID": letter.message_id.strip("<>"),
        "Email": HANA,
        "BouncedAt": "2026-10-05T01:00:00Z",
    }

    assert tell(provider, TRACKING, report) == 200

    assert ContactPoint.objects.get(value=HANA).state == "complained"
    assert TicketEvent.objects.filter(kind="complained").exists()


def test_a_report_about_somebody_else_marks_nobody(provider: Client):
    letter = a_letter()
    report = {
        "RecordType": "SpamComplaint",
        "MessageID": letter.message_id.strip("<>"),
        "Email": "boss@victim.example",
        "BouncedAt": "2026-10-05T01:00:00Z",
    }

    tell(provider, TRACKING, report)

    assert not ContactPoint.objects.filter(state="complained").exists()


def test_who_wants_no_more_mail_of_the_kind_gets_none(provider: Client):
    letter = a_letter()
    report = {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "MessageID": letter.message_id.strip("<>"),
        "Recipient": HANA,
        "ChangedAt": "2026-10-05T01:00:00Z",
    }

    assert tell(provider, TRACKING, report) == 200

    assert ContactPoint.objects.get(value=HANA).state == "opted_out"
    assert TicketEvent.objects.filter(kind="unsubscribed").exists()
