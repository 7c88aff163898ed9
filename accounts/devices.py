"""What browsers say of themselves, in words that people recognise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# The first that is found is it: most claim to be all the others, too.
BROWSERS = (
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/|FxiOS/", "Firefox"),
    ("Chrome/|CriOS/|Chromium/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh|Mac OS X", "macOS"),
    ("Linux|X11", "Linux"),
)


@dataclass(frozen=True)
class Device:
    """A browser and what it runs on, as they call themselves; empty: nobody knows."""

    browser: str
    system: str


def device_of(user_agent: str) -> Device:
    """The device behind a User-Agent header."""
    return Device(_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))


def _first(patterns: Sequence[tuple[str, str]], text: str) -> str:
    return next((name for pattern, name in patterns if re.search(pattern, text)), "")
