"""Who somebody is: the ways to reach them as they are recognised, and what language they speak."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings

from customers.models import ContactPoint, OrganizationDomain
from customers.normalizing import normalize_email, normalize_phone
from customers.services import NUMBER, is_email
from transfers.records import Customer

KANA = re.compile("[\u3041-\u30ff]")


def ways_of(each: Customer) -> Iterable[tuple[str, str, str]]:
    """Every way to reach them: its kind, as it was written, and as it is recognised."""
    for email in each.emails:
        if is_email(normalized := normalize_email(email)) and len(normalized) <= 320:
            yield ContactPoint.Kind.EMAIL, email.strip()[:320], normalized
    for phone in each.phones:
        if NUMBER.fullmatch(normalized := normalize_phone(phone)):
            yield ContactPoint.Kind.PHONE, phone.strip()[:320], normalized


def who_has(new: Iterable[Customer]) -> dict[str, str]:
    """Who of them has which address."""
    return {email: each.id for each in new for email in emails_of(each)}


def emails_of(each: Customer) -> list[str]:
    return [normalized for kind, _value, normalized in ways_of(each) if kind == "email"]


def numbers_of(each: Customer) -> list[str]:
    return [normalized for kind, _value, normalized in ways_of(each) if kind == "phone"]


def holders_of(addresses: dict[str, list[str]]) -> dict[str, int]:
    """Whose these addresses are."""
    wanted = {email for emails in addresses.values() for email in emails}
    points = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalized__in=wanted)
    return dict(points.values_list("normalized", "customer"))


def organizations_at(domains: set[str]) -> dict[str, int]:
    rows = OrganizationDomain.objects.filter(domain__in=domains)
    return dict(rows.values_list("domain", "organization"))


def first_known(found: dict[str, int], keys: Iterable[str]) -> int | None:
    return next((found[key] for key in keys if key in found), None)


def our_language(code: str) -> str:
    """One of ours; empty for any other."""
    short = code.strip().lower()[:2]
    return short if short in dict(settings.LANGUAGES) else ""


def spoken_language(text: str) -> str:
    """Japanese has kana; what has neither kana nor Latin letters is what the desk speaks."""
    if KANA.search(text):
        return "ja"
    is_latin = sum(letter.isascii() and letter.isalpha() for letter in text) * 2 > len(text)
    return "en" if is_latin else str(settings.LANGUAGE_CODE)
