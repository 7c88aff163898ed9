"""A backup of a desk at work, put back elsewhere, is the same desk."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from common.models import Heartbeat
from helpdesk.backup import contents, restoring, taking, tools
from helpdesk.backup.errors import BackupError
from tests.factories import a_ticket
from tests.processes import ROOT, database_url, environment, run_python
from tickets.models import Ticket

LONG_AGO = timedelta(days=30)
LOOK = """
import json
from django.test import Client
from mail.delivery import deliver_due
from mail.models import OutboundEmail
from sla.models import Commitment
from sla.sweep import sweep_due
from tests.factories import a_ticket
from tickets.models import Ticket
parts = Client().get("/readyz").json()["parts"]
print(json.dumps({
    "subjects": list(Ticket.objects.values_list("subject", flat=True)),
    "serves": [parts["database"]["status"], parts["migrations"]["status"]],
    "page": Client().get("/contact/").status_code,
    "swept": sweep_due(),
    "promises": list(Commitment.objects.promises().values_list("state", flat=True)),
    "letters": [OutboundEmail.objects.waiting().count(), deliver_due()],
    "next number": a_ticket(email="ken@example.com").number,
}))
"""


@pytest.fixture
def desk(
    fresh_desk: None,
    support: object,
    tmp_path: Path,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Ticket:
    """With a promise that is long due, a letter that waits, a file, and a secret key of its own."""
    monkeypatch.delenv("SECRET_KEY", raising=False)
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, str(tmp_path / "files")
    (tmp_path / contents.SECRET_KEY).write_text("the key")
    default_storage.save("attachments/photo", ContentFile("写真".encode()))
    return a_ticket(now=timezone.now() - LONG_AGO, subject="返品したい")


@pytest.fixture
def backup(desk: Ticket, tmp_path: Path) -> Path:
    call_command("backup", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def elsewhere(backup: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of a desk with an empty database and an empty directory."""
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    here = database_url()
    yield environment(
        DATA_DIR=str(tmp_path / "elsewhere"),
        DATABASE_URL=here.rpartition("/")[0] + "/" + name,
        REDIS_URL="redis://127.0.0.1:1/0",
        LANGUAGE_CODE="en",
        ALLOWED_HOSTS="testserver",
        # Static files are as they lie there.
        DEBUG="1",
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
def test_the_desk_goes_on_elsewhere_where_it_stopped_here(
    desk: Ticket, backup: Path, elsewhere: dict[str, str]
) -> None:
    assert (backup / contents.SECRET_KEY).stat().st_mode & 0o777 == 0o600
    assert backup.stat().st_mode & 0o777 == 0o700
    assert Heartbeat.objects.filter(name="backup").exists()

    said = subprocess.run(
        [sys.executable, "manage.py", "restore", str(backup), "--hold-mail"],
        cwd=ROOT,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    found = json.loads(run_python(LOOK, environment=elsewhere))
    assert found["subjects"] == ["返品したい"]
    assert (found["serves"], found["page"]) == (["ok", "ok"], 200)
    assert found["swept"] > 0
    assert found["promises"] == ["breached"]
    assert found["letters"] == [1, 0]
    assert found["next number"] > desk.number + 1_000
    directory = Path(elsewhere["DATA_DIR"])
    assert (directory / "files/attachments/photo").read_text() == "写真"
    assert (directory / contents.SECRET_KEY).read_text() == "the key"
    assert (directory / contents.SECRET_KEY).stat().st_mode & 0o777 == 0o600
    assert "late but never lost" in said
    assert "the key" not in said


@pytest.mark.slow
def test_who_was_erased_after_the_backup_does_not_come_back(
    desk: Ticket, backup: Path, elsewhere: dict[str, str]
) -> None:
    def manage(*arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=elsewhere, capture_output=True, check=True)

    manage("restore", str(backup), "--hold-mail")
    manage("erase_customer", str(desk.customer_id), "--close-open", "--yes")
    # On another machine the file would not be there: the database that goes knows it, too.
    (Path(elsewhere["DATA_DIR"]) / "erasures.jsonl").unlink()
    manage("restore", str(backup), "--hold-mail", "--replace", "--yes")
    manage("prepare")

    look = "from tickets.models import Ticket; print(Ticket.objects.get().subject)"
    assert run_python(look, environment=elsewhere).strip() == "■■■"


def cut_short(backup: Path) -> None:
    part = max((backup / contents.DATABASE).iterdir(), key=lambda path: path.stat().st_size)
    part.write_bytes(part.read_bytes()[:-10])


def altered(backup: Path) -> None:
    (backup / "files/attachments/photo").write_text("another")


def without_a_part(backup: Path) -> None:
    (backup / contents.SECRET_KEY).unlink()


def with_something_else(backup: Path) -> None:
    (backup / contents.FILES / "more").touch()


def with_a_list_cut_short(backup: Path) -> None:
    path = backup / contents.SUMS
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-3]))


def broken_off(backup: Path) -> None:
    (backup / contents.SUMS).unlink()


def of_a_later_release(backup: Path) -> None:
    manifest = contents.read(backup)
    later = replace(manifest, migrations={**manifest.migrations, "tickets": "9999_later"})
    later.write(backup)
    contents.write_sums(backup)


DAMAGES: list[Callable[[Path], None]] = [
    *(cut_short, altered, without_a_part, with_something_else),
    *(with_a_list_cut_short, broken_off, of_a_later_release),
]


def test_what_is_damaged_is_refused_before_anything_is_touched(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "restore", pytest.fail)
    restoring.examine(backup)

    for damage in DAMAGES:
        copy = shutil.copytree(backup, tmp_path / damage.__name__)
        damage(copy)
        with pytest.raises(CommandError):
            call_command("restore", str(copy), replace=True, yes=True)


def test_a_desk_that_has_something_is_not_given_up_unasked(desk: Ticket, backup: Path) -> None:
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(backup))
    with pytest.raises(CommandError):
        call_command("restore", str(backup), replace=True)

    assert Ticket.objects.get() == desk


def test_a_restore_that_fails_leaves_everything_as_it_was(
    desk: Ticket, backup: Path, tmp_path: Path
) -> None:
    later = a_ticket(email="ken@example.com", subject="Later")
    default_storage.save("attachments/later", ContentFile(b"x"))
    # Left from a restore that was killed when all but this was done.
    (tmp_path / "files.old").mkdir()
    manifest = contents.read(backup)
    wrong = replace(manifest, tables={**manifest.tables, "public.tickets_ticket": (2, "0")})
    connection.close()

    with pytest.raises(BackupError):
        restoring.restore(backup, wrong, holds_mail=False)

    assert set(Ticket.objects.all()) == {desk, later}
    assert default_storage.exists("attachments/later")
    assert not restoring.put_back()


@pytest.mark.django_db
def test_half_a_backup_leaves_nothing_and_takes_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "command", lambda *_, **__: ["false"])
    with pytest.raises(BackupError, match="false"):
        taking.take(tmp_path / "kept")
    assert not list(tmp_path.glob("kept*"))

    (tmp_path / "kept").mkdir()
    with pytest.raises(BackupError):
        taking.take(tmp_path / "kept")


def test_the_newest_backups_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "take", lambda directory: directory.mkdir())
    for name in ("20260101T000000Z", "20260102T000000Z", "somebody else's"):
        (tmp_path / name).mkdir()

    place, _manifest = taking.take_rotated(tmp_path, keep=2)

    kept = {"20260102T000000Z", "somebody else's", place.name}
    assert {path.name for path in tmp_path.iterdir()} == kept
