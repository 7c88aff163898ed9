"""What a backup says of itself, and whether it still is what it was when it was made."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from helpdesk.backup.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
DATABASE = "database"
FILES = "files"
SECRET_KEY = "secret_key"  # noqa: S105 - a file's name
CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`tables` has for each table its rows and the sum of their hashes. `taken_at` is the moment that
    the database is of: what happened later is not in it. `key_check` tells whether a secret key is
    the one in use then, and tells nothing about it."""

    release: str
    taken_at: str
    seconds: float
    server: int
    migrations: dict[str, str]
    tables: dict[str, tuple[int, str]]
    files: int
    file_bytes: int
    files_elsewhere: str
    missing_files: list[str]
    holds_key: bool
    key_check: str
    format: int = FORMAT
    notice: str = field(default="What happened after taken_at is not in this backup.")

    def write(self, directory: Path) -> None:
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @property
    def rows(self) -> int:
        return sum(rows for rows, _hash in self.tables.values())


def read(directory: Path) -> Manifest:
    """What the backup says of itself. Raises BackupError when it is none, or one of a later release."""
    if not (directory / SUMS).is_file() or not (directory / MANIFEST).is_file():
        raise BackupError(_("%(path)s is not a finished backup.") % {"path": directory})
    try:
        told: dict[str, Any] = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise BackupError(
                _("%(path)s was made by another release (%(release)s). Restore it with that one.")
                % {"path": directory, "release": told.get("release", "?")}
            )
        tables = {name: (rows, digest) for name, (rows, digest) in told["tables"].items()}
        return Manifest(**{**told, "tables": tables})
    except (ValueError, KeyError, TypeError, AttributeError) as damage:
        raise BackupError(_damaged(MANIFEST)) from damage


def write_sums(directory: Path) -> None:
    """List every part with its hash, in the form that sha256sum reads. The last thing to be written."""
    lines = [f"{digest_of(directory / name)}  {name}\n" for name in sorted(_parts(directory))]
    (directory / SUMS).write_text("".join(lines), encoding="utf-8")


def verify(directory: Path) -> None:
    """Read all of it. Raises BackupError when a part is missing, added, cut short or altered."""
    listed = _listed(directory)
    there = set(_parts(directory))
    if different := sorted(there ^ set(listed)):
        raise BackupError(_damaged(different[0]))
    for name, digest in listed.items():
        if digest_of(directory / name) != digest:
            raise BackupError(_damaged(name))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_tree(source: Path, target: Path) -> tuple[int, int]:
    """Copy all files below; return how many and how many bytes. What goes away meanwhile is not
    copied."""
    count = size = 0
    target.mkdir(parents=True, exist_ok=True)
    for path in _files_below(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, place)
        except FileNotFoundError:
            place.unlink(missing_ok=True)
            continue
        count, size = count + 1, size + place.stat().st_size
    return count, size


def key_check(key: str) -> str:
    """A mark by which the key is recognized."""
    return salted_hmac("helpdesk.backup", "key", secret=key, algorithm="sha256").hexdigest()[:16]


def _parts(directory: Path) -> Iterator[str]:
    for path in _files_below(directory):
        if (name := path.relative_to(directory).as_posix()) != SUMS:
            yield name


def _files_below(directory: Path) -> Iterator[Path]:
    for root, _directories, names in os.walk(directory):
        yield from (path for name in names if not (path := Path(root, name)).is_symlink())


def _listed(directory: Path) -> dict[str, str]:
    lines = (directory / SUMS).read_text(encoding="utf-8").splitlines()
    try:
        return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    except ValueError as damage:
        raise BackupError(_damaged(SUMS)) from damage


def _damaged(part: str) -> str:
    return _("The backup is damaged: %(part)s is not what was written. Nothing was restored.") % {
        "part": part
    }
