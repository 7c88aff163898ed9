"""Each provider's own way of handing a mail on: what is kept is the mail as it was sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import LazySettings
from django.test import Client

from mail.models import InboundEmail
from tests.mail.incoming import HANA, SUPPORT, a_mail
from tickets.models import Message, Ticket
from tickets.services.filing import file_waiting_mail

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_desk", "mailbox"),
    # It works as before; what ended is that its makers try it against the real service.
    pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid"),
]
JSON = "application/json"
BASIC = {"Authorization": f"Basic {base64.b64encode(b'desk:quiet').decode()}"}


@pytest.fixture
def desk(settings: LazySettings) -> Client:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "desk:quiet", "MAILERSEND_INBOUND_SECRET": "signing"}
    return Client(raise_request_exception=False)


def in_shift_jis() -> bytes:
    """A mail of bytes that are no UTF-8, as old programs send them."""
    head = f"From: {HANA}\r\nTo: {SUPPORT}\r\nSubject: printer\r\nMessage-ID: <old@example.jp>\r\n"
    kind = "Content-Type: text/plain; charset=Shift_JIS\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head + kind).encode() + "印刷できません。\r\n".encode("cp932")


def kept() -> bytes:
    with InboundEmail.objects.get().raw.open("rb") as file:
        return bytes(file.read())


def opened() -> Ticket:
    file_waiting_mail()
    return Ticket.objects.get()


def mailersend(client: Client, raw: bytes, *, secret: bytes = b"signing") -> int:
    recipients = {"rcptTo": [{"email": SUPPORT}]}
    data = {"id": "1", "raw": raw.decode(), "sender": {"email": HANA}, "recipients": recipients}
    body = json.dumps({"type": "inbound.message", "data": data})
    signature = hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()
    return client.post(
        "/anymail/mailersend/inbound/",
        body,
        content_type=JSON,
        headers={**BASIC, "Signature": signature},
    ).status_code


def test_mailersend(desk: Client) -> None:
    raw = a_mail().as_bytes()

    assert mailersend(desk, raw) == 200

    assert kept() == raw
    assert InboundEmail.objects.get().envelope_to == [SUPPORT]
    assert opened().subject == "プリンターが動きません"


def test_mailersend_with_another_signature(desk: Client) -> None:
    assert mailersend(desk, a_mail().as_bytes(), secret=b"guessed") == 400
    assert not InboundEmail.objects.exists()


class Postal:
    """A Postal server with its key."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public = base64.b64encode(public).decode()

    def tells(self, client: Client, told: Mapping[str, object], *, signed: str = "") -> int:
        body = json.dumps(told).encode()
        # Postal signs with SHA-1; it is what its receivers check.
        signature = self.key.sign(signed.encode() or body, padding.PKCS1v15(), hashes.SHA1())
        return client.post(
            "/anymail/postal/inbound/",
            body,
            content_type=JSON,
            headers={**BASIC, "X-Postal-Signature": base64.b64encode(signature).decode()},
        ).status_code


@pytest.fixture
def postal(settings: LazySettings, desk: Client) -> Postal:
    server = Postal()
    settings.ANYMAIL = {**settings.ANYMAIL, "POSTAL_WEBHOOK_KEY": server.public}
    return server


@pytest.mark.parametrize("raw", [a_mail().as_bytes(), in_shift_jis()])
def test_postal(desk: Client, postal: Postal, raw: bytes) -> None:
    told = {"id": 1, "rcpt_to": SUPPORT, "mail_from": HANA, "base64": True}

    assert postal.tells(desk, {**told, "message": base64.b64encode(raw).decode()}) == 200

    assert kept() == raw
    assert InboundEmail.objects.get().envelope_from == HANA
    assert "印刷できません。" in Message.objects.get(ticket=opened()).body


def test_postal_without_base64(desk: Client, postal: Postal) -> None:
    raw = a_mail().as_bytes()

    assert postal.tells(desk, {"id": 1, "base64": False, "message": raw.decode()}) == 200

    assert kept() == raw


def test_postal_with_another_signature(desk: Client, postal: Postal) -> None:
    assert postal.tells(desk, {"message": a_mail().as_string()}, signed="other") == 400
    assert not InboundEmail.objects.exists()


def test_postals_reports_do_not_belong_here(desk: Client, postal: Postal) -> None:
    assert postal.tells(desk, {"status": "Held"}) == 404
    assert not InboundEmail.objects.exists()


def test_sendgrid_as_it_came(desk: Client) -> None:
    raw = in_shift_jis()
    boundary = "line"
    fields = {"envelope": json.dumps({"from": HANA, "to": [SUPPORT]}).encode(), "email": raw}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value
        for name, value in fields.items()
    ]
    body = b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])

    status = desk.generic(
        "POST",
        "/anymail/sendgrid/inbound/",
        body,
        f"multipart/form-data; boundary={boundary}",
        headers=BASIC,
    ).status_code

    assert status == 200
    assert kept() == raw
    assert InboundEmail.objects.get().envelope_to == [SUPPORT]


