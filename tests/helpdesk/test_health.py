"""What machines that watch the desk are told."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from common.models import Heartbeat
from helpdesk import health
from mail.models import OutboundEmail

ROOT = Path(settings.BASE_DIR)
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def everything_beats(db: None) -> None:
    for name in health.PROCESSES:
        Heartbeat.beat(name)


def readyz(client: Client) -> tuple[int, str, dict[str, Any]]:
    response = client.get("/readyz")
    body = response.json()
    return response.status_code, body["status"], body["parts"]


def gauges(client: Client, **headers: str) -> dict[str, float]:
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def letter(*, minutes_ago: int, **changes: Any) -> OutboundEmail:
    queued_at = timezone.now() - timedelta(minutes=minutes_ago)
    values = {
        "dedupe_key": f"test {minutes_ago}",
        "message_id": f"<{minutes_ago}@example.com>",
        "to": "hana@example.com",
        "from_email": "support@example.com",
        "subject": "Printer",
        "text": "Hello",
        "language": "en",
        "queued_at": queued_at,
        "next_try_at": queued_at,
    }
    return OutboundEmail.objects.create(**(values | changes))


def test_healthz_asks_nobody(client: Client) -> None:
    # Without the db mark any query would fail this test.
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.usefixtures("everything_beats")
def test_readyz_names_every_part_and_its_age(client: Client) -> None:
    status, summary, parts = readyz(client)
    assert (status, summary) == (200, "ok")
    assert set(parts) == {
        "database",
        "migrations",
        "redis",
        "sweep",
        "mailboxes",
        *health.PROCESSES,
    }
    assert all(parts[name]["age"] < 5 for name in health.PROCESSES)


@pytest.mark.usefixtures("everything_beats")
def test_without_redis_the_desk_serves_on_and_says_degraded(
    client: Client, settings: LazySettings
) -> None:
    settings.REDIS_URL = NOWHERE
    status, summary, parts = readyz(client)
    assert (status, summary, parts["redis"]["status"]) == (200, "degraded", "down")


@pytest.mark.usefixtures("everything_beats")
def test_a_silent_worker_is_late_and_an_absent_one_is_missing(client: Client) -> None:
    long_ago = timezone.now() - timedelta(minutes=5)
    Heartbeat.objects.filter(name="worker").update(at=long_ago)
    Heartbeat.objects.filter(name="pump").delete()
    status, summary, parts = readyz(client)
    assert (status, summary) == (200, "degraded")
    assert parts["worker"]["status"] == "late"
    assert parts["worker"]["age"] >= 299
    assert parts["pump"] == {"status": "missing"}


@pytest.mark.usefixtures("everything_beats")
def test_a_missing_migration_makes_the_desk_unavailable_until_it_is_there(client: Client) -> None:
    health._has_every_migration.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = 'later' WHERE app = 'common'")
        assert readyz(client)[:2] == (503, "unavailable")
        cursor.execute("UPDATE django_migrations SET name = '0001_initial' WHERE name = 'later'")
    assert readyz(client)[:2] == (200, "ok")


@pytest.mark.usefixtures("everything_beats")
def test_that_all_migrations_are_there_is_asked_only_once(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    readyz(client)
    with django_assert_max_num_queries(5):
        readyz(client)


def test_metrics_count_letters_and_signs_of_life(client: Client, everything_beats: None) -> None:
    letter(minutes_ago=3)
    letter(minutes_ago=9)
    letter(minutes_ago=20, state="failed", next_try_at=None, failed_at=timezone.now())
    found = gauges(client)
    assert found["yakusoku_outbox_waiting"] == 2
    assert 539 < found["yakusoku_outbox_oldest_age_seconds"] < 560
    assert found["yakusoku_outbox_failed"] == 1
    assert found["yakusoku_commitments_due"] == found["yakusoku_commitment_lag_seconds"] == 0
    assert found["yakusoku_redis_up"] == 1
    assert found['yakusoku_tasks_waiting{queue="sweep"}'] == 0
    assert found['yakusoku_sign_of_life_age_seconds{process="worker"}'] < 5


@pytest.mark.django_db
def test_every_metric_is_documented_and_every_documented_one_exists(client: Client) -> None:
    told = re.findall(r"`(yakusoku_\w+)`", (ROOT / "docs/operations.md").read_text())
    meanings = dict(re.findall(r"^# HELP (\w+) (.+)$", client.get("/metrics").text, re.MULTILINE))

    assert set(told) == set(meanings)
    assert all(meanings.values())


@pytest.mark.django_db
def test_what_is_not_known_has_no_value(client: Client) -> None:
    assert not [name for name in gauges(client) if name.startswith("yakusoku_backup_age")]
    Heartbeat.beat("backup")
    found = gauges(client)
    assert found["yakusoku_backup_age_seconds"] < 5
    assert 'yakusoku_sign_of_life_age_seconds{process="backup"}' not in found


@pytest.mark.django_db
def test_metrics_go_on_without_redis(client: Client, settings: LazySettings) -> None:
    settings.REDIS_URL = NOWHERE
    assert gauges(client)["yakusoku_redis_up"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("203.0.113.9", {}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
        ("", {}),
    ],
)
def test_metrics_are_refused_to_everybody_beyond_this_machine(
    client: Client, address: str, headers: dict[str, str]
) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == 403


@pytest.mark.django_db
def test_behind_a_proxy_metrics_need_the_token(client: Client, settings: LazySettings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert client.get("/metrics").status_code == 403
    settings.METRICS_TOKEN = "the token"
    assert gauges(client, Authorization="Bearer the token")
    for wrong in ("", "Bearer ", "Bearer the toke", "the token", "Bearer とくめい"):
        assert client.get("/metrics", HTTP_AUTHORIZATION=wrong).status_code == 403
