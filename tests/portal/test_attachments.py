"""Files on the customer's side: how they are handed out, and to whom."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import an_inquiry
from tickets.models import Attachment
from tickets.services.opening import Opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00"
    b"\x00\x00IEND\xaeB`\x82"
)
DANGEROUS = {
    "page.html": b"<html><script>alert(1)</script></html>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "data.xml": b"<?xml version='1.0'?><x xmlns='http://www.w3.org/1999/xhtml'/>",
    "form.pdf": b"%PDF-1.7\n/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
    "polyglot.gif": b"GIF89a/*<script>alert(1)</script>*/=1",
}


@pytest.fixture(autouse=True)
def _own_directory(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def sent_with(browser: Client, inquiry: Opened, *files: SimpleUploadedFile) -> list[Attachment]:
    answer = browser.post(
        f"/r/{inquiry.token}/replies/", {"body": "See the files.", "attachments": list(files)}
    )
    assert answer.status_code == 302
    return list(Attachment.objects.filter(message__ticket=inquiry.ticket))


def download(browser: Client, inquiry: Opened, attachment: Attachment):
    response = browser.get(f"/r/{inquiry.token}/files/{attachment.public_id}/")
    return response, b"".join(response) if response.streaming else b""


def test_what_comes_down_is_what_went_up(english: Client):
    inquiry = an_inquiry()
    [file] = sent_with(english, inquiry, SimpleUploadedFile("写真 1.txt", "紙詰まり".encode()))

    response, content = download(english, inquiry, file)

    assert content == "紙詰まり".encode()
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=utf-8''%E5%86%99%E7%9C%9F%201.txt" in disposition


@pytest.mark.parametrize("name", DANGEROUS)
def test_nothing_that_could_run_is_shown_in_the_browser(english: Client, name: str):
    inquiry = an_inquiry()
    [file] = sent_with(
        english, inquiry, SimpleUploadedFile(name, DANGEROUS[name], content_type="image/png")
    )

    response, _ = download(english, inquiry, file)

    is_picture = response.headers["Content-Type"].startswith("image/")
    assert not is_picture or name == "polyglot.gif"
    if not is_picture:
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_plain_picture_is_shown(english: Client):
    inquiry = an_inquiry()
    [file] = sent_with(english, inquiry, SimpleUploadedFile("photo.png", PNG))

    response, content = download(english, inquiry, file)

    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"].startswith("inline;")
    assert content == PNG


def test_a_file_is_for_the_holder_of_its_own_link_only(english: Client):
    hana, jiro = an_inquiry(), an_inquiry(email="jiro@example.com")
    [file] = sent_with(english, hana, SimpleUploadedFile("secret.txt", b"secret"))

    response, content = download(english, jiro, file)

    assert response.status_code == 404
    assert b"secret" not in content


def test_an_upload_of_a_form_that_was_not_sent_has_no_address(english: Client):
    inquiry = an_inquiry()
    english.post(
        "/contact/", {"name": "", "attachments": SimpleUploadedFile("scan.txt", b"paper jam")}
    )

    for waiting in Attachment.objects.all():
        assert download(english, inquiry, waiting)[0].status_code == 404


def test_files_have_no_other_address(english: Client):
    inquiry = an_inquiry()
    [file] = sent_with(english, inquiry, SimpleUploadedFile("secret.txt", b"secret"))

    for address in (f"/media/{file.file.name}", f"/{file.file.name}", f"/files/{file.file.name}"):
        assert english.get(address).status_code == 404


def test_an_address_that_was_never_given_out_is_a_404(english: Client):
    inquiry = an_inquiry()

    assert english.get(f"/r/{inquiry.token}/files/{uuid4()}/").status_code == 404


def test_a_file_that_the_disk_has_lost_is_a_404(english: Client):
    inquiry = an_inquiry()
    [file] = sent_with(english, inquiry, SimpleUploadedFile("scan.txt", b"paper jam"))
    Path(file.file.path).unlink()

    assert download(english, inquiry, file)[0].status_code == 404
