"""`read_mail`: everything the desk needs to know about one incoming letter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mail.reading.addresses import Address, recipients, sender
from mail.reading.attachments import AttachedFile
from mail.reading.automatic import DeliveryReport, delivery_report, is_automatic
from mail.reading.bodies import Reader
from mail.reading.charsets import decode, storable
from mail.reading.complaints import Complaint, complaint
from mail.reading.headers import Headers, read_headers
from mail.reading.html_text import TextLines
from mail.reading.identity import digest
from mail.reading.invitations import Invitation, invitations
from mail.reading.limits import LIMITS, Cut, Limits, refusal
from mail.reading.parts import Tree
from mail.reading.quoting import trim_lines
from mail.reading.trust import Trace, trace_of
from mail.reading.words import tidy


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """A letter that came in. Every text in it can be stored: no NUL, no lone surrogate.

    Message-IDs stand in angle brackets. `body_text` is everything that was said, including what is
    quoted; `visible_reply_text` is its beginning without quoted letter and signature. `body_html`
    is as it came and must pass `safe_html` before anybody sees it. `cuts` tells what was left out,
    `error` why a letter was not taken apart.
    """

    subject: str = ""
    from_email: str = ""
    from_name: str = ""
    is_sender_ambiguous: bool = True
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    body_text: str = ""
    body_html: str = field(default="", repr=False)
    visible_reply_text: str = ""
    signature_text: str = ""
    quoted_text: str = ""
    attachments: tuple[AttachedFile, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    is_auto: bool = False
    report: DeliveryReport | None = None
    complaint: Complaint | None = None
    digest: str = ""
    trace: Trace = ()
    loops: tuple[str, ...] = ()
    cuts: tuple[Cut, ...] = ()
    error: str = ""

    @property
    def is_bounce(self) -> bool:
        """Whether this tells that a letter of ours did not arrive, or not yet."""
        return self.report is not None and self.report.is_bounce


def read_mail(letter: bytes, limits: Limits = LIMITS) -> IncomingMail:
    """Read a letter; never raises, and what cannot be read is told in `error`."""
    try:
        if reason := refusal(letter, limits):
            return _opening(letter, reason, limits)
        return _read(letter, limits)
    # One letter that nobody foresaw must not stop those behind it.
    except Exception as error:
        return read_headers_only(letter, f"{type(error).__name__}: {error}", limits)


def read_headers_only(letter: bytes, reason: str, limits: Limits = LIMITS) -> IncomingMail:
    """Who wrote to whom about what, of a letter that cannot be read for this reason; never raises."""
    opening = letter[: limits.opening_bytes]
    try:
        headers, _ = read_headers(opening, 0, len(opening), limits)
        return replace(_envelope(headers, limits), error=storable(reason)[:500])
    # Nothing can be told about it but that it came.
    except Exception:
        return IncomingMail(error=storable(reason)[:500])


def _opening(letter: bytes, reason: str, limits: Limits) -> IncomingMail:
    """Of a letter that is too big: who wrote, and how it begins."""
    mail = _read(letter[: limits.opening_bytes], limits)
    return replace(mail, attachments=(), cuts=(*mail.cuts, Cut.LETTER), error=reason)


def _read(letter: bytes, limits: Limits) -> IncomingMail:
    tree = Tree(_with_line_feeds(letter), limits)
    root = tree.read()
    body = Reader(limits).read(root)
    headers = Headers(root.headers.fields, charset=body.charset)
    mail = _envelope(headers, limits)
    said = _said(body.shown)
    trimmed = trim_lines(said.lines, said.quoted, said.end)
    report = delivery_report(headers, root, said.text, mail.from_email)
    return replace(
        mail,
        body_text=said.text.strip("\n"),
        body_html="\n".join(body.html),
        visible_reply_text=trimmed.visible.strip("\n"),
        signature_text=trimmed.signature.strip("\n"),
        quoted_text=trimmed.quoted.strip("\n"),
        attachments=tuple(body.files),
        invitations=tuple(invitations(body.files)),
        is_auto=report is not None or is_automatic(headers, root, mail.from_email),
        report=report,
        complaint=complaint(root),
        digest=digest(headers, root.raw, text=said.text, files=body.files),
        cuts=tuple(dict.fromkeys((*mail.cuts, *tree.cuts, *body.cuts))),
    )


def _envelope(headers: Headers, limits: Limits) -> IncomingMail:
    """Who wrote to whom about what, in answer to what."""
    author = sender(headers)
    # One more than is kept tells that something was left out.
    to, cc, reply_to = (
        recipients(headers, name, limits.recipients + 1) for name in ("to", "cc", "reply-to")
    )
    references = headers.message_ids("references", limits.references + 1)
    cuts = (
        *((Cut.RECIPIENTS,) if max(len(to), len(cc)) > limits.recipients else ()),
        *((Cut.REFERENCES,) if len(references) > limits.references else ()),
    )
    return IncomingMail(
        subject=headers.text("subject"),
        from_email=author.address.email,
        from_name=author.address.name,
        is_sender_ambiguous=author.is_ambiguous,
        to=tuple(to[: limits.recipients]),
        cc=tuple(cc[: limits.recipients]),
        reply_to=tuple(reply_to[: limits.recipients]),
        delivered_to=_delivered_to(headers),
        message_id=next(iter(headers.message_ids("message-id")), ""),
        in_reply_to=next(iter(headers.message_ids("in-reply-to")), ""),
        references=tuple(references[-limits.references :]),
        trace=trace_of(headers),
        loops=tuple(tidy(decode(value))[:200] for value in headers.all("x-loop")[:10]),
        cuts=cuts,
    )


def _delivered_to(headers: Headers) -> tuple[str, ...]:
    """The addresses our own server was asked to deliver to, each once."""
    found = [
        address.email
        for name in ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
        for address in recipients(headers, name, 20)
    ]
    return tuple(dict.fromkeys(found))


def _said(shown: list[TextLines]) -> TextLines:
    """All pieces of text one below the other."""
    said = TextLines()
    for piece in shown:
        while piece.lines and not piece.lines[-1].strip():
            piece.lines.pop()
            piece.quoted.pop()
        if piece.end is not None and said.end is None:
            said.end = len(said.lines) + piece.end
        said.lines += piece.lines
        said.quoted += piece.quoted
    return said


def _with_line_feeds(letter: bytes) -> bytes:
    """Very old programs end lines with a carriage return only."""
    if b"\n" in letter[:64_000] or b"\r" not in letter[:64_000]:
        return letter
    return letter.replace(b"\r", b"\n")
