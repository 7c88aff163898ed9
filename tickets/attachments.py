"""Files from strangers: counted, measured, named harmlessly and typed by their own bytes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from mail.enclosing import Enclosure
from tickets.exceptions import TicketError
from tickets.incoming import Letter
from tickets.models import Attachment, Draft, Message, ScheduledReply, ThirdPartyLetter, Ticket

REFUSED_ENDINGS = {
    *(
        [
            "ade",
            "adp",
            "app",
            "bat",
            "chm",
            "cmd",
            "com",
            "cpl",
            "dll",
            "exe",
            "hta",
            "iso",
            "jar",
            "js",
            "jse",
            "lnk",
            "mde",
            "msc",
            "msi",
            "msp",
        ]
    ),
    *(["mst", "pif", "ps1", "reg", "scr", "sct", "vb", "vbe", "vbs", "wsc", "wsf", "wsh"]),
}
UNSAFE_IN_NAMES = re.compile(
    r'[\x00-\x1f\x7f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]'
)
WAITING_TIME = timedelta(days=1)
Upload: TypeAlias = "UploadedFile[Any]"


class AttachmentRefused(TicketError):
    pass


def keep_uploads(
    files: Sequence[Upload], *, submission_key: UUID, now: datetime
) -> list[Attachment]:
    """Store uploads under the key of a form that is still to be sent.

    Raises AttachmentRefused, in the reader's language, for too many, too large or dangerous files;
    then none is stored.
    """
    if not files:
        return []
    _check_total([waiting.size for waiting in uploads(submission_key)], files)
    for file in files:
        _check_one(file)
    return [_store(file, submission_key=submission_key, now=now) for file in files]


def uploads(submission_key: UUID) -> list[Attachment]:
    """What was uploaded on a form that is still to be sent."""
    return list(Attachment.objects.filter(message=None, submission_key=submission_key))


def uploads_by_key(submission_keys: Sequence[UUID]) -> dict[UUID, list[Attachment]]:
    """The same for several forms."""
    waiting: dict[UUID, list[Attachment]] = defaultdict(list)
    for upload in Attachment.objects.filter(message=None, submission_key__in=submission_keys):
        if upload.submission_key:
            waiting[upload.submission_key].append(upload)
    return waiting


def uploads_new_to(ticket: Ticket, *, submission_key: UUID) -> list[Attachment]:
    """What was uploaded on a form that has made this ticket before; a file sent twice counts once."""
    known = set(Attachment.objects.filter(message__ticket=ticket).values_list("sha256", flat=True))
    return [upload for upload in uploads(submission_key) if upload.sha256 not in known]


def attach(message: Message, files: Sequence[Attachment]) -> None:
    """Bind these uploads to the message."""
    Attachment.objects.filter(pk__in=[file.pk for file in files]).update(message=message)


def take_uploads(message: Message, *, submission_key: UUID | None) -> bool:
    """Bind what was uploaded on the form to the message that came of it; say whether there was any."""
    if submission_key is None:
        return False
    waiting = Attachment.objects.filter(message=None, submission_key=submission_key)
    return waiting.update(message=message) > 0


def move_uploads(submission_key: UUID, *, to: UUID) -> None:
    """The form goes on under another key, and its files with it."""
    waiting = Attachment.objects.filter(message=None, submission_key=submission_key)
    waiting.update(submission_key=to)


def gather_uploads(public_ids: Sequence[UUID], *, submission_key: UUID) -> None:
    """Files that were uploaded one by one wait together under this key. Raises AttachmentRefused
    when one of them waits no more, or when they are too many together."""
    waiting = Attachment.objects.filter(
        message=None, third_party_letter=None, public_id__in=public_ids
    )
    sizes = list(waiting.select_for_update().values_list("size", flat=True))
    if len(sizes) != len(set(public_ids)):
        raise AttachmentRefused(_("One of the files is not there any more. Upload it again."))
    _check_total(sizes, [])
    waiting.update(submission_key=submission_key)


def enclosures(message: Message) -> list[Enclosure]:
    """The message's files, for the letter that carries it."""
    return enclosed(message.attachments.all())


def enclosed(files: Iterable[Attachment]) -> list[Enclosure]:
    """These files, for a letter."""
    return [
        Enclosure(path=str(file.file.name), name=file.name, content_type=file.content_type)
        for file in files
    ]


def release_files(message: Message) -> None:
    """The message was taken back: its files wait on its form again."""
    message.attachments.update(message=None)


def remove_upload(public_id: str, *, submission_key: UUID) -> None:
    """Take one file off a form that is still to be sent; what is not on it is left alone."""
    for attachment in uploads(submission_key):
        if str(attachment.public_id) == public_id:
            attachment.file.delete(save=False)
            attachment.delete()


