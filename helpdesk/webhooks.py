"""What mail providers tell us: mail that came in, and what became of ours.

Anymail reads and authenticates their requests. Here a mail is only stored; whatever fails becomes an
error, upon which the provider tells it again.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable
from email import policy
from typing import Any

import structlog
from anymail.inbound import AnymailInboundMessage
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, inbound, tracking
from anymail.webhooks.postal import PostalInboundWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt

from customers.services import clear_address
from mail.models import InboundEmail, OutboundEmail
from mail.receiving import take_in
from tickets.services import bouncing

logger = structlog.get_logger(__name__)
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
NAME = re.compile(rb'(?:^|[;\s])name="([^"]*)"')
FILENAME = re.compile(rb'(?:^|[;\s])filename="([^"]*)"')
TYPE = re.compile(rb"content-type:\s*([^\r\n]+)", re.IGNORECASE)
# Amazon checks DMARC and says so beside the mail.
VERDICTS = {"PASS": InboundEmail.Trust.VERIFIED, "FAIL": InboundEmail.Trust.FAILED}


@csrf_exempt
def receive(request: HttpRequest, hook: str) -> HttpResponseBase:
    """A provider's request, if webhooks are set up at all; the rest of the address names which."""
    if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    try:
        view, args, kwargs = resolve(f"/{hook}", urlconf="anymail.urls")
    except Resolver404:
        raise Http404 from None
    if hook == "postal/inbound/":
        view = BytesFromPostal.as_view()
    request.upload_handlers = [WholeForm(request)]
    # Mails are larger than what a person may post; REQUEST_MAX_BYTES has been checked before.
    request._body = request.read()  # noqa: SLF001
    try:
        response: HttpResponse = view(request, *args, **kwargs)
    # This provider's own keys are not set up.
    except ImproperlyConfigured as error:
        logger.warning("webhook.not_set_up", hook=hook, error=type(error).__name__)
        raise Http404 from None
    return response


class WholeForm(FileUploadHandler):
    """Reads forms in which a field may be a whole mail with its files, whatever a person may post.

    The bytes of the fields are kept beside the texts, as `request.wholes`: a mail is not always one.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - as Django calls it
        content_length: int,
        boundary: bytes | str,
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        """The fields and files of a multipart/form-data request."""
        fields, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
        wholes: dict[str, bytes] = {}
        if isinstance(boundary, str):
            boundary = boundary.encode("ascii")
        for part in (b"\r\n" + input_data.read()).split(b"\r\n--" + boundary)[1:]:
            head, separator, content = part.partition(b"\r\n\r\n")
            name = NAME.search(head)
            if not separator or name is None:
                continue
            key = name[1].decode("utf-8", "replace")
            filename = FILENAME.search(head)
            if filename is None:
                wholes[key] = content
                fields.appendlist(key, content.decode("utf-8", "replace"))
            else:
                kind = TYPE.search(head)
                files.appendlist(key, _file(filename[1], content, kind[1] if kind else b""))
        setattr(self.request, "wholes", wholes)  # noqa: B010 - requests have no such attribute
        return fields, files

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class BytesFromPostal(PostalInboundWebhookView):  # type: ignore[misc]
    """Takes a mail as the bytes it is: anymail's own refuses one that is not UTF-8 throughout."""

    def parse_events(self, request: HttpRequest) -> list[AnymailInboundEvent]:
        told = json.loads(request.body)
        if "message" not in told:
            return list(super().parse_events(request))
        message = AnymailInboundMessage.parse_raw_mime_bytes(_of_postal(told))
        message.envelope_sender = told.get("mail_from")
        message.envelope_recipient = told.get("rcpt_to")
        event_id = told.get("id")
        return [
            AnymailInboundEvent(
                event_type="inbound", event_id=event_id, esp_event=told, message=message
            )
        ]


def connect() -> None:
    """Listen to what anymail reads out of the requests."""
    inbound.connect(take_in_mail, dispatch_uid="take_in_mail")
    tracking.connect(take_up_report, dispatch_uid="take_up_report")


def take_in_mail(event: AnymailInboundEvent, esp_name: str, **_signal: Any) -> None:
    """Store a mail; filing it is somebody else's work."""
    message = event.message
    # A trial from the provider's own page is about no mail.
    if message is None:
        logger.info("webhook.no_mail", provider=esp_name)
        return
    recipient = message.envelope_recipient
    take_in(
        _raw(event, esp_name),
        mailbox=None,
        source=f"webhook:{esp_name.lower().replace(' ', '_')}",
        envelope_from=message.envelope_sender,
        envelope_to=[recipient] if recipient else [],
        verdict=_verdict(event),
    )


