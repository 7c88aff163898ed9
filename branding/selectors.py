"""How the company looks, and what it has to say: asked on every page, and seldom changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import get_language

from branding.colours import DARK, LIGHT, nearest_readable, relatives
from branding.models import Brand, Notice
from common.remembered import Remembered

VERSION = "branding:version"


@dataclass(frozen=True)
class Shown:
    """How the company looks, without the bytes of its logo, and all it has to say, now or later.
    Nobody writes to it: every thread of the process shares it."""

    brand: Brand
    all_notices: Sequence[Notice]

    def notices(self, place: Notice.Place, *, now: datetime) -> list[Notice]:
        """What is to be read there now, the newest first."""
        return [each for each in self.all_notices if place in each.places and each.is_shown(now)]


def shown() -> Shown:
    """Remembered by each process for as long as nobody changes it; else in two queries."""
    return _shown.get()


def brand() -> Brand:
    """How the company looks."""
    return _shown.get().brand


def brand_name(language: str = "") -> str:
    """What the company is called in this language, or in the active one."""
    return brand().name_in(language or get_language() or "")


def logo() -> bytes | None:
    """The picture, read anew."""
    found = Brand.objects.values_list("logo", flat=True).first()
    return bytes(found) if found else None


def stylesheet(brand: Brand) -> str:
    """The company's colours for every page; empty: those of the desk itself."""
    light = brand.accent_light
    return stylesheet_of(light, brand.accent_dark) if light else ""


def stylesheet_digest(brand: Brand) -> str:
    """Changes with the colours, so that browsers may keep them; empty: there are none."""
    text = stylesheet(brand)
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""


@lru_cache(maxsize=8)
def stylesheet_of(light: str, dark: str, *, selector: str = ":root") -> str:
    """The tokens of these colours, which were checked to be colours; without a dark one, it is made
    of the light one."""
    dark = dark or nearest_readable(light, DARK)
    here, there = relatives(light, LIGHT), relatives(dark, DARK)
    tokens = {"": (light, dark)} | {f"-{name}": (here[name], there[name]) for name in here}
    rules = " ".join(
        f"--accent{name}: light-dark({day}, {night});" for name, (day, night) in tokens.items()
    )
    return f"@layer tokens {{ {selector} {{ {rules} }} }}\n"


def forget_shown() -> None:
    """Every process reads it anew. Call it when it has changed, and when that is committed."""
    _shown.forget()


def _read() -> Shown:
    return Shown(Brand.objects.defer("logo").first() or Brand(), list(Notice.objects.all()))


_shown = Remembered(VERSION, _read)
