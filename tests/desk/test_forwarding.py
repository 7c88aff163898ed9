"""Writing to a third party from the ticket's page, without a script."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from customers.models import Customer
from mail.models import Mailbox, OutboundEmail
from tests.conftest import signed_in
from tests.desk.pages import links, numbers, words
from tests.html import Page
from tests.mail.incoming import a_mail, arrives, letters_to, the_system_works
from tests.tickets.test_forwarding import MAKER, bounce
from tickets.attachments import keep_uploads
from tickets.models import Attachment, Message, ThirdPartyLetter, Ticket
from tickets.services.forwarding import Forward, forward
from tickets.services.handling import assign, solve
from tickets.services.merging import merge_tickets
from tickets.services.replying import add_note, receive_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(mailbox: Mailbox, aiko: Agent, monday_at_ten: time_machine.Traveller) -> Ticket:
    arrives(a_mail())
    monday_at_ten.shift(timedelta(minutes=5))
    return assign(Ticket.objects.get(), to=aiko, by=aiko)


@pytest.fixture
def asked(ticket: Ticket, aiko: Agent) -> ThirdPartyLetter:
    sent = forward(ticket, Forward(address=MAKER, body="在庫は?"), agent=aiko)
    the_system_works()
    return sent


@pytest.fixture
def answered(asked: ThirdPartyLetter) -> ThirdPartyLetter:
    assert asked.email is not None
    mail = a_mail(MAKER, to=[parseaddr(asked.email.headers["Reply-To"])[1]], body="10個あります。")
    mail.add_alternative("<p>10個 <b>あります</b></p>", subtype="html")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="見積.pdf")
    arrives(mail)
    return ThirdPartyLetter.objects.get(direction="inbound")


def address(ticket: Ticket, query: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/forward/{query}"


def send(browser: Client, ticket: Ticket, **fields: object):
    typed = {"address": MAKER, "body": "在庫はありますか。", "submission_key": str(uuid4())}
    return browser.post(f"{address(ticket)}create/", {**typed, **fields}, follow=True)


def ticket_page(browser: Client, ticket: Ticket, query: str = "") -> Page:
    return Page(browser.get(f"/desk/tickets/{ticket.number}/{query}").text)


def checked(page: Page) -> list[str]:
    return [each["value"] for each in page.all("input") if "checked" in each and "value" in each]


def test_a_message_is_forwarded_from_its_place_in_the_thread(as_aiko, ticket):
    message = Message.objects.get()
    there = links(as_aiko.get(f"/desk/tickets/{ticket.number}/"))
    assert address(ticket, f"?message={message.pk}") in there

    page = Page(as_aiko.get(address(ticket, f"?message={message.pk}")).text)
    assert checked(page) == [f"message-{message.pk}"]
    form = page.form("/forward/create/")
    shown = as_aiko.post(
        form.action,
        {**form.fields, "address": MAKER, "body": "在庫は?", "quoted": f"message-{message.pk}"},
        follow=True,
    )

    the_system_works()
    [letter] = letters_to(MAKER)
    assert "昨日から印刷できません。" in letter.body
    assert f"Sent to {MAKER}. The promise to the customer stays as it is." in words(shown)
    assert f"Aiko To a third party: {MAKER} – the customer does not see it" in words(shown)


def test_a_note_cannot_be_forwarded(as_aiko, ticket, aiko):
    add_note(ticket, body="内緒の話", agent=aiko)

    page = as_aiko.get(address(ticket)).text

    assert "内緒の話" not in page
    here = links(as_aiko.get(f"/desk/tickets/{ticket.number}/"))
    assert len([each for each in here if "/forward/" in each]) == 1


def test_what_was_typed_stays_when_something_is_wrong(as_aiko, ticket):
    message = Message.objects.get()

    answer = send(
        as_aiko,
        ticket,
        address="nobody",
        body="在庫は?",
        quoted=f"message-{message.pk}",
        holds="on",
        hold_reason="部品",
    )

    page = Page(answer.text)
    fields = page.form("/forward/create/").fields
    assert answer.status_code == 422
    assert "This is not an email address." in page.text
    assert (fields["address"], fields["body"], fields["hold_reason"]) == (
        "nobody",
        "在庫は?",
        "部品",
    )
    assert checked(page) == [f"message-{message.pk}"] or "holds" in fields
    assert not ThirdPartyLetter.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"address": ""}, "Enter the address of whom you ask."),
        ({"body": " "}, "Write what you want to know first."),
        ({"address": "hanako@example.jp"}, "This is the customer."),
        ({"address": "support@desk.example"}, "This is an address of ours."),
        ({"quoted": "message-999999"}, "is not one of the available choices"),
        ({"quoted": "letter-1' OR 1"}, "is not one of the available choices"),
    ],
)
def test_what_cannot_be_sent_is_explained(as_aiko, ticket, fields, sentence):
    answer = send(as_aiko, ticket, **fields)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not ThirdPartyLetter.objects.exists()


def test_words_of_another_ticket_cannot_be_forwarded(as_aiko, ticket):
    arrives(a_mail("ken@example.com", body="別の話"))
    other = Message.objects.latest("pk")

    assert send(as_aiko, ticket, quoted=f"message-{other.pk}").status_code == 422
    page = as_aiko.get(address(ticket, f"?message={other.pk}"))
    assert "別の話" not in page.text


def test_the_form_sends_once(as_aiko, ticket):
    key = str(uuid4())
    for _ in range(2):
        send(as_aiko, ticket, submission_key=key)

    assert ThirdPartyLetter.objects.count() == 1


def test_a_hold_names_whom_it_waits_for(as_aiko, ticket):
    send(as_aiko, ticket, holds="on")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.hold_reason) == ("on_hold", f"waiting for {MAKER}")


def test_a_resolved_ticket_is_not_offered_to_be_put_on_hold(as_aiko, ticket, aiko):
    solve(ticket, agent=aiko)

    assert "on hold" not in words(as_aiko.get(address(ticket)))
    assert send(as_aiko, ticket, holds="on").status_code == 200


def test_files_of_the_message_are_chosen_with_it(as_aiko, ticket):
    a_file = SimpleUploadedFile("error.txt", b"jam", content_type="text/plain")
    keep_uploads([a_file], submission_key=(key := uuid4()), now=timezone.now())
    message = receive_reply(ticket, body="ログです。", submission_key=key)
    file = Attachment.objects.get()

    page = Page(as_aiko.get(address(ticket, f"?message={message.pk}")).text)
    assert checked(page) == [f"message-{message.pk}", str(file.public_id)]
    shown = send(as_aiko, ticket, enclosed=str(file.public_id))

    the_system_works()
    [letter] = letters_to(MAKER)
    assert [part.get_filename() for part in letter.message().walk()][-1] == "error.txt"
    assert words(shown).count("error.txt") == 2


def test_addresses_written_to_before_are_offered(as_aiko, ticket, asked):
    page = Page(as_aiko.get(address(ticket)).text)

    assert [each["value"] for each in page.all("option")] == [MAKER]


def test_the_answer_stands_in_the_thread_and_is_no_customers(as_aiko, ticket, answered):
    shown = words(as_aiko.get(f"/desk/tickets/{ticket.number}/"))

    assert (
        f"{MAKER} From a third party ({MAKER}) – not the customer today 10:05 10個あります。"
        in shown
    )
    assert "見積.pdf" in shown
    assert shown.count("From the customer") == 1


def test_its_file_is_for_the_team_alone(as_aiko, ticket, answered, mallory):
    place = f"/desk/files/{Attachment.objects.get().public_id}/"
    assert place in links(as_aiko.get(f"/desk/tickets/{ticket.number}/"))

    assert b"".join(as_aiko.get(place).streaming_content) == b"%PDF-1.4"
    assert signed_in(mallory).get(place).status_code == 404


def test_its_original_and_its_bytes_are_there(as_aiko, ticket, answered, mallory):
    place = f"/desk/tickets/{ticket.number}/third-party/{answered.pk}/"

    frame = Page(as_aiko.get(place).text).all("iframe")[0]
    document = as_aiko.get(frame["src"])

    assert frame["src"] == f"{place}document/"
    assert "sandbox" in document["Content-Security-Policy"]
    assert "<b>あります</b>" in document.text
    raw = b"".join(as_aiko.get(f"{place}raw/").streaming_content)
    assert b"From: parts@maker.example" in raw
    for each in (place, f"{place}document/", f"{place}raw/"):
        assert signed_in(mallory).get(each).status_code == 404


def test_it_can_be_quoted_in_the_reply(as_aiko, ticket, answered):
    there = links(as_aiko.get(f"/desk/tickets/{ticket.number}/"))
    assert f"/desk/tickets/{ticket.number}/?quote={answered.pk}#reply_body" in there

    page = ticket_page(as_aiko, ticket, f"?quote={answered.pk}")

    assert page.form("/replies/").fields["body"].strip() == "> 10個あります。"


def test_what_is_being_written_stays_above_the_quote(as_aiko, ticket, answered):
    draft = {"kind": "reply", "body": "お待たせしました。", "submission_key": str(uuid4())}
    as_aiko.post(f"/desk/tickets/{ticket.number}/draft/", draft)
    there = f"?quote={answered.pk}"

    begun = ticket_page(as_aiko, ticket, there).form("/replies/").fields["body"]
    as_aiko.post(f"/desk/tickets/{ticket.number}/draft/", {**draft, "body": begun})

    assert begun.strip() == "お待たせしました。\n\n> 10個あります。"
    again = ticket_page(as_aiko, ticket, there).form("/replies/").fields["body"]
    assert again.strip() == begun.strip()


@pytest.mark.parametrize("text", ["", "x", "0", "99999999999999999999", "-1", "１"])
def test_a_quote_that_is_not_there_changes_nothing(as_aiko, ticket, answered, text):
    page = ticket_page(as_aiko, ticket, f"?quote={text}")

    assert page.form("/replies/").fields["body"] == ""


def test_what_we_asked_is_not_quoted_to_the_customer(as_aiko, ticket, asked):
    page = ticket_page(as_aiko, ticket, f"?quote={asked.pk}")

    assert page.form("/replies/").fields["body"] == ""


def test_writing_again_goes_to_the_same_address(as_aiko, ticket, answered):
    there = links(as_aiko.get(f"/desk/tickets/{ticket.number}/"))
    again = address(ticket, "?to=parts%40maker.example")
    assert again in there

    page = Page(as_aiko.get(again).text)

    assert page.form("/forward/create/").fields["address"] == MAKER


def test_the_answer_is_forwarded_to_somebody_else(as_aiko, ticket, answered):
    page = Page(as_aiko.get(address(ticket, f"?letter={answered.pk}")).text)
    assert f"letter-{answered.pk}" in checked(page)

    send(as_aiko, ticket, address="go@carrier.example", quoted=f"letter-{answered.pk}")

    the_system_works()
    [letter] = letters_to("go@carrier.example")
    assert "10個あります。" in letter.body
    assert "From: parts@maker.example" in letter.body


def test_who_answered_instead_is_marked(as_aiko, ticket, asked):
    assert asked.email is not None
    to = parseaddr(asked.email.headers["Reply-To"])[1]
    arrives(a_mail("eve@evil.example", to=[to]))

    shown = words(as_aiko.get(f"/desk/tickets/{ticket.number}/"))

    assert "Somebody else answered" in shown
    assert "From a third party (eve@evil.example) – not the customer" in shown


def test_a_letter_that_came_back_says_so(as_aiko, ticket, asked, ben):
    bounce(OutboundEmail.objects.get(to=MAKER))

    shown = words(as_aiko.get(f"/desk/tickets/{ticket.number}/"))
    bell = words(as_aiko.get("/desk/notifications/"))

    assert (
        f"This letter did not reach the third party. The address {MAKER} does not exist." in shown
    )
    assert f"The letter to {MAKER}, a third party, could not be delivered" in bell


def test_the_bell_tells_of_the_answer(as_aiko, ticket, answered):
    bell = words(as_aiko.get("/desk/notifications/"))

    assert "A third party answered" in bell
    assert MAKER in bell


def test_the_hold_that_ended_is_told(as_aiko, ticket, aiko):
    sent = forward(ticket, Forward(address=MAKER, body="?", hold_reason="部品"), agent=aiko)
    assert sent.email is not None
    arrives(a_mail(MAKER, to=[parseaddr(sent.email.headers["Reply-To"])[1]]))

    shown = words(as_aiko.get(f"/desk/tickets/{ticket.number}/"))

    assert f"{MAKER} answered, so the ticket is no longer on hold." in shown


@pytest.mark.parametrize("word", ["在庫", "10個あります", "見積"])
def test_agents_find_what_was_asked_answered_and_sent(as_aiko, ticket, answered, word, mallory):
    assert numbers(as_aiko.get("/desk/search/", {"q": word})) == [ticket.number]
    assert numbers(signed_in(mallory).get("/desk/search/", {"q": word})) == []


def test_after_a_merge_all_of_it_is_told_where_the_ticket_goes_on(as_aiko, ticket, answered, aiko):
    arrives(a_mail(subject="もう一件"))
    other = Ticket.objects.latest("pk")
    merge_tickets(ticket, into=other, agent=aiko)

    shown = words(as_aiko.get(f"/desk/tickets/{other.number}/"))

    assert f"From a third party ({MAKER})" in shown
    assert numbers(as_aiko.get("/desk/search/", {"q": "10個あります"})) == [other.number]
    page = Page(as_aiko.get(address(other)).text)
    assert [each["value"] for each in page.all("option")] == [MAKER]
    place = f"/desk/tickets/{other.number}/third-party/{answered.pk}/raw/"
    assert b"".join(as_aiko.get(place).streaming_content)


def test_the_page_asks_few_questions(
    as_aiko, ticket, answered, aiko, django_assert_max_num_queries
):
    for number in range(4):
        forward(ticket, Forward(address=MAKER, body=f"{number}"), agent=aiko)
    the_system_works()
    ticket_page(as_aiko, ticket)

    # The last one says who looked, when the page has left.
    with django_assert_max_num_queries(13):
        ticket_page(as_aiko, ticket)


def test_a_third_party_is_no_customer(answered):
    assert Customer.objects.count() == 1
