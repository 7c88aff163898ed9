"""What /metrics tells Prometheus. Everything is read from PostgreSQL and Redis when it is asked for,
so any web process gives the same answer. docs/operations.md lists every metric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Coalesce, Greatest
from prometheus_client import CollectorRegistry, Gauge
from redis import Redis
from redis.exceptions import RedisError

from audit.models import Change
from common.models import Heartbeat
from integrations.models import Delivery, Occurrence, Webhook
from mail.models import NEEDS_A_LOOK, InboundEmail, MailboxSource, MailHold, OutboundEmail
from reports.models import Stale
from sla.models import Commitment

QUEUES = ("celery", "sweep")
BACKUP = "backup"
Labels = dict[str, str]


@dataclass(frozen=True)
class Metric:
    """One number, or several that a label tells apart."""

    name: str
    meaning: str
    values: list[tuple[Labels, float]] = field(default_factory=list)


def registry() -> CollectorRegistry:
    """All metrics as they are now."""
    found = CollectorRegistry()
    for metric in _metrics(database_now()):
        # A gauge without labels is 0 until it is set; one with labels is not there.
        labels = list(metric.values[0][0]) if metric.values else ["none"]
        gauge = Gauge(f"yakusoku_{metric.name}", metric.meaning, labels, registry=found)
        for names, value in metric.values:
            (gauge.labels(**names) if names else gauge).set(value)
    return found


def database_now() -> datetime:
    """The clock that wrote the signs of life: machines disagree about the time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]


def queue_lengths() -> dict[str, int]:
    """How many tasks wait in Redis; empty when it does not answer."""
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        ) as redis:
            return {name: int(redis.llen(name)) for name in QUEUES}
    except (RedisError, OSError):
        return {}


def signs_of_life(now: datetime) -> dict[str, float]:
    """Seconds since each part last showed that it works."""
    return {
        name: seconds_since(at, now) for name, at in Heartbeat.objects.values_list("name", "at")
    }


def seconds_since(moment: datetime | None, now: datetime) -> float:
    """Wall seconds, never less than none; 0 for no moment at all."""
    return max(0.0, round((now - moment).total_seconds(), 1)) if moment else 0.0


def _metrics(now: datetime) -> Iterator[Metric]:
    yield from _promises(now)
    yield from _letters(now)
    yield from _inbound(now)
    yield from _mailboxes(now)
    yield from _webhooks(now)
    yield from _processes(now)
    yield from _queues()
    yield _one(
        "figures_waiting",
        "Notes of changes that reports have not counted yet.",
        Stale.objects.count(),
    )
    yield _one(
        "audit_unsealed_age_seconds",
        "How long the oldest change in the audit log has waited for its seal.",
        seconds_since(oldest_unsealed(), now),
    )
    yield from _database()


def oldest_unsealed() -> datetime | None:
    """When the first change was made that the chain of the audit log does not hold yet."""
    unsealed = Change.objects.filter(hash__isnull=True).order_by("pk")
    return unsealed.values_list("at", flat=True).first()


def _promises(now: datetime) -> Iterator[Metric]:
    due = Commitment.objects.filter(next_check_at__lte=now).order_by("next_check_at")
    oldest = due.values_list("next_check_at", flat=True).first()
    yield _one("commitments_due", "Commitments the sweep has to look at now.", due.count())
    yield _one(
        "commitment_lag_seconds",
        "How long the oldest due commitment has waited for the sweep.",
        seconds_since(oldest, now),
    )
    promises = (
        Commitment.objects.promises()
        .live()
        .aggregate(all=Count("pk"), broken=Count("pk", filter=Q(due_at__lte=now)))
    )
    yield _one("promises_open", "Open promises to customers.", promises["all"])
    yield _one("promises_broken", "Open promises whose time has passed.", promises["broken"])


def _letters(now: datetime) -> Iterator[Metric]:
    # By the column of the index; a constraint says that these are the waiting ones.
    waiting = OutboundEmail.objects.filter(next_try_at__isnull=False)
    oldest = waiting.order_by("queued_at").values_list("queued_at", flat=True).first()
    yield _one("outbox_waiting", "Letters that still have to leave.", waiting.count())
    yield _one(
        "outbox_oldest_age_seconds",
        "How long the oldest waiting letter has waited.",
        seconds_since(oldest, now),
    )
    failed = OutboundEmail.objects.filter(failed_at__isnull=False)
    yield _one("outbox_failed", "Letters that were given up.", failed.count())
    yield _one("mail_held", "Whether all mail is held.", int(MailHold.objects.exists()))


