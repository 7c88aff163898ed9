"""The public form: what it asks, what it keeps, what it refuses and says."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Customer
from mail.models import OutboundEmail
from portal.forms import SALT
from tests.factories import a_topic, an_inquiry
from tests.html import Page
from tickets.models import Attachment, Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

TYPED = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "phone": "+1 202 555 0123",
    "subject": "The invoice is wrong",
    "body": "It lists two printers.\r\nI bought one.",
}


def nothing_is_filed() -> bool:
    filed = (Ticket, Customer, Message, OutboundEmail)
    return not any(model.objects.exists() for model in filed)


def the_form(browser: Client) -> dict[str, str]:
    return Page(browser.get("/contact/").text).form("/contact/").fields


# What is filed ----------------------------------------------------------------------------------


def test_what_was_typed_is_filed(english: Client):
    english.post("/contact/", {**the_form(english), **TYPED})

    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.language, ticket.channel) == (
        *("The invoice is wrong", "en", "web"),
    )
    assert ticket.customer.name == "Grace Hopper"
    assert Message.objects.get().body == "It lists two printers.\nI bought one."
    kinds = ticket.customer.contact_points.values_list("kind", "normalized")
    assert set(kinds) == {("email", "grace@example.com"), ("phone", "+12025550123")}


def test_the_form_needs_no_telephone_number(english: Client):
    english.post("/contact/", {**TYPED, "phone": ""})

    assert Ticket.objects.count() == 1


def test_full_width_letters_and_spaces_in_an_address_are_converted(japanese: Client):
    typed = {**TYPED, "email": " ｇｒａｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ ", "step": "send"}

    japanese.post("/contact/", typed)

    assert OutboundEmail.objects.get().to == "grace@example.com"


def test_the_page_of_a_new_customer_opens_from_the_answer(english: Client):
    answer = english.post("/contact/", TYPED, follow=True)

    [link] = [a["href"] for a in Page(answer.text).all("a") if "/r/" in a["href"]]
    assert "The invoice is wrong" in english.get(link).text


def test_somebody_who_types_a_known_address_gets_no_link_to_its_tickets(english: Client):
    an_inquiry(email="grace@example.com")

    answer = english.post("/contact/", {**TYPED, "email": "GRACE@example.com"}, follow=True)

    assert Ticket.objects.count() == 2
    assert "/r/" not in answer.text
    assert Customer.objects.get().name == "山田花子"


def test_the_answer_page_is_for_an_hour_and_for_nobody_who_forges_its_address(english: Client):
    with time_machine.travel(0, tick=False) as clock:
        clock.move_to("2026-10-05T01:00:00+00:00")
        answer = english.post("/contact/", TYPED)
        address = answer.headers["Location"]
        clock.shift(timedelta(minutes=59))
        assert english.get(address).status_code == 200
        clock.shift(timedelta(minutes=2))
        assert english.get(address).status_code == 404
    forged = signing.dumps([Ticket.objects.get().pk, True], salt="guess")
    assert english.get(f"/contact/received/{forged}/").status_code == 404


# Once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", "forged", "a:b:c", "１２３", "x" * 5000])
def test_a_missing_or_forged_submission_is_simply_a_new_one(english: Client, value: str):
    answer = english.post("/contact/", {**TYPED, "submission": value})

    assert answer.status_code == 302
    assert Ticket.objects.count() == 1


def test_two_fillings_in_are_two_tickets_of_one_customer(english: Client):
    for _ in range(2):
        english.post("/contact/", {**the_form(english), **TYPED})

    assert Ticket.objects.count() == 2
    assert Customer.objects.count() == 1


def test_a_submission_signed_for_another_purpose_is_not_read(english: Client):
    value = signing.dumps([str(uuid4()), 0.0], salt=f"{SALT}x")

    for _ in range(2):
        english.post("/contact/", {**TYPED, "submission": value})

    assert Ticket.objects.count() == 2


# The confirmation ---------------------------------------------------------------------------------


def test_going_back_from_the_confirmation_keeps_everything(japanese: Client):
    file = SimpleUploadedFile("写真.txt", b"paper jam")
    posted = {**the_form(japanese), **TYPED, "attachments": file}
    confirmation = Page(japanese.post("/contact/", posted).text)
    assert "写真.txt" in confirmation.text

    again = japanese.post("/contact/", confirmation.form("/contact/").sent_with("step", "edit"))

    form = Page(again.text).form("/contact/")
    assert {name: form.fields[name] for name in ("name", "email", "phone", "subject")} == {
        name: TYPED[name] for name in ("name", "email", "phone", "subject")
    }
    assert form.fields["body"] == TYPED["body"].replace("\r\n", "\n")
    assert "写真.txt" in again.text
    assert nothing_is_filed()

    confirmation = Page(japanese.post("/contact/", form.fields).text)
    japanese.post("/contact/", confirmation.form("/contact/").sent_with("step", "send"))
    assert Message.objects.get().attachments.get().name == "写真.txt"


def test_in_english_there_is_no_confirmation(english: Client):
    assert english.post("/contact/", TYPED).status_code == 302


def test_what_was_changed_after_the_confirmation_is_checked_again(japanese: Client):
    sending = {**TYPED, "email": "no address", "step": "send"}

    answer = japanese.post("/contact/", sending)

    assert answer.status_code == 422
    assert nothing_is_filed()


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "in_japanese", "in_english"),
    [
        ("name", "", "お名前", "Enter your name."),
        ("name", "　", "お名前", "Enter your name."),
        ("email", "", "メールアドレス", "Enter your email address"),
        ("email", "hana", "メールアドレス", "like name@example.com"),
        ("email", "hana@", "メールアドレス", "like name@example.com"),
        ("email", "a@b.example\r\nBcc: x@y.example", "メールアドレス", "like name@example.com"),
        ("subject", "", "件名", "Say in a few words"),
        ("body", " \n ", "お問い合わせ", "Describe what happened"),
        ("phone", "abc", "電話番号", "Enter a telephone number such as 03-1234-5678"),
        ("website", "http://spam.example", "website", "Leave the field"),
    ],
)
def test_what_is_wrong_is_said_in_the_readers_language_and_the_rest_is_kept(
    japanese: Client, english: Client, field: str, value: str, in_japanese: str, in_english: str
):
    for browser, words in ((japanese, in_japanese), (english, in_english)):
        answer = browser.post("/contact/", {**TYPED, field: value})

        assert answer.status_code == 422
        page = Page(answer.text)
        assert words in page.text
        kept = page.form("/contact/").fields
        for name in {"name", "subject", "body"} - {field}:
            assert kept[name].replace("\r\n", "\n") == TYPED[name].replace("\r\n", "\n")
    assert nothing_is_filed()


def test_a_file_stays_when_something_else_must_be_corrected(english: Client):
    """Browsers cannot fill in a file again: whoever mistypes an address keeps the files."""
    file = SimpleUploadedFile("scan.txt", b"paper jam")
    refused = english.post(
        "/contact/", {**the_form(english), **TYPED, "email": "grace", "attachments": file}
    )
    assert "scan.txt" in refused.text

    form = Page(refused.text).form("/contact/").fields
    english.post("/contact/", {**form, "email": "grace@example.com"})

    assert Message.objects.get().attachments.get().name == "scan.txt"


def test_the_honeypot_keeps_no_file(english: Client):
    file = SimpleUploadedFile("scan.txt", b"buy now")

    english.post("/contact/", {**TYPED, "website": "x", "attachments": file})

    assert not Attachment.objects.exists()


def test_the_title_of_the_page_says_that_something_is_wrong(english: Client):
    answer = english.post("/contact/", {**TYPED, "name": ""})

    assert "<title>Error" in "".join(answer.text.split("\n"))


def test_a_removed_file_is_gone_and_the_text_stays(english: Client):
    file = SimpleUploadedFile("scan.txt", b"paper jam")
    refused = english.post("/contact/", {**TYPED, "name": "", "attachments": file})
    form = Page(refused.text).form("/contact/")
    [button] = [b for b in form.buttons if b.get("name") == "remove"]

    answer = english.post("/contact/", form.sent_with("remove", button["value"]))

    assert answer.status_code == 200
    assert "scan.txt" not in answer.text
    assert Page(answer.text).form("/contact/").fields["subject"] == TYPED["subject"]
    assert not Attachment.objects.exists()


def test_a_file_chosen_while_another_is_removed_stays(english: Client):
    first, second = (SimpleUploadedFile(name, b"paper jam") for name in ("one.txt", "two.txt"))
    refused = english.post("/contact/", {**TYPED, "name": "", "attachments": first})
    form = Page(refused.text).form("/contact/")
    [button] = [b for b in form.buttons if b.get("name") == "remove"]

    removed = english.post(
        "/contact/", {**form.sent_with("remove", button["value"]), "attachments": second}
    )

    assert removed.status_code == 200
    assert "one.txt" not in removed.text
    assert "two.txt" in removed.text
    assert "Enter your name." not in removed.text
    form = Page(removed.text).form("/contact/")
    english.post("/contact/", {**form.fields, "name": "Grace Hopper"})
    assert Message.objects.get().attachments.get().name == "two.txt"


def test_a_program_chosen_while_a_file_is_removed_is_refused_and_said_so(english: Client):
    first, second = SimpleUploadedFile("one.txt", b"jam"), SimpleUploadedFile("two.exe", b"MZ")
    refused = english.post("/contact/", {**TYPED, "name": "", "attachments": first})
    form = Page(refused.text).form("/contact/")
    [button] = [b for b in form.buttons if b.get("name") == "remove"]

    removed = english.post(
        "/contact/", {**form.sent_with("remove", button["value"]), "attachments": second}
    )

    assert removed.status_code == 422
    assert "is a program" in removed.text
    assert not Attachment.objects.exists()


# Sent again -------------------------------------------------------------------------------------


ADDED = "What you changed was added to it"


def test_the_same_form_sent_twice_is_one_ticket_with_one_message(english: Client):
    form = {**the_form(english), **TYPED}

    answers = [english.post("/contact/", form, follow=True) for _ in range(2)]

    assert Message.objects.count() == 1
    assert all(ADDED not in answer.text for answer in answers)
    assert str(Ticket.objects.get().number) in answers[1].text


def test_a_text_corrected_after_sending_is_added_to_the_same_ticket(english: Client):
    form = {**the_form(english), **TYPED}
    english.post("/contact/", form)
    corrected = {**form, "subject": "The invoice is wrong again", "body": "It was three printers."}

    # Somebody goes back, corrects it and clicks twice.
    answers = [english.post("/contact/", corrected, follow=True) for _ in range(2)]

    ticket = Ticket.objects.get()
    first, added = ticket.messages.all()
    assert first.body == "It lists two printers.\nI bought one."
    assert added.body == "Subject: The invoice is wrong again\n\nIt was three printers."
    assert added.is_inbound
    for answer in answers:
        assert ADDED in Page(answer.text).text
        assert str(ticket.number) in answer.text


def test_every_correction_is_kept_and_the_first_text_is_not_repeated(english: Client):
    form = {**the_form(english), **TYPED}
    for body in (TYPED["body"], "Three printers.", "Four printers.", TYPED["body"]):
        english.post("/contact/", {**form, "body": body})

    bodies = list(Ticket.objects.get().messages.values_list("body", flat=True))
    assert bodies == ["It lists two printers.\nI bought one.", "Three printers.", "Four printers."]


def test_a_corrected_address_is_told_to_the_agents_and_gets_no_letter(english: Client):
    form = {**the_form(english), **TYPED}
    english.post("/contact/", form)

    english.post("/contact/", {**form, "email": "hopper@example.com"})

    added = Ticket.objects.get().messages.last()
    assert added is not None
    assert added.body == "Email address: hopper@example.com"
    assert set(OutboundEmail.objects.values_list("to", flat=True)) == {"grace@example.com"}
    assert Ticket.objects.get().reply_address == "grace@example.com"


def test_a_file_added_after_sending_is_kept_and_the_same_file_counts_once(english: Client):
    form = {**the_form(english), **TYPED}
    english.post("/contact/", {**form, "attachments": SimpleUploadedFile("one.txt", b"one")})

    english.post("/contact/", {**form, "attachments": SimpleUploadedFile("one.txt", b"one")})
    assert Message.objects.count() == 1
    english.post("/contact/", {**form, "attachments": SimpleUploadedFile("two.txt", b"two")})

    _, added = Ticket.objects.get().messages.all()
    assert [file.name for file in added.attachments.all()] == ["two.txt"]
    assert added.body == "A file was added to the inquiry."


# Topics -----------------------------------------------------------------------------------------


def test_without_topics_nobody_is_asked_for_one(english: Client):
    assert "topic" not in the_form(english)


def test_a_topic_is_offered_and_decides_where_the_inquiry_goes(english: Client, other_team):
    topic = a_topic("Billing", "請求", team=other_team)
    a_topic("Old", "旧", is_active=False)

    page = Page(english.get("/contact/").text)
    english.post("/contact/", {**the_form(english), **TYPED, "topic": str(topic.pk)})
    english.post("/contact/", {**the_form(english), **TYPED, "email": "b@example.com"})

    assert "Billing" in page.text
    assert "Old" not in page.text
    with_topic, without = Ticket.objects.order_by("pk")
    assert (with_topic.topic, with_topic.team) == (topic, other_team)
    assert (without.topic, without.team.name) == (None, "Support")


def test_the_confirmation_names_the_topic_and_sends_it(japanese: Client):
    topic = a_topic("Billing", "請求")

    confirmation = Page(
        japanese.post("/contact/", {**the_form(japanese), **TYPED, "topic": str(topic.pk)}).text
    )
    assert "請求" in confirmation.text
    again = confirmation.form("/contact/").sent_with("step", "edit")
    corrected = Page(japanese.post("/contact/", again).text).form("/contact/").fields
    sent = confirmation.form("/contact/").sent_with("step", "send")
    japanese.post("/contact/", sent)

    assert corrected["topic"] == str(topic.pk)
    assert Ticket.objects.get().topic == topic


@pytest.mark.parametrize("topic", ["99999", "x", "-1"])
def test_a_topic_that_is_not_offered_is_refused_with_what_was_typed(english: Client, topic: str):
    a_topic()

    response = english.post("/contact/", {**the_form(english), **TYPED, "topic": topic})

    assert response.status_code == 422
    assert "Choose from the list what it is about." in response.text
    assert TYPED["subject"] in response.text
    assert nothing_is_filed()
