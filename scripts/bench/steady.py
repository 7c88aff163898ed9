"""The sweep as it runs day and night: with nothing to do, with too much, steadily, and its memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import django
from django.db import connection

django.setup()

from common.models import Heartbeat  # noqa: E402
from scripts.bench.fill import make_due, make_live  # noqa: E402
from scripts.bench.sweeping import somebody  # noqa: E402
from sla.models import Commitment  # noqa: E402
from sla.sweep import sweep_due  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
EMPTY_SWEEPS = 300
WARMING = 1000
SECONDS = 20
PATIENCE = 60


def empty(live: int) -> dict[str, Any]:
    """A sweep that finds nothing among `live` commitments that are still to come."""
    make_live(live, **somebody())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sla_commitment")
    sweep_due(sweeper="bench")
    taken = []
    for _ in range(EMPTY_SWEEPS):
        began = time.perf_counter()
        assert sweep_due(sweeper="bench") == 0
        taken.append(1000 * (time.perf_counter() - began))
    taken.sort()
    return {
        "live": Commitment.objects.exclude(next_check_at=None).count(),
        "median_ms": round(statistics.median(taken), 2),
        "p99_ms": round(taken[-(-99 * len(taken) // 100) - 1], 2),
    }


def together(count: int) -> dict[str, Any]:
    """`count` promises due in one second and two pumps: seconds from due to the last of them, seen
    by its pump and there for all to see."""
    with _pumps(2):
        before = _newest()
        make_due(count, delay=4, **somebody())
        due_at = Commitment.objects.latest("pk").due_at
        _wait_until_seen(before, count)
        committed = (_database_now() - due_at).total_seconds()
    return {
        "rows": count,
        "all_seen_after_s": round(_lags(before)[-1], 2),
        "all_committed_after_s": round(committed, 2),
    }


def steady(per_second: int) -> dict[str, Any]:
    """So many breaches a second for a while, and one pump: lags, and the memory it takes."""
    with _pumps(1) as (pump,):
        before = _newest()
        make_due(WARMING, delay=2, **somebody())
        _wait_until_seen(before, WARMING)
        warm, before = _resident_mb(pump), _newest()
        count = per_second * SECONDS
        make_due(count, delay=3, seconds=SECONDS, **somebody())
        _wait_until_seen(before, count)
        lags, after = _lags(before), _resident_mb(pump)
    return {
        "per_second": per_second,
        "seconds": SECONDS,
        "p50_ms": round(1000 * lags[len(lags) // 2]),
        "p99_ms": round(1000 * lags[-(-99 * len(lags) // 100) - 1]),
        "pump_mb_before": warm,
        "pump_mb_after": after,
    }


@contextmanager
def _pumps(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    Heartbeat.objects.filter(name="pump").delete()
    pumps = [
        subprocess.Popen(
            [sys.executable, "manage.py", "pump"],
            cwd=ROOT,
            env=dict(os.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(count)
    ]
    try:
        _wait(lambda: Heartbeat.objects.filter(name="pump").exists(), "a pump's start")
        # The second of two is as far as the first one within this.
        time.sleep(2)
        yield pumps
    finally:
        for pump in pumps:
            pump.terminate()
        for pump in pumps:
            try:
                pump.wait(10)
            except subprocess.TimeoutExpired:
                pump.kill()


def _wait_until_seen(before: int, count: int) -> None:
    seen = Commitment.objects.filter(pk__gt=before, detected_at__isnull=False)
    _wait(lambda: seen.count() >= count, "the last detection")


def _wait(condition: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} took more than {PATIENCE} s")
        time.sleep(0.1)


def _lags(before: int) -> list[float]:
    """Detected minus due in seconds, in order. A row is late from the second after its due time."""
    rows = Commitment.objects.filter(pk__gt=before, detected_at__isnull=False)
    instants = rows.values_list("due_at", "detected_at")
    return sorted((seen - due).total_seconds() for due, seen in instants)


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _newest() -> int:
    return Commitment.objects.latest("pk").pk


def _resident_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    (line,) = [line for line in status if line.startswith("VmRSS")]
    return round(int(line.split()[1]) / 1024, 1)


if __name__ == "__main__":
    command, number = sys.argv[1], int(sys.argv[2])
    print(json.dumps({"empty": empty, "together": together, "steady": steady}[command](number)))
