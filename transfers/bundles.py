"""What was handed in: a file, a folder of files or a zip of them. Nothing is ever unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from django.utils.translation import gettext as _

MOST_FILES = 500_000
MOST_BYTES = 100 * 2**30
# Text shrinks to a twentieth; what shrinks to a thousandth was made to burst.
MOST_GROWTH = 300
SMALL = 2**20


class BundleError(ValueError):
    """What was handed in cannot be read; the sentence is for people."""


class Bundle(Protocol):
    """Files by their names, parted by slashes."""

    def names(self) -> list[str]:
        """All files there are, in order."""

    def open(self, name: str) -> IO[bytes]:
        """The file of this name. Raises BundleError when there is none."""


class Folder:
    """A folder on this machine, or one file of it. What leads out of it is not there."""

    def __init__(self, path: Path) -> None:
        self.root = path.resolve()
        if not self.root.exists():
            raise BundleError(_("There is nothing at “%(path)s”.") % {"path": path})

    def names(self) -> list[str]:
        if self.root.is_file():
            return [self.root.name]
        files = (each for each in self.root.rglob("*") if each.is_file() and not each.is_symlink())
        return sorted(each.relative_to(self.root).as_posix() for each in files)

    def open(self, name: str) -> IO[bytes]:
        path = self.root if self.root.is_file() else (self.root / name)
        if not path.resolve().is_relative_to(self.root) or not path.is_file():
            raise BundleError(_("There is no file “%(name)s”.") % {"name": name})
        return path.open("rb")


class Zipped:
    """A zip, read where it lies: no name in it is ever a path on this machine."""

    def __init__(self, file: IO[bytes] | Path) -> None:
        try:
            self.archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError):
            raise BundleError(_("This is no zip file that can be read.")) from None
        self.entries = {
            each.filename: each for each in self.archive.infolist() if not each.is_dir()
        }
        self._check()

    def _check(self) -> None:
        total = sum(each.file_size for each in self.entries.values())
        bursts = any(
            each.file_size > SMALL and each.file_size > MOST_GROWTH * max(1, each.compress_size)
            for each in self.entries.values()
        )
        if len(self.entries) > MOST_FILES or total > MOST_BYTES or bursts:
            raise BundleError(_("This zip file would become far too large."))

    def names(self) -> list[str]:
        return sorted(self.entries)

    def open(self, name: str) -> IO[bytes]:
        entry = self.entries.get(name)
        if entry is None:
            raise BundleError(_("There is no file “%(name)s”.") % {"name": name})
        try:
            return self.archive.open(entry)
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile):
            # With a password, packed in a way that Python does not know, or damaged.
            raise BundleError(_("“%(name)s” in the zip cannot be read.") % {"name": name}) from None


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """What lies at this path. Raises BundleError."""
    if path.is_file() and zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield Zipped(file)
    else:
        yield Folder(path)


def matching(bundle: Bundle, *patterns: str) -> list[str]:
    """The files whose last name is like one of these, whatever the case."""
    return [
        name
        for name in bundle.names()
        if any(fnmatch(PurePosixPath(name).name.lower(), pattern) for pattern in patterns)
    ]


def content_of(bundle: Bundle, paths: tuple[str, ...], *, most: int) -> bytes | None:
    """What stands in the first of these files that is there; None for none, or a larger one."""
    for path in paths:
        try:
            with bundle.open(path) as file:
                content = file.read(most + 1)
        except (BundleError, OSError, ValueError, zipfile.BadZipFile):
            continue
        return content if len(content) <= most else None
    return None
