"""One spelling per address, to recognise a person by. What was typed is kept beside it."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

# NFKC leaves these dashes and the long-vowel mark alone; people type all of them in numbers.
DASHES = str.maketrans(dict.fromkeys("ー－−‐‑‒–—―─〜～ｰ", "-"))


def normalize_email(value: str) -> str:
    """An address in its usual spelling: half-width, trimmed, lower case."""
    return unicodedata.normalize("NFKC", value).strip().lower()


def normalize_phone(value: str, *, region: str = "JP") -> str:
    """A telephone number as +81312345678; as bare digits when it is no valid number."""
    plain = unicodedata.normalize("NFKC", value.translate(DASHES))
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        return re.sub(r"[^\d+]", "", plain)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def domain_of(email: str) -> str:
    return email.rpartition("@")[2]
