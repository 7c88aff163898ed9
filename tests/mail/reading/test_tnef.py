"""`winmail.dat`, as Outlook packs it."""

from __future__ import annotations

import struct
from email.message import EmailMessage

import pytest

from mail.reading.reading import IncomingMail, read_mail
from mail.reading.tnef import MOST_FILES, unpacked

CP932 = 932


def an_object(name: int, data: bytes, *, level: int = 1) -> bytes:
    checksum = sum(data) & 0xFFFF
    return struct.pack("<BHHI", level, name, 6, len(data)) + data + struct.pack("<H", checksum)


def tnef(*objects: bytes, page: int = CP932) -> bytes:
    head = struct.pack("<IH", 0x223E9F78, 1)
    return head + an_object(0x9007, struct.pack("<II", page, 0)) + b"".join(objects)


def properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


def a_text(number: int, text: str) -> bytes:
    return a_long(0x1F, number, text.encode("utf-16-le") + b"\0\0")


def a_long(kind: int, number: int, data: bytes) -> bytes:
    padding = b"\0" * (-len(data) % 4)
    return struct.pack("<HHII", kind, number, 1, len(data)) + data + padding


def a_file(title: bytes, content: bytes, *more: bytes) -> bytes:
    parts = [
        an_object(0x9002, b"\0" * 14, level=2),
        an_object(0x8010, title + b"\0", level=2),
        an_object(0x800F, content, level=2),
    ]
    if more:
        parts.append(an_object(0x9005, properties(*more), level=2))
    return b"".join(parts)


def mail_with(
    content: bytes, *, text: str = "添付します。", name: str = "winmail.dat"
) -> IncomingMail:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "hanako@example.jp", "見積書"
    mail.set_content(text)
    mail.add_attachment(content, maintype="application", subtype="ms-tnef", filename=name)
    return read_mail(mail.as_bytes())


def test_the_files_in_it_are_files_of_the_mail() -> None:
    mail = mail_with(tnef(a_file("見積書①.pdf".encode("cp932"), b"%PDF"), a_file(b"b.txt", b"B")))

    assert [(file.name, file.content) for file in mail.attachments] == [
        ("見積書①.pdf", b"%PDF"),
        ("b.txt", b"B"),
    ]
    assert mail.body_text == "添付します。"


def test_the_long_name_is_the_one_that_counts() -> None:
    long_name = a_text(0x3707, "二〇二六年度 御見積書.xlsx")
    flag = struct.pack("<HHI", 0xB, 0x7FFE, 1)
    named = struct.pack("<HH", 3, 0x8001) + b"\0" * 16 + struct.pack("<III", 0, 7, 7)

    mail = mail_with(tnef(a_file(b"TEST~1.XLS", b"x", flag, named, long_name)))

    assert [file.name for file in mail.attachments] == ["二〇二六年度 御見積書.xlsx"]


def test_a_picture_in_the_text_keeps_its_place() -> None:
    mail = mail_with(tnef(a_file(b"logo.png", b"png", a_text(0x3712, "logo@1"))))

    [file] = mail.attachments
    assert (file.cid, file.is_inline) == ("logo@1", True)


def test_its_text_is_read_when_nothing_is_said_beside_it() -> None:
    body = an_object(0x800C, "印刷できません。\r\n何度も試しました。\0".encode("cp932"))

    assert mail_with(tnef(body), text="").body_text == "印刷できません。\n何度も試しました。"
    assert mail_with(tnef(body), text="添付します。").body_text == "添付します。"


def test_its_html_is_read_in_its_own_charset() -> None:
    html = a_long(0x102, 0x1013, "<p>印刷できません。</p>".encode())
    page = struct.pack("<HHI", 3, 0x3FDE, 65001)

    mail = mail_with(tnef(an_object(0x9003, properties(page, html))), text="")

    assert mail.body_text == "印刷できません。"
    assert "印刷できません。" in mail.body_html


def test_files_of_a_message_in_it_are_found() -> None:
    inner = tnef(a_file(b"inner.txt", b"I"))
    message = bytes.fromhex("0703020000000000c000000000000046") + inner
    outer = an_object(0x9002, b"\0" * 14, level=2) + an_object(
        0x9005, properties(a_long(0xD, 0x3701, message)), level=2
    )

    assert [file.name for file in mail_with(tnef(outer)).attachments] == ["inner.txt"]


@pytest.mark.parametrize(
    "content", [b"", b"not one", tnef(), tnef()[:9], tnef()[:5]], ids=lambda each: str(len(each))
)
def test_what_holds_nothing_stays_the_file_it_is(content: bytes) -> None:
    mail = mail_with(content)

    assert [(file.name, file.content) for file in mail.attachments] == [("winmail.dat", content)]


def test_a_name_may_not_lead_anywhere() -> None:
    mail = mail_with(tnef(a_file(b"..\\..\\evil\x01.exe", b"x"), a_file(b"", b"y")))

    assert [file.name for file in mail.attachments] == ["evil.exe", "file2.bin"]


@pytest.mark.parametrize(
    "content",
    [
        tnef(a_file(b"a.txt", b"A"))[:-9],
        tnef(an_object(0x9003, struct.pack("<I", 2**32 - 1))),
        tnef(an_object(0x9003, properties(struct.pack("<HHI", 0x101E, 0x3707, 2**32 - 1)))),
        tnef(an_object(0x9003, properties(struct.pack("<HHI", 0x1003, 0x3707, 2**32 - 1)))),
        tnef(an_object(0x9003, properties(struct.pack("<HH", 0x99, 0x3707)))),
        tnef(a_file(b"a.txt", b"A")) + struct.pack("<BHHI", 2, 0x800F, 6, 2**32 - 1),
    ],
)
def test_what_is_broken_breaks_nothing(content: bytes) -> None:
    assert mail_with(content).error == ""


def test_of_very_many_files_the_first_are_kept() -> None:
    content = tnef(an_object(0x9002, b"", level=2) * 50_000)

    assert len(unpacked(content).files) == MOST_FILES
    assert "attachments" in mail_with(content).cuts