def discard_abandoned(*, now: datetime) -> int:
    """Delete uploads whose form was not sent within a day; return how many. Those of a draft and of
    a reply that leaves later wait with it."""
    abandoned = Attachment.objects.filter(
        ~Exists(Draft.objects.filter(submission_key=OuterRef("submission_key"))),
        ~Exists(ScheduledReply.objects.filter(submission_key=OuterRef("submission_key"))),
        message=None,
        third_party_letter=None,
        uploaded_at__lt=now - WAITING_TIME,
    )
    for attachment in (found := list(abandoned)):
        attachment.file.delete(save=False)
        attachment.delete()
    return len(found)


def keep_mail_files(
    place: Message | ThirdPartyLetter, letter: Letter, *, now: datetime
) -> list[Attachment]:
    """Store what came with a mail, whatever it is: it is only ever served for download.

    Raises what the storage raises; `letter.kept_files` tells what must then be deleted again.
    """
    for each in letter.mail.attachments:
        # To Django a file that comes from code must have a name; the one on disk is random.
        content = SimpleUploadedFile(each.name, each.content)
        letter.kept_files.append(_store(content, place=place, cid=each.cid[:200], now=now))
    return letter.kept_files


def keep_imported_file(file: Upload, *, message_id: int, now: datetime) -> Attachment:
    """Store a file of a message that comes from another desk; it is only ever served for download."""
    return _store(file, message_id=message_id, now=now)


def discard_files(attachments: Sequence[Attachment]) -> None:
    """Delete the files of rows that were never committed."""
    for attachment in attachments:
        attachment.file.delete(save=False)


def safe_name(name: str) -> str:
    """A file name that is only a name: no path, no control or direction marks, NFC, <= 150."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = UNSAFE_IN_NAMES.sub("", plain).strip(" .") or "file"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return plain[:150]
    return f"{stem[: 150 - len(ending) - 1]}.{ending}"


def _check_total(stored: list[int], files: Sequence[Upload]) -> None:
    if len(stored) + len(files) > settings.ATTACHMENT_MAX_COUNT:
        raise AttachmentRefused(
            _("Please attach at most %(count)d files.") % {"count": settings.ATTACHMENT_MAX_COUNT}
        )
    if sum(stored) + sum(file.size or 0 for file in files) > settings.ATTACHMENTS_MAX_TOTAL_BYTES:
        raise AttachmentRefused(
            _("Together the files are larger than %(size)d MB. Please send fewer or smaller ones.")
            % {"size": settings.ATTACHMENTS_MAX_TOTAL_BYTES // 2**20}
        )


def _check_one(file: Upload) -> None:
    name = safe_name(file.name or "")
    if (file.size or 0) > settings.ATTACHMENT_MAX_BYTES:
        raise AttachmentRefused(
            _("“%(name)s” is larger than %(size)d MB. Please send a smaller file.")
            % {"name": name, "size": settings.ATTACHMENT_MAX_BYTES // 2**20}
        )
    if name.rpartition(".")[2].lower() in REFUSED_ENDINGS or _is_program(file):
        raise AttachmentRefused(
            _("“%(name)s” is a program, and we cannot accept programs.") % {"name": name}
        )


def _is_program(file: Upload) -> bool:
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return bool(head[:2] == b"MZ" or head == b"\x7fELF")


def _store(
    file: Upload,
    *,
    submission_key: UUID | None = None,
    place: Message | ThirdPartyLetter | None = None,
    message_id: int | None = None,
    cid: str = "",
    now: datetime,
) -> Attachment:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    attachment = Attachment(
        submission_key=submission_key,
        message_id=place.pk if isinstance(place, Message) else message_id,
        third_party_letter=place if isinstance(place, ThirdPartyLetter) else None,
        cid=cid,
        public_id=uuid4(),
        name=safe_name(file.name or ""),
        content_type=_type_of(file),
        size=file.size or 0,
        sha256=digest.hexdigest(),
        uploaded_at=now,
    )
    # The name on disk is random: nothing a stranger chose is ever part of a path.
    attachment.file.save(uuid4().hex, file, save=False)
    attachment.save()
    return attachment


def _type_of(file: Upload) -> str:
    """What the first bytes say; the sender's word counts for nothing."""
    file.seek(0)
    head = file.read(8192)
    file.seek(0)
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    return found or ("text/plain" if _is_text(head) else "application/octet-stream")


def _is_text(head: bytes) -> bool:
    try:
        return "\x00" not in head.decode("utf-8")
    except UnicodeDecodeError:
        return False
