"""Collecting static files, but only when one of them has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect_static_files() -> bool:
    """Run collectstatic unless STATIC_ROOT holds these very files; say whether it ran."""
    if is_collected():
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    _stamp().write_text(_fingerprint(), encoding="ascii")
    return True


def is_collected() -> bool:
    """Whether STATIC_ROOT holds these very files."""
    stamp = _stamp()
    return stamp.exists() and stamp.read_text(encoding="ascii") == _fingerprint()


def are_served() -> bool:
    """Whether there are static files, and none of another release. An image has them without a
    stamp."""
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return False
    return is_collected() or not _stamp().exists()


def _stamp() -> Path:
    return Path(settings.STATIC_ROOT) / ".collected"


def _fingerprint() -> str:
    """Changes with every name, size and time of modification."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
