"""Translations are committed as .po; what gettext reads is compiled here, without GNU gettext."""

from __future__ import annotations

from pathlib import Path

import polib
from django.conf import settings


def compile_catalogs() -> list[Path]:
    """Compile each .po that is newer than its .mo; return what was written."""
    sources = [
        source
        for folder in settings.LOCALE_PATHS
        for source in Path(folder).glob("*/LC_MESSAGES/*.po")
    ]
    return [_compile(source) for source in sources if _is_stale(source)]


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> Path:
    compiled = source.with_suffix(".mo")
    polib.pofile(str(source)).save_as_mofile(str(compiled))
    return compiled
