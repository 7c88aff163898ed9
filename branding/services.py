"""The only writers of how the company looks and what it has to say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from branding.colours import DARK, ENOUGH, LIGHT, Scheme, nearest_readable, worst_contrast
from branding.exceptions import BrandError
from branding.logos import clean_logo
from branding.models import Brand, Notice
from branding.selectors import forget_shown

COLOUR = re.compile(r"#[0-9a-f]{6}")
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
PAGE = URLValidator(schemes=("http", "https"))
MOST_ORIGINS = 20
MOST_NOTICES = 50


@transaction.atomic
def save_brand(
    *, values: Mapping[str, Any], logo: bytes | None = None, no_logo: bool = False
) -> Brand:
    """Keep names, colours and languages; with a `logo`, a new one, and with `no_logo` none.

    Raises BrandError for a colour that cannot be read, naming the nearest one that can, for a
    picture that is none, and when no language is left.
    """
    brand = _held()
    for name, value in values.items():
        setattr(brand, name, value)
    # It stands in headers of letters.
    brand.name_ja, brand.name_en = (
        " ".join(name.split()) for name in (brand.name_ja, brand.name_en)
    )
    brand.accent_light = _readable("accent_light", brand.accent_light, LIGHT)
    brand.accent_dark = _readable("accent_dark", brand.accent_dark, DARK)
    if brand.accent_dark and not brand.accent_light:
        raise BrandError(_("Choose the colour for light screens, too."), field="accent_light")
    if not brand.languages:
        raise BrandError(_("Offer at least one language."), field="languages")
    if brand.default_language and brand.default_language not in brand.languages:
        raise BrandError(
            _("Choose one of the languages that are offered."), field="default_language"
        )
    if logo is not None or no_logo:
        _set_logo(brand, logo)
    return _keep(brand)


@transaction.atomic
def save_frame_origins(origins: Iterable[str]) -> Brand:
    """The sites that may show the form in a frame. Raises BrandError for what is no site."""
    brand = _held()
    brand.frame_origins = list(dict.fromkeys(map(read_origin, origins)))
    if len(brand.frame_origins) > MOST_ORIGINS:
        raise BrandError(_("Name at most 20 sites."), field="origins")
    return _keep(brand)


def read_origin(text: str) -> str:
    """A site as browsers name it: scheme and host, and a port that is not the usual one. It stands
    in a header, so only these characters are in it. Raises BrandError."""
    try:
        parts = urlsplit(text.strip().lower())
        host = parts.netloc.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        parts, host = urlsplit(""), ""
    is_here = parts.scheme == "http" and (parts.hostname or "") in {"localhost", "127.0.0.1"}
    is_site = (parts.scheme == "https" or is_here) and HOST.fullmatch(host)
    if not is_site or parts.path not in {"", "/"} or parts.query or parts.fragment:
        sentence = _("“%(text)s” is no site. Write it like https://www.example.com.")
        raise BrandError(sentence % {"text": text.strip()[:60]}, field="origins")
    return f"{parts.scheme}://{host}".removesuffix(":443" if parts.scheme == "https" else ":80")


@transaction.atomic
def save_notice(notice: Notice, *, values: Mapping[str, Any]) -> Notice:
    """Keep a notice. Raises BrandError when it says nothing, is shown nowhere, leads to no page, or
    ends before it begins."""
    for name, value in values.items():
        setattr(notice, name, value)
    if not (notice.text_ja or notice.text_en):
        raise BrandError(_("Write it in at least one language."), field="text_ja")
    if notice.link:
        _check_link(notice.link)
    if notice.ends_at and notice.ends_at <= notice.starts_at:
        raise BrandError(_("It must end after it begins."), field="ends_at")
    if not notice.places:
        raise BrandError(_("Choose where it is shown."), field="places")
    if not notice.pk and Notice.objects.count() >= MOST_NOTICES:
        raise BrandError(_("There are 50 notices already. Delete one first."), field="text_ja")
    notice.save()
    _tell_everybody()
    return notice


@transaction.atomic
def delete_notice(notice: Notice) -> None:
    """For good."""
    notice.delete()
    _tell_everybody()


def _check_link(link: str) -> None:
    """It stands on pages of customers."""
    try:
        PAGE(link)
    except ValidationError as error:
        raise BrandError(" ".join(error.messages), field="link") from error


def _held() -> Brand:
    """The one row, which nobody else changes now."""
    Brand.objects.get_or_create(pk=Brand.THE_ONE)
    return Brand.objects.select_for_update().get()


def _keep(brand: Brand) -> Brand:
    brand.save()
    _tell_everybody()
    return brand


def _set_logo(brand: Brand, picture: bytes | None) -> None:
    logo = clean_logo(picture) if picture is not None else None
    brand.logo = logo.data if logo else None
    brand.logo_type = logo.type if logo else ""
    brand.logo_width, brand.logo_height = (logo.width, logo.height) if logo else (0, 0)
    brand.logo_digest = hashlib.sha256(logo.data).hexdigest()[:16] if logo else ""


def _readable(field: str, colour: str, scheme: Scheme) -> str:
    colour = colour.strip().lower()
    if not colour:
        return ""
    if not COLOUR.fullmatch(colour):
        raise BrandError(_("Write a colour like #1a4f8b."), field=field)
    measured = worst_contrast(colour, scheme)
    if measured < ENOUGH:
        # Floored: 4.49 is not 4.5.
        sentence = _(
            "%(colour)s cannot be read well: its contrast is %(measured)s to 1, and 4.5 to 1 is"
            " needed. The nearest colour that has it is %(nearest)s."
        )
        facts = {"colour": colour, "nearest": nearest_readable(colour, scheme)}
        raise BrandError(sentence % {**facts, "measured": int(measured * 10) / 10}, field=field)
    return colour


def _tell_everybody() -> None:
    """Now, for whoever goes on in this transaction, and once more when others can see the change."""
    forget_shown()
    transaction.on_commit(forget_shown)
