"""Whether a letter is from whom it says, and when it arrived: by what our own servers wrote into it.

Everybody can write such headers. Only those count that bear a name we gave to a server of ours and
that stand above the first mark of a foreign server (RFC 8601, section 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import authres

from mail.reading.headers import Headers
from mail.reading.words import tidy

# Name and value of the headers that servers on the way put on top, the newest first.
Trace = tuple[tuple[str, str], ...]
TRACES = {"received", "authentication-results"}
MOST_TRACES = 40
LONGEST_TRACE = 4000
BY = re.compile(r"(?i)(?:^|\s)by\s+([^\s;()]{1,255})")
FROM = re.compile(r"(?i)^\s*from\s")
# A country's domains for everybody: below these three labels make an organization.
SHARED = {"ac", "ad", "co", "com", "ed", "edu", "go", "gov", "gr", "lg", "ne", "net", "or", "org"}


class Verdict(StrEnum):
    VERIFIED = "verified"
    UNKNOWN = "unknown"
    FAILED = "failed"


def trace_of(headers: Headers) -> Trace:
    """What servers wrote on top of a letter, cut to what is worth looking at."""
    found = [
        (name, tidy(value[:LONGEST_TRACE].decode("ascii", "replace")))
        for name, value in headers.fields
        if name in TRACES
    ]
    return tuple(found[:MOST_TRACES])


def verdict(trace: Trace, *, servers: Sequence[str], sender: str) -> Verdict:
    """What our receiving server says about the sender's address.

    The domain of the address must be the one that was checked: DMARC does so, DKIM and SPF count
    where they speak of the same organization.
    """
    results = _results_by_ours(trace, servers)
    domain = sender.rpartition("@")[2].lower()
    dmarc = {each.result for each in results if each.method == "dmarc"}
    if dmarc & {"fail", "permerror"}:
        return Verdict.FAILED
    passed = [each for each in results if each.result == "pass"]
    if any(_is_aligned(each, domain) for each in passed):
        return Verdict.VERIFIED
    return Verdict.UNKNOWN


def arrived_at(trace: Trace, *, servers: Sequence[str]) -> datetime | None:
    """When the first of our own servers had it, if one of ours says so."""
    arrived = None
    for name, value in trace:
        if name != "received":
            continue
        if not _is_ours(_receiver(value), servers):
            break
        arrived = _date(value.rpartition(";")[2]) or arrived
    return arrived


def _results_by_ours(trace: Trace, servers: Sequence[str]) -> list[Any]:
    """The results of the topmost header of a server of ours; what stands lower may be forged."""
    for name, value in trace:
        if name == "received" and FROM.match(value) and not _is_ours(_receiver(value), servers):
            return []
        found = _parsed(value) if name == "authentication-results" else None
        if found is not None and (found.authserv_id or "").lower() in _lower(servers):
            return list(found.results)
    return []


def _parsed(value: str) -> Any | None:
    try:
        return authres.AuthenticationResultsHeader.parse_value(value)
    except (authres.AuthResError, ValueError, IndexError, RecursionError):
        return None


def _is_aligned(result: Any, domain: str) -> bool:
    named = {
        "dmarc": ("from",),
        "dkim": ("d", "i"),
        "spf": ("mailfrom",),
    }.get(result.method, ())
    values = [each.value or "" for each in result.properties if each.name in named]
    checked = [value.rpartition("@")[2].lower() for value in values]
    if result.method == "dmarc" and not checked:
        return True
    return any(organization(each) == organization(domain) for each in checked if each)


def organization(domain: str) -> str:
    """The registered part of a domain: two labels, or three below co.jp and its like."""
    labels = domain.strip(".").lower().split(".")
    size = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SHARED else 2
    return ".".join(labels[-size:])


def _receiver(value: str) -> str:
    found = BY.search(value)
    return found[1].lower().strip(".") if found else ""


def _is_ours(host: str, servers: Iterable[str]) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in _lower(servers))


def _lower(servers: Iterable[str]) -> set[str]:
    return {each.strip().lower() for each in servers}


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