def test_sendgrid_taken_apart(desk: Client) -> None:
    fields = {
        "headers": f"Message-ID: <one@example.jp>\nSubject: プリンター\nFrom: {HANA}\nTo: {SUPPORT}",
        "text": "印刷できません。",
        "envelope": json.dumps({"from": HANA, "to": [SUPPORT]}),
    }

    assert desk.post("/anymail/sendgrid/inbound/", fields, headers=BASIC).status_code == 200

    ticket = opened()
    assert ticket.subject == "プリンター"
    assert "印刷できません。" in Message.objects.get(ticket=ticket).body


def amazon(client: Client, content: str, *, encoding: str, dmarc: str = "PASS") -> int:
    told = {
        "notificationType": "Received",
        "mail": {"source": HANA, "messageId": "ses-1"},
        "receipt": {
            "recipients": [SUPPORT],
            "dmarcVerdict": {"status": dmarc},
            "action": {"type": "SNS", "encoding": encoding},
        },
        "content": content,
    }
    notice = {"Type": "Notification", "TopicArn": "arn:in", "Message": json.dumps(told)}
    return client.post(
        "/anymail/amazon_ses/inbound/",
        json.dumps(notice),
        content_type="text/plain; charset=UTF-8",
        headers={**BASIC, "X-Amz-Sns-Message-Type": "Notification"},
    ).status_code


def test_amazon_ses(desk: Client) -> None:
    raw = in_shift_jis()

    assert amazon(desk, base64.b64encode(raw).decode(), encoding="BASE64") == 200

    assert kept() == raw
    email = InboundEmail.objects.get()
    assert (email.envelope_from, email.envelope_to) == (HANA, [SUPPORT])
    assert email.trust == InboundEmail.Trust.VERIFIED
    assert "印刷できません。" in Message.objects.get(ticket=opened()).body


def test_amazon_ses_says_that_it_is_forged(desk: Client) -> None:
    raw = a_mail(auth="").as_bytes()

    assert amazon(desk, raw.decode(), encoding="UTF-8", dmarc="FAIL") == 200

    assert kept() == raw
    assert InboundEmail.objects.get().trust == InboundEmail.Trust.FAILED


class Resend(BaseHTTPRequestHandler):
    """Resend tells an id; the mail itself is fetched."""

    raw = b""

    def do_GET(self) -> None:
        host = self.headers["Host"]
        if self.path.startswith("/emails/receiving/mail-1"):
            known = self.headers["Authorization"] == "Bearer re_key"
            self.send_response(200 if known else 401)
            self.end_headers()
            raw = {"download_url": f"http://{host}/raw/1"}
            self.wfile.write(json.dumps({"raw": raw, "from": HANA, "to": [SUPPORT]}).encode())
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.raw)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def resend(settings: LazySettings, desk: Client) -> Iterator[None]:
    Resend.raw = in_shift_jis()
    with ThreadingHTTPServer(("127.0.0.1", 0), Resend) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        keys = {"RESEND_API_KEY": "re_key", "RESEND_API_URL": address}
        settings.ANYMAIL = {**settings.ANYMAIL, **keys}
        yield
        server.shutdown()


def from_resend(client: Client, told: Mapping[str, object]) -> int:
    return client.post(
        "/anymail/resend/inbound/", json.dumps(told), content_type=JSON, headers=BASIC
    ).status_code


@pytest.mark.usefixtures("resend")
def test_resend(desk: Client) -> None:
    told = {"type": "email.received", "data": {"email_id": "mail-1", "to": [SUPPORT]}}

    assert from_resend(desk, told) == 200

    assert kept().replace(b"\r\n", b"\n") == Resend.raw.replace(b"\r\n", b"\n")
    assert "印刷できません。" in Message.objects.get(ticket=opened()).body


@pytest.mark.usefixtures("resend")
def test_a_trial_that_is_about_no_mail(desk: Client) -> None:
    assert from_resend(desk, {"type": "email.received"}) == 200
    assert not InboundEmail.objects.exists()


def test_brevo(desk: Client, settings: LazySettings) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "BREVO_API_KEY": "key"}
    item = {
        "Uuid": ["aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"],
        "MessageId": "<one@example.jp>",
        "From": {"Name": "花子", "Address": HANA},
        "To": [{"Name": None, "Address": SUPPORT}],
        "Recipients": [SUPPORT],
        "Subject": "プリンター",
        "Headers": {"Message-ID": "<one@example.jp>", "From": HANA, "Subject": "プリンター"},
        "RawTextBody": "印刷できません。",
        "Attachments": [],
    }

    status = desk.post(
        "/anymail/brevo/inbound/",
        json.dumps({"items": [item]}),
        content_type=JSON,
        headers=BASIC,
    ).status_code

    assert status == 200
    assert opened().subject == "プリンター"
