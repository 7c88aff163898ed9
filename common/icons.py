"""Lucide's drawings. The package opens its archive of 1,745 of them anew for each; here it is read once."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile

FRAME = re.compile(r"^<svg\b[^>]*>|</svg>\s*$")
BETWEEN_TAGS = re.compile(r">\s+<")


@cache
def strokes(name: str) -> str:
    """What is drawn inside the 24 by 24 frame, as SVG. Raises KeyError for a name Lucide has not."""
    drawing = _archive().read(f"{name}.svg").decode()
    return BETWEEN_TAGS.sub("><", FRAME.sub("", drawing)).strip()


@cache
def _archive() -> ZipFile:
    # In memory: an open file would be shared with the workers that are forked from this process.
    return ZipFile(BytesIO((files("lucide") / "lucide.zip").read_bytes()))
