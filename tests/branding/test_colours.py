from __future__ import annotations

import re
from pathlib import Path

import pytest

from branding.colours import (
    DARK,
    ENOUGH,
    LIGHT,
    contrast,
    from_hex,
    nearest_readable,
    to_hex,
    worst_contrast,
)

TOKENS = Path(__file__).resolve().parent.parent.parent / "static/css/tokens.css"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#1a4f8b", "#1a4f8b", 1)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("colour", ["#1a4f8b", "#ff0000", "#00ff00", "#808080", "#000000"])
def test_a_colour_comes_back_as_it_was(colour: str):
    assert to_hex(from_hex(colour)) == colour


def test_what_no_screen_can_show_stays_a_colour():
    assert re.fullmatch(r"#[0-9a-f]{6}", to_hex((0.9, 0.4, 268)))


@pytest.mark.parametrize(
    "colour", ["#ffff00", "#777777", "#1a4f8b", "#00ffff", "#ffffff", "#000000"]
)
@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_nearest_readable_colour_can_be_read_and_keeps_its_hue(colour, scheme):
    found = nearest_readable(colour, scheme)

    assert worst_contrast(found, scheme) >= ENOUGH
    if from_hex(found)[1] > 0.03 and from_hex(colour)[1] > 0.03:
        turned = abs(from_hex(found)[2] - from_hex(colour)[2])
        assert min(turned, 360 - turned) < 12


def test_what_can_be_read_stays_as_it_is():
    assert nearest_readable("#1a4f8b", LIGHT) == "#1a4f8b"


def test_the_surfaces_are_those_of_the_stylesheet():
    text = TOKENS.read_text(encoding="utf-8")
    for name, place in (("canvas", 0), ("surface", 1), ("sunken", 2), ("on-accent", None)):
        found = re.search(rf"--{name}: light-dark\(oklch\(([^)]*)\), oklch\(([^)]*)\)\)", text)
        assert found
        for words, scheme in zip(found.groups(), (LIGHT, DARK), strict=True):
            said = tuple(float(part) for part in words.split())
            ours = scheme.on_accent if place is None else scheme.surfaces[place]
            assert to_hex(ours) == to_hex(said), name
