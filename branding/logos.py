"""A logo as it may be shown: a PNG, JPEG or WebP, and nothing beside the picture.

What a file says of itself is not believed. It is taken apart and put together again from the parts
that draw the picture, so that no words, no other file behind its end and no place where it was taken
stay in it. Nothing is decoded beyond a bound.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from branding.exceptions import BrandError

MOST_BYTES = 200 * 1024
LONGEST_SIDE = 2000
MOST_PIXELS = 1_000_000


@dataclass(frozen=True)
class Logo:
    """A picture of so many pixels, ready to be sent as this type."""

    data: bytes
    type: str
    width: int
    height: int


def clean_logo(data: bytes) -> Logo:
    """The picture and nothing else. Raises BrandError with a sentence."""
    if len(data) > MOST_BYTES:
        raise BrandError(_("The logo is larger than 200 kB."), field="logo")
    for start, read in READERS.items():
        if data.startswith(start):
            try:
                logo = read(data)
            except (ValueError, IndexError, struct.error, zlib.error) as error:
                raise BrandError(_("This picture is damaged."), field="logo") from error
            _check_size(logo.width, logo.height)
            return logo
    raise BrandError(_("The logo must be a PNG, JPEG or WebP picture."), field="logo")


def _check_size(width: int, height: int) -> None:
    is_bounded = 0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE
    if not (is_bounded and width * height <= MOST_PIXELS):
        raise BrandError(
            _("The logo may have 2000 pixels on its longer side and one million in all."),
            field="logo",
        )


# PNG ------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n"
DRAWN_IN_PNG = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _read_png(data: bytes) -> Logo:
    chunks = [(kind, body) for kind, body in _png_chunks(data) if kind in DRAWN_IN_PNG]
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND":
        raise ValueError("no picture")
    width, height, depth, colour, _compression, _filter, is_interlaced = struct.unpack(
        ">IIBBBBB", chunks[0][1]
    )
    _check_size(width, height)
    row = (width * depth * SAMPLES.get(colour, 0) + 7) // 8 + 1
    # An interlaced picture has up to seven short rows more for each of its own.
    most = height * row + (7 * (height + width) if is_interlaced else 0)
    _check_unpacks(b"".join(body for kind, body in chunks if kind == b"IDAT"), most=most)
    return Logo(PNG + b"".join(map(_png_chunk, chunks)), "image/png", width, height)


def _check_unpacks(packed: bytes, *, most: int) -> None:
    unpacker = zlib.decompressobj()
    unpacker.decompress(packed, most + 1)
    if not unpacker.eof:
        raise ValueError("more or less than a picture")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG)
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if (_crc(kind + body),) != struct.unpack(">I", data[place + 8 + length :][:4]):
            raise ValueError("a damaged chunk")
        yield kind, body
        if kind == b"IEND":
            return
        place += 12 + length


def _png_chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, body = chunk
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", _crc(kind + body))


def _crc(data: bytes) -> int:
    return zlib.crc32(data)


# JPEG -----------------------------------------------------------------------------------------

JPEG = b"\xff\xd8\xff"
FRAMES = {0xC0, 0xC1, 0xC2}
TABLES = {0xC4, 0xDB, 0xDD}
SCAN, END, JFIF, ADOBE = 0xDA, 0xD9, 0xE0, 0xEE


def _read_jpeg(data: bytes) -> Logo:
    kept, size, place = [data[:2]], (0, 0), 2
    while True:
        place = _next_marker(data, place)
        marker = data[place + 1]
        if marker == END:
            break
        (length,) = struct.unpack(">H", data[place + 2 : place + 4])
        segment = data[place : place + 2 + length]
        place += 2 + length
        if marker in FRAMES:
            height, width = struct.unpack(">HH", segment[5:9])
            size = (width, height)
        if marker == SCAN:
            end = _end_of_scan(data, place)
            segment, place = segment + data[place:end], end
        if marker in FRAMES | TABLES | {SCAN} or _is_of_the_picture(marker, segment):
            kept.append(segment)
    if size == (0, 0):
        raise ValueError("no picture")
    return Logo(b"".join([*kept, b"\xff\xd9"]), "image/jpeg", *size)


def _next_marker(data: bytes, place: int) -> int:
    if data[place] != 0xFF:
        raise ValueError("no marker")
    while data[place + 1] == 0xFF:
        place += 1
    return place


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the next marker is that is not part of the drawing."""
    while True:
        place = data.index(b"\xff", place)
        if data[place + 1] and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 2


def _is_of_the_picture(marker: int, segment: bytes) -> bool:
    """How its colours are meant: without a thumbnail, and nothing else."""
    is_jfif = marker == JFIF and segment[4:9] == b"JFIF\0" and len(segment) == 18
    return is_jfif or (marker == ADOBE and segment[4:9] == b"Adobe" and len(segment) == 16)


# WebP -----------------------------------------------------------------------------------------

WEBP = b"RIFF"
ALPHA_ONLY = 0b0001_0000


def _read_webp(data: bytes) -> Logo:
    if data[8:12] != b"WEBP":
        raise ValueError("another kind of RIFF")
    kept, size = [], (0, 0)
    for kind, body in _webp_chunks(data):
        if kind == b"ANIM":
            raise BrandError(_("The logo may not move."), field="logo")
        if kind == b"VP8X":
            body = bytes([body[0] & ALPHA_ONLY, *body[1:10]])  # noqa: PLW2901
            size = (
                1 + int.from_bytes(body[4:7], "little"),
                1 + int.from_bytes(body[7:10], "little"),
            )
        elif kind == b"VP8 ":
            size = _size_of_vp8(body)
        elif kind == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            size = ((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
        elif kind != b"ALPH":
            continue
        _check_size(*size) if kind != b"ALPH" else None
        kept.append(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))
    drawn = b"WEBP" + b"".join(kept)
    return Logo(b"RIFF" + struct.pack("<I", len(drawn)) + drawn, "image/webp", *size)


def _size_of_vp8(body: bytes) -> tuple[int, int]:
    if body[3:6] != b"\x9d\x01\x2a":
        raise ValueError("no key frame")
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = min(8 + struct.unpack("<I", data[4:8])[0], len(data))
    place = 12
    while place + 8 <= end:
        kind, length = struct.unpack("<4sI", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if len(body) != length:
            raise ValueError("cut off")
        yield kind, body
        place += 8 + length + length % 2


READERS: dict[bytes, Callable[[bytes], Logo]] = {
    PNG: _read_png,
    JPEG: _read_jpeg,
    WEBP: _read_webp,
}
