from __future__ import annotations

import json
import re
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.hashers import is_password_usable
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from zeal import zeal_ignore

from accounts.models import Agent
from integrations.channels import Incoming, receive
from integrations.models import Channel
from rules.models import Rule
from sla.defaults import install_defaults
from sla.models import Policy
from tests.rules.recurrences import a_recurrence
from tests.transfers.conftest import brought_in
from tickets.models import Attachment, SearchEntry, Ticket
from tickets.services.opening import Inquiry, open_ticket
from transfers.bundles import BundleError, Folder, Zipped
from transfers.kinds import KINDS, LEFT_OUT
from transfers.restoring import restore_desk
from transfers.taking_along import export_to_folder, export_to_zip

THIRD_PARTIES = ("django_", "auth_", "celery_")


def emptied() -> None:
    """As if the desk had just been prepared."""
    tables = ", ".join(f'"{kind.table}"' for kind in KINDS)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    install_defaults()


def manifest(folder) -> dict:
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture
def used_desk(fresh_desk, support, tmp_path):
    """The demonstration, and somebody who came from elsewhere with a file."""
    with zeal_ignore(), override_settings(DEMO=True, HOST="127.0.0.1"):
        call_command("load_demo", verbosity=0, stdout=StringIO())
        brought_in("zendesk")
        keeper = Agent.objects.get(email="admin@example.com")
        Rule.objects.create(name="A rule", events=["opened"], keeper=keeper)
        a_recurrence(Ticket.objects.earliest("pk"), keeper=keeper)
        channel = Channel.objects.create(name="Chat")
        receive(channel, Incoming(identity="u1", text="Hello", external_id="1"))


def test_what_was_taken_along_comes_back_as_it_was(used_desk, tmp_path):
    export_to_folder(tmp_path / "first")
    tickets = Ticket.objects.count()
    file = Attachment.objects.latest("pk")
    with file.file as opened:
        content = opened.read()
    newest = Ticket.objects.latest("number").number
    emptied()
    file.file.delete(save=False)

    with zeal_ignore():
        restore_desk(Folder(tmp_path / "first"))

    export_to_folder(tmp_path / "second")
    first, second = manifest(tmp_path / "first"), manifest(tmp_path / "second")
    assert first["kinds"] == second["kinds"]
    assert first["files"] == second["files"]
    assert first["kinds"]["tickets"]["lines"] == tickets > 5
    with Attachment.objects.get(pk=file.pk).file as opened:
        assert opened.read() == content
    assert SearchEntry.objects.filter(kind="subject").count() > 5
    # The desk goes on.
    made = open_ticket(
        Inquiry(subject="New", body="x", channel="web", language="ja", email="n@mail.example")
    )
    assert made.ticket.number > newest


def test_no_secret_is_taken_along(used_desk, tmp_path):
    Agent.objects.create_user("aiko@example.org", "a-good-long-password", name="Aiko")

    export_to_folder(tmp_path / "desk")

    written = (tmp_path / "desk" / "agents.jsonl").read_text()
    assert "aiko@example.org" in written
    assert "password" not in written
    emptied()
    with zeal_ignore():
        restore_desk(Folder(tmp_path / "desk"))
    assert not is_password_usable(Agent.objects.get(email="aiko@example.org").password)


def test_a_desk_in_use_is_left_alone(used_desk, tmp_path):
    export_to_folder(tmp_path / "desk")

    with pytest.raises(CommandError, match="in use"):
        call_command("import_desk", "yakusoku", str(tmp_path / "desk"), stdout=StringIO())


def test_what_was_changed_on_the_way_is_refused(fresh_desk, tmp_path):
    export_to_folder(tmp_path / "desk")
    changed = tmp_path / "desk" / "policies.jsonl"
    changed.write_bytes(changed.read_bytes().replace(b"Standard", b"Whatever") + b"\n")

    with pytest.raises(BundleError, match=r"policies\.jsonl"):
        restore_desk(Folder(tmp_path / "desk"))

    assert Policy.objects.filter(is_default=True).exists()


def test_a_zip_holds_the_same(fresh_desk, tmp_path):
    with (tmp_path / "desk.zip").open("wb") as target:
        export_to_zip(target)

    assert zipfile.ZipFile(tmp_path / "desk.zip").testzip() is None
    found = restore_desk(Zipped(tmp_path / "desk.zip"))
    assert found["policies"] == 1


def test_every_table_is_taken_along_or_says_why_not():
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    ours = {table for table in tables if not table.startswith(THIRD_PARTIES)}
    told = {kind.table for kind in KINDS} | set(LEFT_OUT)

    assert ours - told == set()
    assert told - ours == set()


def test_every_column_of_every_kind_is_described():
    text = Path("docs/import-export.md").read_text(encoding="utf-8")
    described = dict(re.findall(r"^\| `(\w+)` \| (`.*`) \|$", text, re.MULTILINE))

    assert {kind.name for kind in KINDS} <= set(described)
    for kind in KINDS:
        assert re.findall(r"\w+", described[kind.name]) == kind.columns, kind.name
