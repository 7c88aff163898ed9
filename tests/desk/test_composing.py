"""Files in a reply, the markup of agents, and the preview."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from mail.delivery import as_received
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN, signed_in
from tests.desk.pages import words
from tests.desk.test_replies import address, send
from tests.factories import a_ticket, an_inquiry
from tickets.attachments import discard_abandoned
from tickets.models import Attachment, Draft, Message
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer
from tickets.services.unsending import take_back

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00\x01\r\n" * 50


def a_file(name="図.png", content=PICTURE):
    return SimpleUploadedFile(name, content)


def upload(client, ticket, *files, key, **headers):
    return client.post(
        reverse("desk:upload_create", args=[ticket.number]),
        {"submission_key": key, "attachments": files},
        headers={"HX-Request": "true", **headers},
    )


def remove(client, ticket, file, *, key, **options):
    return client.post(
        reverse("desk:upload_delete", args=[ticket.number]),
        {"submission_key": key, "remove": str(file.public_id), "body": "書きかけ"},
        **options,
    )


# Files ----------------------------------------------------------------------------------------


def test_the_letter_and_the_customers_page_carry_the_file(as_aiko, client):
    opened = an_inquiry()

    send(as_aiko, opened.ticket, body="図を添付します。", attachments=a_file())

    letter = as_received(OutboundEmail.objects.get(letter="reply"))
    [part] = letter.iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == ("図.png", "image/png")
    assert part.get_content() == PICTURE
    assert "図を添付します。" in letter.get_body(("plain",)).get_content()
    page = client.get(f"/r/{opened.token}/")
    assert "図.png" in words(page)
    [file_address] = re.findall(r'href="(/r/[^"]+/files/[^"]+)"', page.text)
    assert b"".join(client.get(file_address).streaming_content) == PICTURE


def test_every_try_carries_the_same_files(as_aiko):
    send(as_aiko, a_ticket(), attachments=[a_file(), a_file("メモ.txt", "一\n二\r\n".encode())])
    email = OutboundEmail.objects.get(letter="reply")

    first, second = (
        [(part.get_filename(), part.get_payload(decode=True)) for part in one.iter_attachments()]
        for one in (as_received(email), as_received(email))
    )

    assert first == second == [("図.png", PICTURE), ("メモ.txt", "一\n二\r\n".encode())]


def test_files_wait_with_the_draft_and_leave_with_the_reply(as_aiko, aiko):
    ticket, key = a_ticket(), uuid4()

    assert "図.png" in words(upload(as_aiko, ticket, a_file(), key=key))
    # On another day and device, before a word is written.
    assert discard_abandoned(now=MONDAY_AT_TEN + timedelta(days=2)) == 0
    assert "図.png" in words(signed_in(aiko).get(address(ticket)))
    send(signed_in(aiko), ticket, body="どうぞ。", submission_key=key)

    assert [file.name for file in Message.objects.last().attachments.all()] == ["図.png"]
    assert not Draft.objects.exists()


def test_a_file_is_taken_off_again(as_aiko):
    ticket, key = a_ticket(), uuid4()
    upload(as_aiko, ticket, a_file(), a_file("other.png"), key=key)
    first = Attachment.objects.order_by("pk").first()

    part = remove(as_aiko, ticket, first, key=key, headers={"HX-Request": "true"})

    assert "図.png" not in words(part)
    assert "other.png" in words(part)
    assert Attachment.objects.count() == 1


def test_without_scripts_the_page_comes_again_with_all_that_was_typed(as_aiko):
    ticket, key = a_ticket(), uuid4()
    upload(as_aiko, ticket, a_file(), key=key)

    page = remove(as_aiko, ticket, Attachment.objects.get(), key=key)

    assert page.status_code == 200
    assert "書きかけ</textarea>" in page.text
    assert "Please check what you entered" not in words(page)
    assert "図.png" not in words(page)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (("setup.exe", b"x"), "is a program"),
        (("big.bin", b"x" * 200), "is larger than"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(as_aiko, settings, file, sentence):
    settings.ATTACHMENT_MAX_BYTES = 100
    ticket = a_ticket()

    part = upload(as_aiko, ticket, a_file(*file), key=uuid4())
    page = send(as_aiko, ticket, body="どうぞ。", attachments=a_file(*file))

    assert (part.status_code, page.status_code) == (422, 422)
    assert sentence in words(part)
    assert sentence in words(page)
    assert "どうぞ。" in words(page)
    assert not Attachment.objects.exists()


def test_files_survive_a_mistake_and_a_thread_that_moved_on(as_aiko):
    ticket = a_ticket()
    mistake = send(as_aiko, ticket, body="", attachments=a_file())
    assert "図.png" in words(mistake)
    key = re.search(r'name="submission_key" value="([^"]+)"', mistake.text)[1]
    receive_reply(ticket, body="追伸です。")

    moved_on = send(as_aiko, ticket, body="どうぞ。", submission_key=key, seen_entries=1)

    assert moved_on.status_code == 409
    assert "図.png" in words(moved_on)
    another = re.search(r'name="submission_key" value="([^"]+)"', moved_on.text)[1]
    assert another != key
    send(as_aiko, ticket, body="どうぞ。", submission_key=another)
    assert Message.objects.last().attachments.count() == 1


def test_taken_back_the_files_are_on_the_draft_again(as_aiko, aiko, settings):
    settings.UNDO_SEND_SECONDS = 10
    ticket = a_ticket()
    send(as_aiko, ticket, body="添付します。", attachments=a_file())

    take_back(Message.objects.last(), by=aiko)

    assert "図.png" in words(as_aiko.get(address(ticket)))


def test_other_teams_put_nothing_on_a_reply(mallory):
    ticket = a_ticket()

    assert upload(signed_in(mallory), ticket, a_file(), key=uuid4()).status_code == 404
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("body", ["See the attached plan.", "資料を添付いたします。"])
def test_a_file_that_was_promised_and_forgotten_is_asked_for_once(as_aiko, body):
    ticket = a_ticket()

    asked = send(as_aiko, ticket, body=body)

    assert asked.status_code == 422
    assert "You write of a file, and none is attached." in words(asked)
    assert body in asked.text
    assert not Message.objects.filter(direction="outbound").exists()
    assert 'name="without_files" value="yes"' in asked.text
    assert send(as_aiko, ticket, body=body, without_files="yes").status_code == 302


@pytest.mark.parametrize(
    "body",
    [
        "部品を送ります。",
        "わかりました。\n\n> 写真を添付します。",
        "I am attached to it? No: detached",
    ],
)
def test_a_reply_that_promises_no_file_just_leaves(as_aiko, body):
    body = body.replace("I am attached to it? No: d", "D")

    assert send(as_aiko, a_ticket(), body=body).status_code == 302


# Markup ---------------------------------------------------------------------------------------

MARKED = "**「重要」**です。\n\n- 一\n- 二\n\n[手順](https://example.com/a) ![絵](https://example.com/b.png)"


def test_what_agents_write_has_its_bold_and_its_lists_for_everybody(as_aiko, aiko, client):
    opened = an_inquiry()
    reply_to_customer(opened.ticket, Reply(body=MARKED, solves=True), agent=aiko)
    add_note(opened.ticket, body="**社内**", agent=aiko)

    desk, portal = as_aiko.get(address(opened.ticket)), client.get(f"/r/{opened.token}/")
    email = OutboundEmail.objects.get(letter="reply")
    html = as_received(email).get_body(("html",)).get_content()

    for seen in (desk.text, portal.text, html):
        assert "<strong>「重要」</strong>です。" in seen
        assert "<li>一</li>" in seen
        assert '<a href="https://example.com/a" rel="noopener noreferrer nofollow">手順</a>' in seen
        assert "<img" not in seen
    assert "<strong>社内</strong>" in desk.text
    # Who reads plain text reads what was typed.
    assert MARKED in email.text


def test_what_customers_write_is_never_markup(as_aiko, client):
    opened = an_inquiry(body="**偽** [銀行](https://evil.example)")

    for page in (as_aiko.get(address(opened.ticket)), client.get(f"/r/{opened.token}/")):
        assert "**偽** [銀行](" in words(page).replace(" https://evil", "https://evil")
        assert "<strong>偽" not in page.text


def preview(client, ticket, **fields):
    headers = fields.pop("headers", {"HX-Request": "true"})
    return client.post(reverse("desk:preview", args=[ticket.number]), fields, headers=headers)


def test_the_preview_shows_it_before_it_leaves(as_aiko):
    ticket = a_ticket()

    part = preview(as_aiko, ticket, body="**太字** <b>x</b>")

    assert "<strong>太字</strong> &lt;b&gt;" in part.text
    assert "<html" not in part.text
    assert "This is how the customer sees it" in words(part)
    assert "Nothing is written yet." in words(preview(as_aiko, ticket, body=""))


@pytest.mark.parametrize("kind", ["", "note"])
def test_without_scripts_the_preview_is_on_the_page_with_what_was_typed(as_aiko, kind):
    page = preview(as_aiko, a_ticket(), body="**太字**", kind=kind, headers={})

    assert page.status_code == 200
    assert "<strong>太字</strong>" in page.text
    assert "**太字**</textarea>" in page.text
    assert "Please check what you entered" not in words(page)


def test_nothing_is_previewed_before_somebody_asks(as_aiko):
    page = as_aiko.get(reverse("desk:ticket", args=[a_ticket().number]))

    assert 'class="preview"' not in page.text