def take_up_report(event: AnymailTrackingEvent, esp_name: str, **_signal: Any) -> None:
    """What became of a letter of ours, if it is one and went to whom they say."""
    act = REPORTS.get(event.event_type)
    original = _letter(event.message_id) if act else None
    if act is None or original is None:
        return
    with transaction.atomic():
        recipient = bouncing.recipient_of(original, event.recipient or "")
        if recipient:
            act(original, recipient, event)
        else:
            logger.warning("webhook.other_recipient", letter=original.pk, provider=esp_name)


def _failed(original: OutboundEmail, recipient: str, event: AnymailTrackingEvent) -> None:
    said = " ".join(str(each) for each in (event.mta_response, event.description) if each)
    found = STATUS.search(said)
    is_unknown = event.reject_reason == "invalid"
    status = found[1] if found else "5.1.1" if is_unknown else "5.0.0"
    error = said if found else f"{status} {said}".strip()
    now = timezone.now()
    bouncing.letter_failed(original, recipient, error=error[:2000], status=status, now=now)


def _delayed(original: OutboundEmail, recipient: str, _event: AnymailTrackingEvent) -> None:
    bouncing.letter_delayed(original, recipient, now=timezone.now())


def _complained(original: OutboundEmail, recipient: str, _event: AnymailTrackingEvent) -> None:
    bouncing.address_complained(original, recipient, now=timezone.now())


def _unsubscribed(original: OutboundEmail, recipient: str, _event: AnymailTrackingEvent) -> None:
    bouncing.address_unsubscribed(original, recipient, now=timezone.now())


def _delivered(_original: OutboundEmail, recipient: str, _event: AnymailTrackingEvent) -> None:
    clear_address(recipient)


REPORTS: dict[str, Callable[[OutboundEmail, str, AnymailTrackingEvent], None]] = {
    "bounced": _failed,
    "rejected": _failed,
    "failed": _failed,
    "deferred": _delayed,
    "complained": _complained,
    "unsubscribed": _unsubscribed,
    "delivered": _delivered,
}


def _letter(provider_id: str | None) -> OutboundEmail | None:
    """By the provider's name for it, or by our own Message-ID, with or without its brackets."""
    if not provider_id:
        return None
    found = OutboundEmail.objects.filter(provider_id=provider_id).first()
    return found or bouncing.letter_of(f"<{provider_id.strip('<>')}>")


def _raw(event: AnymailInboundEvent, esp_name: str) -> bytes:
    """The mail as the provider got it where it tells; otherwise put together again."""
    given = _given(event.esp_event, esp_name)
    if given:
        return given
    try:
        return bytes(event.message.as_bytes())
    # What anymail cannot write down again is still a customer's mail.
    except (LookupError, ValueError, TypeError, AttributeError):
        return bytes(event.message.as_bytes(policy=policy.compat32))


def _given(told: Any, esp_name: str) -> bytes:
    read = RAW.get(esp_name)
    try:
        value = read(told) if read else b""
    # Not every provider always gives it, nor in the same place.
    except (AttributeError, KeyError, TypeError, ValueError):
        return b""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value or b""


def _of_postal(told: Any) -> bytes:
    given = str(told["message"])
    return b64decode(given) if told.get("base64") else given.encode("utf-8", "surrogateescape")


def _of_amazon(told: Any) -> bytes | str:
    given = str(told["content"])
    return b64decode(given) if told["receipt"]["action"].get("encoding") == "BASE64" else given


# Where the whole mail stands in what a provider tells.
RAW: dict[str, Callable[[Any], bytes | str | None]] = {
    "Amazon SES": _of_amazon,
    "MailerSend": lambda told: told["data"]["raw"],
    "Mailgun": lambda told: told.wholes["body-mime"],
    "Postal": _of_postal,
    "Postmark": lambda told: told.get("RawEmail"),
    "SendGrid": lambda told: told.wholes["email"],
}


def _verdict(event: AnymailInboundEvent) -> str:
    told = event.esp_event
    receipt = told.get("receipt") if isinstance(told, dict) else None
    if not isinstance(receipt, dict) or not isinstance(receipt.get("dmarcVerdict"), dict):
        return ""
    return VERDICTS.get(str(receipt["dmarcVerdict"].get("status")), "")


def _file(name: bytes, content: bytes, kind: bytes) -> SimpleUploadedFile:
    content_type = kind.decode("ascii", "replace").strip() or "application/octet-stream"
    readable = name.decode("utf-8", "replace").replace("/", "_")
    if readable.strip(". ") == "":
        readable = "file"
    return SimpleUploadedFile(readable, content, content_type.partition(";")[0])
