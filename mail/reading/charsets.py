"""Bytes to text. Labels lie, and Japanese comes in four encodings under a dozen names."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache

# What mail programs write, and the codec that really reads it. Windows' supersets are taken for
# the standards: a letter labelled Shift_JIS that says ① is cp932.
ALIASES = {
    **dict.fromkeys(
        (
            *(
                "shift_jis",
                "shift-jis",
                "sjis",
                "x-sjis",
                "ms_kanji",
                "windows-31j",
                "cswindows31j",
            ),
            *("ms932", "x-ms-cp932", "shift_jisx0213", "csshiftjis", "ms-kanji", "cp943c"),
        ),
        "cp932",
    ),
    **dict.fromkeys(
        (
            *("iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-2004"),
            *("iso-2022-jp-ext", "iso-2022-jp-ms", "iso2022jp", "iso2022-jp", "csiso2022jp", "jis"),
            *("cp50220", "cp50221", "cp50222", "windows-50220", "windows-50221", "jis_encoding"),
        ),
        "iso-2022-jp",
    ),
    **dict.fromkeys(
        ("euc-jp", "x-euc-jp", "eucjp", "x-euc", "eucjp-ms", "eucjp-win", "cp51932", "ujis"),
        "euc_jp",
    ),
    **dict.fromkeys(
        (
            *("gb2312", "gb_2312-80", "gbk", "x-gbk", "euc-cn", "x-euc-cn", "cp936", "csgb2312"),
            *("hz-gb-2312-8bit", "gb2312_charset", "chinesesimplified"),
        ),
        "gb18030",
    ),
    **dict.fromkeys(("big5", "x-x-big5", "cn-big5", "csbig5", "big5-eten"), "cp950"),
    **dict.fromkeys(
        (
            *(
                "ks_c_5601-1987",
                "ks_c_5601",
                "ksc5601",
                "ksc_5601",
                "euc-kr",
                "x-windows-949",
                "korean",
            ),
            *("windows-949", "cseuckr", "x-euc-kr", "kr"),
        ),
        "cp949",
    ),
    **dict.fromkeys(
        ("utf8", "utf-8mb4", "utf8mb4", "unicode-1-1-utf-8", "x-utf-8", "utf"), "utf-8"
    ),
    **dict.fromkeys(("unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "x-imap4-utf7"), "utf-7"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical", "visual"), "iso-8859-8"),
    **dict.fromkeys(("iso-8859-6-i", "iso-8859-6-e"), "iso-8859-6"),
    **dict.fromkeys(
        (
            *("iso-8859-1", "latin1", "latin-1", "iso8859-1", "iso_8859-1", "l1", "ansi", "x-ansi"),
            *("us-ascii", "ascii", "windows-1252", "x-cp1252", "cp-1252", "ansi_x3.4-1968"),
            *("iso-8859-1-windows-3.1-latin-1",),
        ),
        "cp1252",
    ),
    **dict.fromkeys(("iso-8859-9", "latin5", "iso8859-9"), "cp1254"),
    **dict.fromkeys(("windows-874", "tis-620", "x-windows-874", "iso-8859-11", "cp-874"), "cp874"),
    **dict.fromkeys(("x-mac-japanese", "macjapanese"), "cp932"),
    **dict.fromkeys(("macintosh", "x-mac-roman", "mac"), "mac_roman"),
    "x-mac-cyrillic": "mac_cyrillic",
    "x-cp1251": "cp1251",
    "koi8": "koi8-r",
    "cp-850": "cp850",
    "unicode": "utf-16",
    "visciiutf-8": "utf-8",
    "hz": "hz",
}
# Text in these is plain ASCII to every other decoder, so the label has to be believed.
SEVEN_BIT = {"utf-7", "hz", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"}
MANY_BYTES = {"cp932", "euc_jp", "gb18030", "cp950", "cp949"}
WESTERN = {"", "cp1252", "iso8859-15", "cp1254", "mac_roman", "cp850", "cp437"}

JIS_ESCAPE = re.compile(rb"\x1b(\$\([A-Z@]|\$[@AB]|\([A-Z])")
JIS_SHIFTS = (b"\x1b$@", b"\x1b$B", b"\x1b$(", b"\x1b(I", b"\x1b(J")
KANA = re.compile(r"[ぁ-ゖァ-ヺー、。「」・]")
JAPANESE = re.compile(r"[ぁ-ゖァ-ヺー一-鿿々〆〇、。「」・　！-～①-㎿ｦ-ﾟ〜…―‐→]")
HANGUL = re.compile(r"[가-힣]")
CYRILLIC_LOWER = re.compile(r"[а-яё]")
COMMON_HAN = re.compile(
    r"[的一是不了在人有我他这中大来上国们说为地出要时会可也你对生能好请问谢您号無請問謝您號個們這]"
)
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
# Codec, the letters that tell it, and the share they have at least in any text of some length.
UNLABELLED = (
    ("cp949", HANGUL, 0.8),
    ("koi8-r", CYRILLIC_LOWER, 0.7),
    ("cp1251", CYRILLIC_LOWER, 0.7),
    ("gb18030", COMMON_HAN, 0.12),
    ("cp950", COMMON_HAN, 0.12),
)
# Neither PostgreSQL nor UTF-8 takes these.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UNDEFINED_IN_1252 = {byte: chr(byte) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def decode(content: bytes, label: str = "") -> str:
    """The text of these bytes, whatever the label says; never raises, always storable."""
    return storable(_decode(content, codec_of(label)))


def storable(text: str) -> str:
    """Without what a database refuses: NUL and lone surrogates."""
    return UNSTORABLE.sub("", text)


@lru_cache(maxsize=500)
def codec_of(label: str) -> str:
    """The codec that reads what is labelled so; empty if nobody knows the label."""
    name = (
        label.strip().strip("\"'<>").split("*")[0].split(";")[0].strip().lower().replace("_", "-")
    )
    for candidate in (name, name.replace("-", "_"), re.sub(r"^x-", "", name)):
        if candidate in ALIASES:
            return ALIASES[candidate]
    try:
        known = codecs.lookup(name)
        "".encode(known.name)
    # ValueError: a NUL in the name. LookupError covers codecs that are not for text.
    except (LookupError, ValueError, TypeError):
        return ""
    return ALIASES.get(known.name.replace("_", "-"), known.name)


def _decode(content: bytes, codec: str) -> str:
    if content.startswith(codecs.BOM_UTF8):
        content = content[3:]
    if any(shift in content for shift in JIS_SHIFTS):
        return iso_2022_jp(content)
    if codec in SEVEN_BIT:
        return _strict(content, codec) or content.decode("cp1252", "replace")
    for read in (_as_utf8, _as_labelled):
        if (text := read(content, codec)) is not None:
            return text
    return _guess(content, is_labelled=codec != "")


def _as_utf8(content: bytes, codec: str) -> str | None:
    text = _strict(content, "utf-8")
    if text is None or codec not in MANY_BYTES:
        return text
    # Two bytes of GBK may look like one Latin letter of UTF-8; three rarely look like a character.
    is_sure = content.isascii() or any(ord(character) >= 0x800 for character in text[:5000])
    return text if is_sure or _strict(content, codec) is None else None


def _as_labelled(content: bytes, codec: str) -> str | None:
    if codec in WESTERN:
        # Every byte is a letter there: the label proves nothing.
        return None
    if codec in {"cp932", "euc_jp"}:
        other = "euc_jp" if codec == "cp932" else "cp932"
        text = _japanese(content, codec)
        return text if text is not None else _likely_japanese(content, other)
    return _strict(content, codec) if codec != "iso-2022-jp" else _likely_japanese(content, "cp932")


def _guess(content: bytes, *, is_labelled: bool) -> str:
    """Japanese by its kana, then, if there is no label at all, others, then Western."""
    japanese = [_likely_japanese(content, codec) for codec in ("euc_jp", "cp932")]
    found = [text for text in japanese if text is not None]
    if found:
        return max(found, key=lambda text: _share(KANA, text))
    text = None if is_labelled else _foreign(content)
    if text is None:
        text = _mostly_right(content)
    return text if text is not None else content.decode("cp1252", "windows_1252_as_sent")


def _foreign(content: bytes) -> str | None:
    high = sum(byte >= 0x80 for byte in content[:20_000])
    if high * 2 < sum(chr(byte).isalpha() for byte in content[:20_000]):
        # Accents among Latin letters.
        return None
    for codec, letters, share in UNLABELLED:
        text = _strict(content, codec)
        if text is not None and _share(letters, text) >= share:
            return text
    return None


def iso_2022_jp(content: bytes) -> str:
    """JIS in seven bits, with the characters of NEC and IBM and half-width kana.

    No codec of Python reads those, but moved to cp932 they can all be read.
    """
    pieces = JIS_ESCAPE.split(content)
    text = [_eight_bit(pieces[0])]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        text.append(_shifted(escape, piece))
    return "".join(text)


def _shifted(escape: bytes, piece: bytes) -> str:
    if escape == b"(I":
        kana = bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece)
        return kana.decode("cp932", "replace")
    if escape in JIS_SETS:
        move, codec = JIS_SETS[escape]
        return _double(piece, move, codec)
    return _eight_bit(piece)


def _double(piece: bytes, move: Callable[[bytes], bytes], codec: str) -> str:
    moved = bytearray()
    at = 0
    while at < len(piece):
        pair = piece[at : at + 2]
        is_character = len(pair) == 2 and all(0x21 <= byte <= 0x7E for byte in pair)
        moved += move(pair) if is_character else pair[:1]
        at += 2 if is_character else 1
    return bytes(moved).decode(codec, "replace")


def _to_eight_bit(pair: bytes) -> bytes:
    return bytes((pair[0] | 0x80, pair[1] | 0x80))


def _to_third_plane(pair: bytes) -> bytes:
    return b"\x8f" + _to_eight_bit(pair)


def _to_cp932(pair: bytes) -> bytes:
    row, cell = pair
    lead = ((row - 0x21) >> 1) + 0x81
    lead += 0x40 if lead > 0x9F else 0
    if not row & 1:
        return bytes((lead, cell + 0x7E))
    return bytes((lead, cell + 0x1F + (cell >= 0x60)))


# What an escape sequence announces: how its two-byte characters are moved, and to which codec.
JIS_SETS: dict[bytes, tuple[Callable[[bytes], bytes], str]] = {
    **dict.fromkeys((b"$@", b"$B", b"$(@", b"$(B"), (_to_cp932, "cp932")),
    b"$(D": (_to_third_plane, "euc_jp"),
    b"$(O": (_to_eight_bit, "euc_jis_2004"),
    b"$(Q": (_to_eight_bit, "euc_jis_2004"),
    b"$(P": (_to_third_plane, "euc_jis_2004"),
    b"$A": (_to_eight_bit, "gb2312"),
    b"$(C": (_to_eight_bit, "euc_kr"),
}


def _eight_bit(piece: bytes) -> str:
    """Between the escapes there should be ASCII, but half-width kana come in eight bits too."""
    if piece.isascii():
        return piece.decode("ascii")
    text = _strict(piece, "utf-8")
    return text if text is not None else piece.decode("cp932", "replace")


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _japanese(content: bytes, codec: str) -> str | None:
    if codec == "cp932":
        return _strict(content, "cp932")
    # Microsoft's EUC has the characters of NEC in row 13, which Python's codec leaves out.
    text = _strict(content, "euc_jp")
    return text if text is not None else _euc_with_vendor_characters(content)


def _euc_with_vendor_characters(content: bytes) -> str | None:
    moved = bytearray()
    at = 0
    while at < len(content):
        byte = content[at]
        trail = content[at + 1] if at + 1 < len(content) else 0
        if byte < 0x80:
            moved.append(byte)
        elif byte == 0x8E and trail >= 0xA1:
            moved.append(trail)
        elif byte >= 0xA1 and trail >= 0xA1:
            moved += _to_cp932(bytes((byte & 0x7F, trail & 0x7F)))
        else:
            return None
        at += 1 if byte < 0x80 else 2
    return _strict(bytes(moved), "cp932")


def _likely_japanese(content: bytes, codec: str) -> str | None:
    """The text, if it reads as Japanese: nearly only its characters, and kana among them."""
    text = _japanese(content, codec)
    if text is None or _share(JAPANESE, text) < 0.9:
        return None
    return text if _share(KANA, text) >= 0.15 or _is_short_kanji(text) else None


def _is_short_kanji(text: str) -> bool:
    """Names and subjects may be kanji only; then they are short and of the common planes."""
    found = BEYOND_ASCII.findall(text)
    return 2 <= len(found) <= 6 and all("一" <= character <= "龠" for character in found)


def _share(wanted: re.Pattern[str], text: str) -> float:
    """Which part of the characters beyond ASCII is of this kind."""
    beyond = BEYOND_ASCII.findall(text[:20_000])
    return sum(1 for one in beyond if wanted.match(one)) / len(beyond) if beyond else 0.0


def _mostly_right(content: bytes) -> str | None:
    """UTF-8 or cp932 in which a few bytes broke on the way."""
    for codec in ("utf-8", "cp932", "euc_jp"):
        text = content.decode(codec, "replace")
        beyond = BEYOND_ASCII.findall(text[:20_000])
        wrong = sum(1 for character in beyond if character == "\ufffd")
        is_it = _share(KANA, text) >= 0.15 if codec != "utf-8" else len(beyond) > wrong
        if beyond and wrong * 10 < len(beyond) and is_it:
            return text
    return None


def _windows_1252_as_sent(error: UnicodeError) -> tuple[str, int]:
    """Five bytes mean nothing in windows-1252: they become the control characters of Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNDEFINED_IN_1252.get(error.object[error.start], "\ufffd"), error.start + 1


codecs.register_error("windows_1252_as_sent", _windows_1252_as_sent)
