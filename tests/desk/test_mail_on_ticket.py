"""Mail on a ticket's page: what is doubtful is marked, what is long is folded, and nothing runs."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from django.utils import timezone

from accounts.models import Agent
from customers.models import ContactPoint
from mail.models import Mailbox, OutboundEmail
from tests.conftest import signed_in
from tests.html import Page
from tests.mail.incoming import HANA, a_mail, arrives
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(mailbox: Mailbox) -> Ticket:
    arrives(a_mail(body="助けて。\n\n2026年10月5日 山田:\n> 前のメール"))
    return Ticket.objects.get()


def page(agent: Agent, ticket: Ticket) -> Page:
    return Page(signed_in(agent).get(ticket.clock.path).text)


def answer(sender: str = HANA, **fields: object) -> Message:
    letter = OutboundEmail.objects.earliest("pk")
    to = [parseaddr(letter.headers["Reply-To"])[1]]
    email = arrives(a_mail(sender, to=to, **fields))  # type: ignore[arg-type]
    return Message.objects.get(inbound=email)


def press(agent: Agent, ticket: Ticket, action: str, **sent: str) -> str:
    browser = signed_in(agent)
    form = Page(browser.get(ticket.clock.path).text).form(action)
    return Page(browser.post(form.action, {**form.fields, **sent}, follow=True).text).text


def with_html(html: str) -> EmailMessage:
    mail = a_mail()
    mail.add_alternative(html, subtype="html")
    return mail


def test_earlier_text_is_folded_and_there(ticket: Ticket, aiko: Agent):
    text = page(aiko, ticket).text

    assert "助けて。" in text
    assert "Show earlier text" in text
    assert "> 前のメール" in text


def test_a_forged_mail_is_marked_until_somebody_accepts_it(ticket: Ticket, aiko: Agent):
    message = answer(auth="fail", body="forged words")
    shown = page(aiko, ticket).text
    assert "Unverified sender" in shown
    assert "The customer does not see it." in shown
    assert "Mail from somebody else" in shown

    after = press(aiko, ticket, f"/mails/{message.pk}/acceptance/")

    assert "Unverified sender" not in after
    assert "Aiko accepted the mail of hanako@example.jp." in after


def test_whom_a_mail_names_is_added_or_ignored(ticket: Ticket, aiko: Agent):
    answer(cc=["One <one@other.example>", "two@other.example"])
    one, two = ticket.participants.order_by("pk")
    assert (
        "one@other.example was named in a mail and gets nothing from us." in page(aiko, ticket).text
    )

    added = press(aiko, ticket, f"/participants/{one.pk}/", do="accept")
    ignored = press(aiko, ticket, f"/participants/{two.pk}/", do="ignore")

    assert "one@other.example is in Cc of our replies." in added
    assert "two@other.example was named" not in ignored
    assert "one@other.example is in Cc" in ignored


def test_an_automatic_mail_is_one_folded_line(ticket: Ticket, aiko: Agent):
    answer(headers={"Auto-Submitted": "auto-replied"}, body="休暇中です。")

    assert "Automatic mail from hanako@example.jp 休暇中です。" in page(aiko, ticket).text


def test_a_ticket_that_may_belong_to_another_leads_there(ticket: Ticket, aiko: Agent):
    arrives(a_mail("eve@evil.example", subject=f"[#{ticket.number}]"))
    new = Ticket.objects.latest("pk")

    assert f"This may belong to #{ticket.number}" in page(aiko, new).text
    assert f"#{new.number}" not in page(aiko, ticket).text


def test_nobody_learns_of_a_ticket_they_may_not_see(ticket: Ticket, mallory: Agent):
    arrives(a_mail("eve@evil.example", subject=f"[#{ticket.number}]"))
    new = Ticket.objects.latest("pk")
    new.team = mallory.teams.get()
    new.save()

    shown = page(mallory, new).text
    assert "may belong" not in shown
    assert ticket.subject not in shown


def test_an_address_where_nothing_arrives_is_told_beside_the_reply_box(ticket: Ticket, aiko: Agent):
    ContactPoint.objects.update(state="bounced", state_since=timezone.now())
    point = ContactPoint.objects.get()
    shown = page(aiko, ticket).text
    assert f"Letters to {HANA} do not arrive" in shown
    assert (
        "Letters do not arrive"
        in Page(signed_in(aiko).get(f"/desk/customers/{ticket.customer_id}/").text).text
    )

    after = press(aiko, ticket, f"/addresses/{point.pk}/")

    assert "The address counts as good again." in after
    assert "do not arrive" not in after


def test_what_was_left_out_is_told(ticket: Ticket, aiko: Agent):
    Message.objects.update(cuts=["attachments", "letter"])
    shown = page(aiko, ticket).text

    assert "It has very many files. Only the first ones were kept." in shown
    assert "The mail is too large. Only its beginning was read." in shown


# Original formatting -----------------------------------------------------------------------------

HTML = (
    '<p style="position:fixed" onclick="x()">Hi <b>you</b></p><script>bad()</script>'
    '<img src="https://tracker.example/p.gif"><img src="cid:Logo@x"><form action="https://e.example">'
)


def original(agent: Agent, message: Message, suffix: str = "document/"):
    return signed_in(agent).get(
        f"/desk/tickets/{message.ticket.number}/mails/{message.pk}/{suffix}"
    )


@pytest.fixture
def pretty(mailbox: Mailbox) -> Message:
    mail = with_html(HTML)
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(50)
    mail.get_payload()[1].add_related(png, "image", "png", cid="<logo@x>")  # type: ignore[union-attr,index]
    arrives(mail)
    return Message.objects.get()


def test_it_is_shown_in_a_frame_that_can_do_nothing(pretty: Message, aiko: Agent):
    frame = original(aiko, pretty, "")
    page = original(aiko, pretty)

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame.text
    assert "frame-src 'self'" in frame.headers["Content-Security-Policy"]
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<b>you</b>" in page.text
    for bad in ("script", "onclick", "style=", "<form", "position"):
        assert bad not in page.text


def test_pictures_of_the_mail_are_part_of_it_and_others_are_not_loaded(
    pretty: Message, aiko: Agent
):
    page = original(aiko, pretty)

    assert 'src="data:image/png;base64,' in page.text
    assert 'src="https://tracker' not in page.text
    assert "https:" not in page.headers["Content-Security-Policy"]


def test_others_are_loaded_after_a_click(pretty: Message, aiko: Agent):
    assert "Show the pictures" in original(aiko, pretty, "").text
    page = original(aiko, pretty, "document/?pictures")

    assert 'src="https://tracker.example/p.gif" referrerpolicy="no-referrer"' in page.text
    assert "img-src data: http: https:" in page.headers["Content-Security-Policy"]
    assert "Show the pictures" not in original(aiko, pretty, "?pictures").text


def test_the_raw_mail_is_there_as_it_came(pretty: Message, aiko: Agent):
    response = original(aiko, pretty, "raw/")

    assert "attachment" in response.headers["Content-Disposition"]
    assert b"tracker.example" in b"".join(response.streaming_content)


def test_another_teams_mail_does_not_exist(pretty: Message, mallory: Agent):
    for suffix in ("", "document/", "raw/"):
        assert original(mallory, pretty, suffix).status_code == 404


def test_a_message_of_another_ticket_is_not_found_through_mine(pretty: Message, aiko: Agent):
    arrives(a_mail(subject="Another one"))
    other = Ticket.objects.latest("pk")
    address = f"/desk/tickets/{other.number}/mails/{pretty.pk}/raw/"

    assert other.pk != pretty.ticket_id
    assert signed_in(aiko).get(address).status_code == 404


MEETING = """\
BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:1
SUMMARY:導入の打ち合わせ
DTSTART:20261201T050000Z
DTEND:20261201T060000Z
LOCATION:会議室A
END:VEVENT
END:VCALENDAR
"""


def test_an_invitation_is_shown_in_the_time_of_whoever_reads_it(mailbox: Mailbox, aiko: Agent):
    mail = a_mail()
    mail.add_attachment(
        MEETING.encode(), maintype="text", subtype="calendar", filename="invite.ics"
    )
    arrives(mail)

    text = page(aiko, Ticket.objects.get()).text

    assert "導入の打ち合わせ · Invitation to a meeting" in text
    assert "Tue 1 Dec 2026, 14:00 (JST) – Tue 1 Dec 2026, 15:00 (JST) · 会議室A" in text
