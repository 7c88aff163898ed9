"""Files from strangers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings, settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.factories import an_inquiry
from tickets.attachments import (
    AttachmentRefused,
    discard_abandoned,
    keep_uploads,
    remove_upload,
    safe_name,
    uploads,
)
from tickets.models import Attachment

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"


def a_file(name: str = "note.txt", content: bytes = b"paper jam", said: str = "text/plain"):
    return SimpleUploadedFile(name, content, content_type=said)


def keep(*files: SimpleUploadedFile, key=None) -> list[Attachment]:
    return keep_uploads(list(files), submission_key=key or uuid4(), now=timezone.now())


def stored_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def _own_directory(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


# Names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\hana\\写真.png", "写真.png"),
        ("a\x00b.txt", "ab.txt"),
        ("invoice\u202etxt.exe.pdf", "invoicetxt.exe.pdf"),
        ("", "file"),
        ("..", "file"),
        ("/", "file"),
        ("プリンター.png", "プリンター.png"),
        ('a"b;c\r\nX-Evil: 1.txt', "ab;cX-Evil 1.txt"),
    ],
)
def test_a_name_is_only_a_name(given_name: str, kept: str):
    assert safe_name(given_name) == kept


@given(st.text(max_size=400))
@example("a" * 400 + ".txt")
@example("." * 300)
@example("x." + "y" * 200)
@hypothesis_settings(deadline=None, max_examples=200)
def test_whatever_the_name_it_is_short_and_harmless(name: str):
    kept = safe_name(name)

    assert 0 < len(kept) <= 150
    assert not set(kept) & set('/\\:*?"<>|\x00\r\n\u202e\u200b')
    assert safe_name(kept) == kept


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("setup.exe", b"hello"),
        ("setup.EXE", b"hello"),
        ("setup.exe.", b"hello"),
        ("setup.e\u200bxe", b"hello"),
        ("macro.js", b"alert(1)"),
        ("notes.txt", b"MZ\x90\x00"),
        ("photo.png", b"\x7fELF\x02"),
        ("shortcut.lnk", b""),
    ],
)
def test_programs_are_refused_by_name_and_by_content(name: str, content: bytes):
    with pytest.raises(AttachmentRefused, match="プログラム"):
        keep(a_file(), a_file(name, content))

    assert not Attachment.objects.exists()
    assert stored_files() == []


@pytest.mark.django_db
def test_a_file_over_the_limit_is_refused_and_one_at_the_limit_is_kept(settings: LazySettings):
    settings.ATTACHMENT_MAX_BYTES = 100

    keep(a_file(content=b"x" * 100))
    with pytest.raises(AttachmentRefused, match=r"note\.txt"):
        keep(a_file(content=b"x" * 101))

    assert Attachment.objects.count() == 1


@pytest.mark.django_db
def test_too_many_files_are_refused_counting_those_of_earlier_steps(settings: LazySettings):
    settings.ATTACHMENT_MAX_COUNT = 3
    key = uuid4()
    keep(a_file(), a_file(), key=key)

    with pytest.raises(AttachmentRefused, match="3"):
        keep(a_file(), a_file(), key=key)
    keep(a_file(), key=key)

    assert len(uploads(key)) == 3


@pytest.mark.django_db
def test_the_sum_of_all_files_of_a_form_is_limited(settings: LazySettings):
    settings.ATTACHMENTS_MAX_TOTAL_BYTES = 100
    key = uuid4()
    keep(a_file(content=b"x" * 60), key=key)

    with pytest.raises(AttachmentRefused):
        keep(a_file(content=b"x" * 60), key=key)

    assert len(uploads(key)) == 1


# What is kept -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (PNG, "image/png"),
        (b"<html><script>alert(1)</script></html>", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"GIF89a/*<script>alert(1)</script>*/", None),
        ("ただの文章です。".encode(), "text/plain"),
        (b"", None),
        (b"\xff\xfe\x00\x01\x02", None),
    ],
)
def test_the_type_is_what_the_bytes_are_whatever_the_sender_says(
    content: bytes, content_type: str | None
):
    [kept] = keep(a_file("x.bin", content, said="image/png"))

    if content_type:
        assert kept.content_type == content_type
    else:
        assert kept.content_type != "image/png"


@pytest.mark.django_db
def test_nothing_a_stranger_chose_is_part_of_a_path():
    [kept] = keep(a_file("../../evil name.html"))

    assert kept.file.name.startswith("attachments/")
    assert len(kept.file.name.removeprefix("attachments/")) == 32
    assert [path.parent.name for path in stored_files()] == ["attachments"]


@pytest.mark.django_db
def test_only_the_form_that_holds_an_upload_can_take_it_off():
    mine, theirs = uuid4(), uuid4()
    [upload] = keep(a_file(), key=mine)

    remove_upload(str(upload.public_id), submission_key=theirs)
    assert uploads(mine) == [upload]
    remove_upload(str(upload.public_id), submission_key=mine)

    assert uploads(mine) == []
    assert stored_files() == []


@pytest.mark.django_db
def test_a_file_of_a_message_can_no_longer_be_taken_off(support: None):
    key = uuid4()
    [upload] = keep(a_file(), key=key)
    an_inquiry(submission_key=key)

    remove_upload(str(upload.public_id), submission_key=key)

    upload.refresh_from_db()
    assert upload.message is not None


@pytest.mark.django_db
def test_what_was_never_sent_is_gone_after_a_day_and_what_was_sent_stays(support: None):
    sent, abandoned, fresh = uuid4(), uuid4(), uuid4()
    yesterday = timezone.now() - timedelta(hours=25)
    for key in (sent, abandoned):
        keep_uploads([a_file()], submission_key=key, now=yesterday)
    keep(a_file(), key=fresh)
    an_inquiry(submission_key=sent)

    discarded = discard_abandoned(now=timezone.now())

    assert discarded == 1
    assert uploads(abandoned) == []
    assert len(uploads(fresh)) == 1
    assert len(stored_files()) == 2
