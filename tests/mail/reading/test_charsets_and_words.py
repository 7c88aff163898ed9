"""Japanese mail as it is sent: labels lie, words are cut in the middle of a character."""

from __future__ import annotations

import base64

import pytest

from mail.reading.charsets import decode
from mail.reading.parameters import read_parameters
from mail.reading.parts import from_base64
from mail.reading.words import header_text

TEXT = "お世話になっております。返品の手順を教えてください。"


@pytest.mark.parametrize(
    ("codec", "label"),
    [
        ("cp932", "Shift_JIS"), ("cp932", "x-sjis"), ("cp932", "windows-31j"), ("cp932", ""), ("cp932", "us-ascii"),
        ("cp932", "iso-2022-jp"), ("cp932", "x-unknown"), ("cp932", "utf-8"), ("cp932", "euc-jp"),
        ("euc_jp", "x-euc-jp"), ("euc_jp", ""), ("euc_jp", "iso-8859-1"), ("euc_jp", "Shift_JIS"),
        ("iso2022_jp", "cp50220"), ("iso2022_jp", "iso-2022-jp-ms"), ("iso2022_jp", ""), ("iso2022_jp", "utf-8"),
        ("utf-8", "utf-8mb4"), ("utf-8", "iso-2022-jp"), ("utf-8", "Shift_JIS"), ("utf-8", "windows-1252"),
        ("utf-16", "utf-16"), ("utf-7", "utf-7"), ("gb18030", "gb2312"),
    ],
)  # fmt: skip
def test_japanese_is_read_whatever_the_label_says(codec: str, label: str):
    assert decode(TEXT.encode(codec), label) == TEXT


@pytest.mark.parametrize("text", ["①番と㈱髙橋、№3", "～10時", "Ⅳ章"])
def test_vendor_characters_are_read(text: str):
    as_cp932 = text.encode("cp932")

    assert decode(as_cp932, "Shift_JIS") == text


def test_vendor_characters_and_half_width_kana_are_read_in_iso_2022_jp():
    assert decode(b'\x1b$B-!HV$H-"HV$N-jI=5-\x1b(B3', "ISO-2022-JP") == "①番と②番の㈱表記3"
    assert decode(b"\x1b(I6Q%\x1b(B ok", "ISO-2022-JP") == "ｶﾑ･ ok"
    assert decode("半角ｶﾅ".encode("iso2022_jp_ext"), "iso-2022-jp") == "半角ｶﾅ"


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("Grüße aus Köln", "latin-1", "iso-8859-1"), ("Grüße – „so“", "cp1252", ""), ("déjà vu à Noël", "latin-1", "us-ascii"),
        ("Привет, как дела сегодня", "koi8-r", ""), ("Привет, как дела сегодня", "cp1251", "windows-1251"),
        ("안녕하세요 감사합니다", "euc_kr", ""), ("안녕하세요", "cp949", "ks_c_5601-1987"), ("שלום", "iso-8859-8", "iso-8859-8-i"),
        ("สวัสดี", "cp874", "windows-874"), ("您好，請問", "big5", "big5"), ("你好，请问", "gbk", "x-gbk"),
    ],
)  # fmt: skip
def test_other_languages_are_read(text: str, codec: str, label: str):
    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "label", ["\x00", "x" * 5_000, "base64", "rot13", "idna", "../../etc", "utf-8\n", "=?", "hex"]
)
def test_no_label_breaks_anything(label: str):
    assert decode(b"hello \xff\x00", label).startswith("hello ")
    assert "\x00" not in decode(b"a\x00b", label)


def words(text: str, charset: str, codec: str, cuts: list[int]) -> bytes:
    raw = text.encode(codec)
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    return b"\r\n ".join(
        b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(piece)) for piece in pieces
    )


@pytest.mark.parametrize(
    "value",
    [
        words("ご注文の返品について", "utf-8", "utf-8", [4, 11]),
        words("ご注文の返品について", "ISO-2022-JP", "iso2022_jp", [6, 13]),
        words("ご注文の返品について", "Shift_JIS", "cp932", [3]),
        "ご注文の返品について".encode(),
        "ご注文の返品について".encode("cp932"),
        "ご注文の返品について".encode("euc_jp"),
        "ご注文の返品について".encode("iso2022_jp"),
    ],
)
def test_subjects_are_read_however_they_are_cut(value: bytes):
    assert header_text(value) == "ご注文の返品について"


def test_spaces_between_words_and_text_are_kept():
    assert header_text(b"Re: =?utf-8?Q?a_b?= =?utf-8?Q?c?= d =?utf-8?Q?e?=") == "Re: a bc d e"
    assert header_text(b"=?utf-8?Q?x?==?nobody-knows?Q?y?= =?broken") == "xy =?broken"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("attachment; filename*=UTF-8''%E8%A6%8B%E7%A9%8D.pdf; filename=x.pdf", "見積.pdf"),
        ("attachment; filename*0*=UTF-8''%E8%A6%8; filename*1*=B.pdf", "見.pdf"),
        ("attachment; filename*0=a; filename*1=b.pdf", "ab.pdf"),
        ('attachment; filename="=?utf-8?B?6KaL56mN?=.pdf"', "見積.pdf"),
        ("attachment; filename==?utf-8?B?6KaL56mN?=", "見積"),
        ("attachment; filename=My File.pdf; x=y", "My File.pdf"),
        ('attachment; filename="a;b=\\"c\\".pdf"', 'a;b="c".pdf'),
        ("attachment; filename*=shift_jis'ja'%95%5C.pdf", "表.pdf"),
        ('attachment; filename="C:\\temp\\a.pdf"', "C:\\temp\\a.pdf"),
    ],
)
def test_file_names_are_read_in_every_way_they_are_written(value: str, name: str):
    assert read_parameters(value)[1]["filename"] == name


def test_base64_is_read_as_far_as_it_goes():
    assert from_base64(b"aGVs\nbG8=\n\n-- \nlist footer") == b"hello"
    assert from_base64(b"aGVsbG8=d29ybGQ=") == b"helloworld"
    assert from_base64(b"aGVsbG8") == b"hello"
    assert from_base64(b"!!") == b""
