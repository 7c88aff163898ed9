"""The doctor says what is wrong in words, and only looks."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone, translation

from common.models import Heartbeat
from helpdesk import health
from helpdesk.doctor import examining, machinery
from helpdesk.doctor.examining import examine
from helpdesk.doctor.findings import Finding, Level
from mail.models import Mailbox, MailboxSource
from tests.factories import an_inquiry
from tests.processes import ROOT, environment


def about(part: str) -> list[Finding]:
    return [finding for finding in examine() if finding.about == part]


@pytest.mark.django_db
def test_it_only_looks_and_has_something_to_say_of_everything() -> None:
    for name in health.PROCESSES:
        Heartbeat.beat(name)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")

    found = examine()

    assert not [finding for finding in found if "could not be looked at" in finding.what]
    fine = {finding.about for finding in found if finding.level is Level.FINE}
    assert fine >= {"database", "migrations", "clock", "redis", "processes", "sweep", "letters"}
    for finding in found:
        assert finding.level is Level.FINE or (finding.why and finding.command)
    assert [finding.level for finding in found] == sorted(
        (finding.level for finding in found), reverse=True
    )


@pytest.mark.usefixtures("support")
def test_it_names_what_stands_still(mailbox: Mailbox, settings: LazySettings) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    Heartbeat.objects.create(name="backup", at=long_ago - timedelta(days=5))
    MailboxSource.objects.create(
        mailbox=mailbox, kind="imap", host="imap.example.com", watched_since=long_ago, secret="x"
    )
    an_inquiry(now=long_ago)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.ALLOWED_HOSTS = ["other.example.com"]
    settings.DEMO, settings.HOST = True, "0.0.0.0"
    settings.SECRET_KEY = "short"

    worst = {finding.about: finding.level for finding in reversed(examine())}

    assert {name for name, level in worst.items() if level is Level.BROKEN} >= {
        *("worker", "beat", "pump", "addresses", "demo", "secrets")
    }
    assert {name for name, level in worst.items() if level is Level.WARNING} >= {
        *("letters", "mailboxes", "backup", "redis", "secret key", "people")
    }


@pytest.mark.django_db
def test_it_speaks_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(examining, "OF_SURROUNDINGS", ())
    for language, words in (
        ("en", "No backup is known."),
        ("ja", "バックアップの記録がありません。"),
    ):
        with translation.override(language), pytest.raises(SystemExit) as ended:
            call_command("doctor")
        assert ended.value.code == Level.BROKEN
        assert words in capsys.readouterr().out


@pytest.mark.django_db
def test_one_part_that_cannot_be_looked_at_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(examining, "OF_REDIS", (fail, machinery.redis))

    assert [finding.level for finding in about("fail")] == [Level.BROKEN]
    assert about("redis")


@pytest.mark.slow
def test_without_a_database_it_says_that_first() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=environment(
            DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
            REDIS_URL="redis://127.0.0.1:1/0",
            SECRET_KEY="only for this",
            LANGUAGE_CODE="en",
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    first, *_others = json.loads(done.stdout)
    assert (done.returncode, first["about"], first["level"]) == (2, "database", "broken")


@pytest.mark.slow
def test_django_finds_nothing_in_settings_for_the_public(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment(
            DATA_DIR=str(tmp_path),
            BASE_URL="https://help.example.com",
            HOST="0.0.0.0",
            BEHIND_TLS_PROXY="1",
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
