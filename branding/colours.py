"""Colours that can be read: WCAG contrast, and the nearest colour that has enough of it.

Colours are computed in OKLCH (lightness 0 to 1, chroma, hue in degrees), in which changing the
lightness leaves the colour what it is. Pure functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ENOUGH = 4.5
STEP = 0.005
Oklch = tuple[float, float, float]
Linear = tuple[float, float, float]


@dataclass(frozen=True)
class Scheme:
    """Light or dark: what static/css/tokens.css says the accent is read on, what is read on it, and
    how far its relatives are from it."""

    surfaces: tuple[Oklch, ...]
    on_accent: Oklch
    # The lightness and the highest chroma of the tint and of the line, and the step to the strong.
    tint: tuple[float, float]
    line: tuple[float, float]
    strong: float


LIGHT = Scheme(
    surfaces=((0.974, 0.004, 85), (1, 0, 0), (0.945, 0.006, 85)),
    on_accent=(1, 0, 0),
    tint=(0.955, 0.018),
    line=(0.86, 0.045),
    strong=-0.08,
)
DARK = Scheme(
    surfaces=((0.188, 0.012, 270), (0.228, 0.014, 270), (0.275, 0.016, 270)),
    on_accent=(0.19, 0.03, 268),
    tint=(0.285, 0.05),
    line=(0.42, 0.075),
    strong=0.075,
)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def worst_contrast(accent: str, scheme: Scheme) -> float:
    """The lowest it has wherever it is read, or something is read on it."""
    beside = [*map(to_hex, (*scheme.surfaces, scheme.on_accent)), relatives(accent, scheme)["tint"]]
    return min(contrast(accent, other) for other in beside)


def nearest_readable(accent: str, scheme: Scheme) -> str:
    """The colour itself, or the one of the same hue and the nearest lightness that can be read."""
    lightness, chroma, hue = from_hex(accent)
    for step in range(round(1 / STEP) + 1):
        for moved in (lightness - step * STEP, lightness + step * STEP):
            found = to_hex((moved, chroma, hue)) if step else accent
            if 0 <= moved <= 1 and worst_contrast(found, scheme) >= ENOUGH:
                return found
    raise AssertionError("black and white can be read")


def relatives(accent: str, scheme: Scheme) -> dict[str, str]:
    """The stronger one, the tint and the line that go with it."""
    lightness, chroma, hue = from_hex(accent)
    return {
        "strong": to_hex((min(max(lightness + scheme.strong, 0), 1), chroma, hue)),
        "tint": to_hex((scheme.tint[0], min(chroma, scheme.tint[1]), hue)),
        "line": to_hex((scheme.line[0], min(chroma, scheme.line[1]), hue)),
    }


def from_hex(colour: str) -> Oklch:
    """From #rrggbb."""
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def to_hex(colour: Oklch) -> str:
    """As #rrggbb. What no screen can show has as much of its chroma as one can."""
    lightness, chroma, hue = colour
    parts = _to_linear(lightness, chroma, hue)
    while chroma > 0 and not all(-0.0005 <= part <= 1.0005 for part in parts):
        chroma -= 0.002
        parts = _to_linear(lightness, max(chroma, 0), hue)
    return "#" + "".join(f"{round(255 * _encoded(min(max(part, 0), 1))):02x}" for part in parts)


def _to_linear(lightness: float, chroma: float, hue: float) -> Linear:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _linear(colour: str) -> Linear:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
