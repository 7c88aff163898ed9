from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.transfers.conftest import SAMPLES
from tickets.models import Ticket

ZENDESK = str(SAMPLES / "zendesk")


def said_by(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_a_dry_run_says_what_would_come(aiko):
    said = said_by("import_desk", "zendesk", ZENDESK, "--dry-run")

    assert "ticket: 3 new" in said
    assert not Ticket.objects.exists()


@pytest.mark.django_db
def test_an_import_says_what_came(aiko):
    assert "ticket: 3 new" in said_by("import_desk", "zendesk", ZENDESK)
    assert "ticket: 3 known" in said_by("import_desk", "zendesk", ZENDESK)
    assert Ticket.objects.count() == 3


@pytest.mark.django_db
def test_what_is_not_there_is_refused(support):
    with pytest.raises(CommandError, match="There is nothing at"):
        said_by("import_desk", "zendesk", "nowhere")
    with pytest.raises(CommandError, match="no team called Nobody"):
        said_by("import_desk", "zendesk", ZENDESK, "--team", "Nobody")


def test_an_export_goes_into_an_empty_folder_only(fresh_desk, tmp_path):
    said_by("export_desk", str(tmp_path / "desk"))

    assert (tmp_path / "desk" / "manifest.json").exists()
    with pytest.raises(CommandError, match="in this folder"):
        said_by("export_desk", str(tmp_path / "desk"))
