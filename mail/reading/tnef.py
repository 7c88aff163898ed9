"""`winmail.dat`: the files and the text that Outlook packs into one file nobody else can open.

The format is [MS-OXTNEF]: objects one behind the other, some of which hold lists of properties.
Every step goes forward by at least four bytes, so a hostile file is read in linear time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mail.reading.attachments import AttachedFile, safe_name
from mail.reading.charsets import decode

SIGNATURE = struct.pack("<I", 0x223E9F78)
TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
# Objects.
BODY, ATTACHED, TITLE, CONTENT, PROPERTIES, OF_ATTACHED, CODE_PAGE = (
    *(0x800C, 0x9002, 0x8010, 0x800F, 0x9003, 0x9005, 0x9007),
)
OF_FILES = {ATTACHED, TITLE, CONTENT, OF_ATTACHED}
# Properties.
TEXT, HTML, NET_CODE_PAGE = 0x1000, 0x1013, 0x3FDE
DATA, SHORT_NAME, LONG_NAME, MIME_TYPE, CID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
# A whole message as the data of an attachment has this before it.
MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
UNICODE = 0x1F
LONG = {0x0, 0xD, 0x1E, UNICODE, 0x102}
MULTIPLE = 0x1000
NAMED = 0x8000
DEEPEST = 3
MOST_FILES = 1000


@dataclass(slots=True)
class Packed:
    """What was in it."""

    text: str = ""
    html: str = ""
    files: list[AttachedFile] = field(default_factory=list)


@dataclass(slots=True)
class _Attached:
    objects: dict[int, bytes] = field(default_factory=dict)


def is_tnef(file: AttachedFile) -> bool:
    """Whether it says so, by its type or its name, and begins so."""
    says_so = file.type in TYPES or file.name.lower().endswith((".dat", ".tnef"))
    return says_so and file.content.startswith(SIGNATURE)


def unpacked(content: bytes, *, inside: int = 0) -> Packed:
    """Read it as far as it can be read; `inside` counts the messages around this one."""
    whole: dict[int, bytes] = {}
    attached: list[_Attached] = []
    for name, data in _objects(content):
        if name not in OF_FILES:
            whole[name] = data
        elif name == ATTACHED:
            if len(attached) == MOST_FILES:
                break
            attached.append(_Attached())
        elif attached:
            attached[-1].objects[name] = data
    page = _number(whole.get(CODE_PAGE, b""))
    own = _properties(whole.get(PROPERTIES, b""))
    body, net_page = whole.get(BODY, b""), own.get(NET_CODE_PAGE)
    html_page = _number(net_page) if isinstance(net_page, bytes) else page
    packed = Packed(_text(own.get(TEXT) or body, page), _text(own.get(HTML, b""), html_page))
    for number, each in enumerate(attached, start=1):
        packed.files.extend(_files(each, page, number, inside))
    return packed


def _files(attached: _Attached, page: int, number: int, inside: int) -> list[AttachedFile]:
    properties = _properties(attached.objects.get(OF_ATTACHED, b""))
    data = properties.get(DATA)
    content = attached.objects.get(CONTENT) or (data if isinstance(data, bytes) else b"")
    if content.startswith(MESSAGE):
        if inside < DEEPEST:
            return unpacked(content.removeprefix(MESSAGE), inside=inside + 1).files
        return []
    title = attached.objects.get(TITLE, b"")
    given = (properties.get(LONG_NAME, b""), title, properties.get(SHORT_NAME, b""))
    names = (_text(each, page) for each in given)
    name = next((safe for each in names if (safe := safe_name(each.strip("\0 ")))), "")
    kind = _text(properties.get(MIME_TYPE, b""), page).strip("\0 ").lower()
    cid = _text(properties.get(CID, b""), page).strip("\0<> ")
    return [
        AttachedFile(
            name=name or f"file{number}.bin",
            type=kind or "application/octet-stream",
            content=content,
            cid=cid,
            is_inline=bool(cid),
        )
    ]


def _objects(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each object's name and data, up to where the file is cut or broken."""
    at = len(SIGNATURE) + 2
    while at + 9 <= len(content):
        _level, name, _type, length = struct.unpack_from("<BHHI", content, at)
        end = at + 9 + length
        yield name, content[at + 9 : end]
        at = end + 2


def _properties(data: bytes) -> dict[int, bytes | str]:
    """The single values by their numbers, up to where they are cut or broken."""
    found: dict[int, bytes | str] = {}
    at = 4
    try:
        while at + 4 <= len(data):
            kind, name = struct.unpack_from("<HH", data, at)
            at += 4
            if name >= NAMED:
                at = _behind_name(data, at)
            values, at = _values(data, at, kind)
            if len(values) == 1:
                is_unicode = kind == UNICODE
                found[name] = values[0].decode("utf-16-le", "ignore") if is_unicode else values[0]
    except (struct.error, KeyError):
        return found
    return found


def _behind_name(data: bytes, at: int) -> int:
    [kind] = struct.unpack_from("<I", data, at + 16)
    [length] = struct.unpack_from("<I", data, at + 20)
    return at + 24 + (_padded(length) if kind else 0)


def _values(data: bytes, at: int, kind: int) -> tuple[list[bytes], int]:
    """The values of a property and the place behind them. Raises KeyError for an unknown kind."""
    plain = kind & ~MULTIPLE
    count = 1
    if kind & MULTIPLE or plain in LONG:
        [count] = struct.unpack_from("<I", data, at)
        at += 4
    values: list[bytes] = []
    for _number_of_value in range(count):
        if plain in LONG:
            [length] = struct.unpack_from("<I", data, at)
            at += 4
            values.append(data[at : at + length])
            at += _padded(length)
        else:
            size = FIXED[plain]
            if at + size > len(data):
                raise KeyError(plain)
            values.append(data[at : at + size])
            at += size
    return values, at


def _padded(length: int) -> int:
    return length + -length % 4


def _number(data: bytes) -> int:
    return int.from_bytes(data[:4], "little")


def _text(value: bytes | str, page: int) -> str:
    if isinstance(value, str):
        return value.rstrip("\0")
    return decode(value.rstrip(b"\0"), "utf-8" if page == 65001 else f"cp{page}" if page else "")
