from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; also the exit code."""

    FINE = 0
    WARNING = 1
    BROKEN = 2


@dataclass(frozen=True)
class Finding:
    """What was found about a part; unless it is fine, why that matters and the next command."""

    level: Level
    about: str
    what: str
    why: str = ""
    command: str = ""


Findings = Iterator[Finding]


def fine(about: str, what: str) -> Finding:
    """All is well."""
    return Finding(Level.FINE, about, what)


def warning(about: str, what: str, why: str, command: str) -> Finding:
    """The desk works, but somebody should see to it."""
    return Finding(Level.WARNING, about, what, why, command)


def broken(about: str, what: str, why: str, command: str) -> Finding:
    """The desk, or a part of it, does not do its work."""
    return Finding(Level.BROKEN, about, what, why, command)
