from __future__ import annotations

from email.message import EmailMessage

import pytest

from mail.reading.invitations import MOST, Invitation
from mail.reading.reading import IncomingMail, read_mail

TOKYO = """\
BEGIN:VTIMEZONE
TZID:Tokyo Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
"""


def event(*lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", ""])


def calendar(*parts: str, method: str = "REQUEST") -> bytes:
    head = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nMETHOD:{method}\n"
    return (head + "".join(parts) + "END:VCALENDAR\n").replace("\n", "\r\n").encode()


def mail_with(content: bytes, *, kind: str = "calendar", name: str = "invite.ics") -> IncomingMail:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "hanako@example.jp", "打ち合わせ"
    mail.set_content("ご都合はいかがでしょうか。")
    mail.add_attachment(content, maintype="text", subtype=kind, filename=name)
    return read_mail(mail.as_bytes())


def test_an_invitation_names_when_where_and_who() -> None:
    invite = event(
        "SUMMARY:導入の打ち合わせ",
        "DTSTART;TZID=Tokyo Standard Time:20261201T140000",
        "DTEND;TZID=Tokyo Standard Time:20261201T150000",
        "LOCATION:会議室A",
        "ORGANIZER;CN=山田 花子:mailto:hanako@example.jp",
    )

    assert mail_with(calendar(TOKYO, invite)).invitations == (
        Invitation(
            title="導入の打ち合わせ",
            starts="2026-12-01T05:00:00+00:00",
            ends="2026-12-01T06:00:00+00:00",
            place="会議室A",
            organizer="山田 花子",
            method="REQUEST",
        ),
    )


@pytest.mark.parametrize(
    ("written", "starts"),
    [
        ("DTSTART:20261201T050000Z", "2026-12-01T05:00:00+00:00"),
        ("DTSTART;VALUE=DATE:20261201", "2026-12-01"),
        ("DTSTART:20261201T140000", "2026-12-01T14:00:00"),
        ("DTSTART;TZID=Asia/Tokyo:20261201T140000", "2026-12-01T05:00:00+00:00"),
        ("X-NONE:1", ""),
    ],
)
def test_a_moment_a_day_and_a_time_in_no_zone(written: str, starts: str) -> None:
    [found] = mail_with(calendar(event("SUMMARY:x", written))).invitations
    assert found.starts == starts


def test_what_is_called_off_and_what_repeats() -> None:
    [off] = mail_with(calendar(event("SUMMARY:x"), method="CANCEL")).invitations
    [again] = mail_with(calendar(event("SUMMARY:x", "RRULE:FREQ=WEEKLY"))).invitations

    assert off.method == "CANCEL"
    assert again.repeats


def test_a_file_is_known_by_its_name_too() -> None:
    [found] = mail_with(calendar(event("SUMMARY:x")), kind="plain", name="Termin.ICS").invitations
    assert found.title == "x"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\n" * 5000,
        calendar("BEGIN:VEVENT\n" * 50),
        calendar(event("DTSTART:99999999T999999")),
        calendar(event("SUMMARY:x") * 10)[:-40],
    ],
)
def test_what_is_broken_breaks_nothing(content: bytes) -> None:
    mail = mail_with(content)

    assert mail.error == ""
    assert [file.name for file in mail.attachments] == ["invite.ics"]


def test_of_many_the_first_are_shown() -> None:
    many = "".join(event(f"SUMMARY:{number}") for number in range(40))
    assert len(mail_with(calendar(many)).invitations) == MOST
