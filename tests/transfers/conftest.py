from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import translation

from transfers.models import ImportJob
from transfers.working import ask_for_import, take, work_on

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _own_media(tmp_path_factory):
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield


def brought_in(source: str, path: Path | None = None, **options) -> ImportJob:
    """An import of what lies there, worked on to its end."""
    path = path or SAMPLES / source
    job = ask_for_import(by=None, source=source, name=path.name, path=str(path), **options)
    work_on(take(job))
    job.refresh_from_db()
    return job
