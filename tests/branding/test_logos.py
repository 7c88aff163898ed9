from __future__ import annotations

import struct

import pytest
from django.utils import translation

from branding.exceptions import BrandError
from branding.logos import clean_logo
from tests.factories import _chunk, a_png


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


JFIF = b"\xff\xe0\x00\x10JFIF\0" + bytes(9)
FRAME = b"\xff\xc0\x00\x0b\x08\x00\x02\x00\x04\x01\x01\x11\x00"
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"abc\xff\x00def"
SCRIPT = b"<script>alert(1)</script>"


def a_jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + JFIF + b"".join(segments) + FRAME + SCAN + b"\xff\xd9"


def a_webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


LOSSLESS = (b"VP8L", b"\x2f" + (3 | 1 << 14).to_bytes(4, "little") + b"data")


def test_a_picture_is_kept_with_its_size():
    assert (logo := clean_logo(a_png(4, 2))).data == a_png(4, 2)
    assert (logo.type, logo.width, logo.height) == ("image/png", 4, 2)
    assert (clean_logo(a_jpeg()).width, clean_logo(a_jpeg()).type) == (4, "image/jpeg")
    webp = clean_logo(a_webp(LOSSLESS))
    assert (webp.data, webp.width, webp.height) == (a_webp(LOSSLESS), 4, 2)


@pytest.mark.parametrize(
    "picture",
    [
        a_png(more=_chunk(b"tEXt", SCRIPT)) + SCRIPT,
        a_jpeg(b"\xff\xe1" + struct.pack(">H", 2 + len(SCRIPT)) + SCRIPT) + SCRIPT,
        a_jpeg(b"\xff\xfe" + struct.pack(">H", 2 + len(SCRIPT)) + SCRIPT),
        a_webp(LOSSLESS, (b"EXIF", SCRIPT)) + SCRIPT,
    ],
)
def test_what_stands_beside_the_picture_goes(picture: bytes):
    assert b"script" in picture
    assert b"script" not in clean_logo(picture).data


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (b"<svg onload=alert(1)>", "PNG, JPEG or WebP"),
        (b"GIF89a" + SCRIPT, "PNG, JPEG or WebP"),
        (b"", "PNG, JPEG or WebP"),
        (bytes(300_000), "200 kB"),
        (a_png(50_000, 50_000, rows=1), "2000 pixels"),
        (a_png(2000, 2000, rows=1), "one million"),
        (a_png(0, 4), "2000 pixels"),
        # Says that it is small and unpacks to ten megabytes.
        (a_png(4, 2, rows=2_000_000), "damaged"),
        (a_png()[:-8], "damaged"),
        (a_png().replace(b"IDAT", b"IDAX"), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + SCRIPT, "damaged"),
        (b"\xff\xd8\xff" + SCRIPT, "damaged"),
        (b"\xff\xd8\xff\xe0\x00", "damaged"),
        (a_jpeg()[:-2], "damaged"),
        (a_webp((b"VP8 ", SCRIPT)), "damaged"),
        (a_webp((b"VP8X", b"\x02\0\0\0\xff\xff\xff\xff\xff\xff"), LOSSLESS), "2000 pixels"),
        (a_webp((b"ANIM", bytes(6))), "may not move"),
        (a_webp(), "2000 pixels"),
        (b"RIFF\x04\0\0\0WAVE", "damaged"),
    ],
)
def test_anything_else_is_refused_in_words(picture: bytes, sentence: str):
    with pytest.raises(BrandError, match=sentence) as refusal:
        clean_logo(picture)

    assert refusal.value.field == "logo"