def _inbound(now: datetime) -> Iterator[Metric]:
    waiting = InboundEmail.objects.filter(next_try_at__isnull=False)
    oldest = waiting.order_by("received_at").values_list("received_at", flat=True).first()
    yield _one("inbound_waiting", "Mails that came in and are not filed yet.", waiting.count())
    yield _one(
        "inbound_oldest_age_seconds",
        "How long the oldest of them has waited.",
        seconds_since(oldest, now),
    )
    yield _one(
        "inbound_to_look_at",
        "Mails that a person must decide on.",
        InboundEmail.objects.filter(state__in=NEEDS_A_LOOK).count(),
    )


def _mailboxes(now: datetime) -> Iterator[Metric]:
    seen = Greatest(Coalesce("last_success_at", "watched_since"), "watched_since")
    sources = MailboxSource.objects.fetched().annotate(seen=seen)
    yield Metric(
        "mailbox_age_seconds",
        "Seconds since a mailbox could last be read.",
        [
            ({"mailbox": address}, seconds_since(at, now))
            for address, at in sources.values_list("mailbox__address", "seen")
        ],
    )


def _webhooks(now: datetime) -> Iterator[Metric]:
    waiting = Delivery.objects.waiting().filter(webhook__is_active=True)
    oldest = waiting.order_by("made_at").values_list("made_at", flat=True).first()
    yield _one(
        "webhooks_untold", "Things that happened and are to be told.", Occurrence.objects.count()
    )
    yield _one("webhooks_waiting", "Deliveries that still have to leave.", waiting.count())
    yield _one(
        "webhooks_oldest_age_seconds",
        "How long the oldest waiting delivery has waited.",
        seconds_since(oldest, now),
    )
    failed = Delivery.objects.filter(state=Delivery.State.FAILED)
    yield _one("webhooks_failed", "Deliveries of a month that were given up.", failed.count())
    yield _one(
        "webhooks_failing",
        "Endpoints that do not take what they are told.",
        Webhook.objects.failing().count(),
    )


def _processes(now: datetime) -> Iterator[Metric]:
    ages = signs_of_life(now)
    backup = ages.pop(BACKUP, None)
    yield Metric(
        "sign_of_life_age_seconds",
        "Seconds since each process last showed that it works.",
        [({"process": name}, age) for name, age in ages.items()],
    )
    yield Metric(
        "backup_age_seconds",
        "Seconds since the last backup; absent when none is known.",
        [] if backup is None else [({}, backup)],
    )


def _queues() -> Iterator[Metric]:
    lengths = queue_lengths()
    yield _one("redis_up", "Whether Redis answers.", int(bool(lengths)))
    yield Metric(
        "tasks_waiting",
        "Tasks that wait in Redis.",
        [({"queue": name}, length) for name, length in lengths.items()],
    )


def _database() -> Iterator[Metric]:
    state = database_state()
    yield _one("database_connections", "Connections to the database.", state.connections)
    yield _one(
        "database_connections_most", "How many connections there may be.", state.most_connections
    )
    yield _one(
        "database_oldest_transaction_seconds",
        "How long the oldest transaction has been open.",
        state.oldest_transaction,
    )
    yield _one("database_bytes", "The size of the database.", state.size)


@dataclass(frozen=True)
class DatabaseState:
    """How much PostgreSQL has to do; `oldest_transaction` in wall seconds, of others than us."""

    connections: int
    most_connections: int
    oldest_transaction: float
    size: int


def database_state() -> DatabaseState:
    """Ask PostgreSQL how it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), current_setting('max_connections')::int,"
            " coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)"
            "   FILTER (WHERE pid <> pg_backend_pid())), 0)::float,"
            " pg_database_size(current_database())"
            " FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return DatabaseState(*cursor.fetchone())


def _one(name: str, meaning: str, value: Any) -> Metric:
    return Metric(name, meaning, [({}, value)])
