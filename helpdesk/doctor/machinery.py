"""Redis, the processes, the mail that goes and comes, and the backups."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from redis import Redis
from redis.exceptions import RedisError

from helpdesk.doctor.findings import Findings, broken, fine, warning
from helpdesk.health import LATE_AFTER, PROCESSES
from helpdesk.metrics import (
    BACKUP,
    database_now,
    oldest_unsealed,
    queue_lengths,
    seconds_since,
    signs_of_life,
)
from integrations.models import Webhook
from mail.mailbox_editing import silent_sources
from mail.models import NEEDS_A_LOOK, InboundEmail, MailHold, OutboundEmail
from sla.selectors import sweep_lag

MANY_TASKS = 1_000
TOO_LONG = 600.0
SEALED_WITHIN = 60.0
DAY = 24 * 3600.0
BACKUP_EVERY = 2 * DAY
STARTS = {
    "worker": "celery -A helpdesk worker -Q celery,sweep",
    "beat": "celery -A helpdesk beat -S celery.beat:Scheduler",
    "pump": ".venv/bin/python manage.py pump",
}


def redis() -> Findings:
    """Whether it answers and forgets nothing while it runs. What it loses in a crash is no matter."""
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2
        ) as asked:
            about = asked.info()
    except (RedisError, OSError) as error:
        yield warning(
            "redis",
            _("Redis does not answer: %(said)s") % {"said": error},
            _(
                "Nothing is lost, but workers stand still, pages do not change by themselves, and the"
                " pump does everything alone."
            ),
            _("Look at the server of REDIS_URL"),
        )
        return
    if int(about["redis_version"].split(".")[0]) < 6:
        yield warning(
            "redis",
            _("Redis %(version)s is too old.") % {"version": about["redis_version"]},
            _("Version 6 is the oldest that the desk is tested with."),
            _("Upgrade Redis"),
        )
    if about.get("maxmemory_policy", "noeviction") != "noeviction":
        yield warning(
            "redis",
            _("When Redis is full it forgets (%(policy)s).")
            % {"policy": about["maxmemory_policy"]},
            _("It may forget tasks; they are done all the same, but seconds later."),
            "redis-cli config set maxmemory-policy noeviction",
        )
    yield fine("redis", _("Redis %(version)s answers.") % {"version": about["redis_version"]})


def queues() -> Findings:
    """Whether the workers keep pace."""
    if (waiting := sum(queue_lengths().values())) > MANY_TASKS:
        yield warning(
            "tasks",
            _("%(count)s tasks wait in Redis.") % {"count": waiting},
            _("The workers do not keep pace; what they do comes late."),
            _("Start one more worker: %(command)s") % {"command": STARTS["worker"]},
        )


def processes() -> Findings:
    """Whether worker, beat and pump work."""
    ages = signs_of_life(database_now())
    silent = [name for name in PROCESSES if ages.get(name, DAY) > LATE_AFTER]
    find = broken if len(silent) == len(PROCESSES) else warning
    for name in silent:
        yield find(
            name,
            _("There is no sign of life of %(name)s.") % {"name": name},
            _("When the others stop as well, no promise is watched and no letter leaves."),
            STARTS[name],
        )
    if not silent:
        yield fine("processes", _("Worker, beat and pump work."))


def sweep() -> Findings:
    """Whether promises are watched in time."""
    if (lag := sweep_lag()) > LATE_AFTER:
        yield broken(
            "sweep",
            _("What is due has waited for %(seconds)s s.") % {"seconds": f"{lag:.0f}"},
            _("Nobody is told of promises that break now."),
            STARTS["pump"],
        )
    else:
        yield fine("sweep", _("Promises are watched in time."))


def seals() -> Findings:
    """Whether the audit log is sealed in time."""
    now = database_now()
    if (age := seconds_since(oldest_unsealed(), now)) > SEALED_WITHIN:
        yield warning(
            "audit log",
            _("A change has waited for %(seconds)s s to be sealed in the audit log.")
            % {"seconds": f"{age:.0f}"},
            _("Until it is sealed, it could be altered without anybody noticing."),
            STARTS["worker"],
        )


def letters() -> Findings:
    """Whether letters leave."""
    now = database_now()
    if held := MailHold.objects.first():
        yield warning(
            "letters",
            _("All mail is held since %(since)s.") % {"since": f"{held.since:%Y-%m-%d %H:%M} UTC"},
            _("No letter leaves and no mailbox is looked into. That is meant for a trial."),
            ".venv/bin/python manage.py hold_mail --release",
        )
    waiting = OutboundEmail.objects.filter(next_try_at__isnull=False).order_by("queued_at")
    oldest = waiting.first()
    age = seconds_since(oldest.queued_at, now) if oldest else 0.0
    if oldest and age > TOO_LONG and not held:
        yield warning(
            "letters",
            _(
                "%(count)s letters wait, the oldest for %(minutes)s minutes. It was last told: %(said)s"
            )
            % {
                "count": waiting.count(),
                "minutes": int(age // 60),
                "said": oldest.last_error or "–",
            },
            _("Customers have not got them."),
            _("Look at the mail server of EMAIL_URL"),
        )
    failed = OutboundEmail.objects.filter(failed_at__gte=now - timedelta(days=1)).count()
    if failed:
        yield warning(
            "letters",
            _("%(count)s letters were given up in the last day.") % {"count": failed},
            _("Their receivers did not get them; the tickets say so."),
            _("Look at the tickets, and at the addresses"),
        )
    if not oldest and not failed:
        yield fine("letters", _("No letter waits."))


def incoming() -> Findings:
    """Whether mail that came in is filed."""
    now = database_now()
    oldest = InboundEmail.objects.filter(next_try_at__isnull=False).order_by("received_at").first()
    age = seconds_since(oldest.received_at, now) if oldest else 0.0
    if age > TOO_LONG:
        yield warning(
            "incoming mail",
            _("A mail has waited for %(minutes)s minutes to be filed.")
            % {"minutes": int(age // 60)},
            _("Its sender has no ticket and no promise yet."),
            STARTS["pump"],
        )
    if count := InboundEmail.objects.filter(state__in=NEEDS_A_LOOK).count():
        yield warning(
            "incoming mail",
            _("%(count)s mails wait for somebody to decide on them.") % {"count": count},
            _("They may be from customers."),
            f"{settings.BASE_URL}/desk/mail/",
        )


def mailboxes() -> Findings:
    """Whether mailboxes can be read."""
    for source in silent_sources(timezone.now()).select_related("mailbox"):
        yield warning(
            "mailboxes",
            _("Nothing could be read from %(mailbox)s for a quarter of an hour: %(said)s")
            % {"mailbox": source.mailbox.address, "said": source.last_error_said or "–"},
            _("What customers write there is not seen."),
            f"{settings.BASE_URL}/desk/settings/mailboxes/",
        )


def webhooks() -> Findings:
    """Whether other systems take what they are told."""
    for webhook in Webhook.objects.failing():
        yield warning(
            "webhooks",
            _("The webhook “%(name)s” (%(host)s) cannot be delivered since %(since)s.")
            % {
                "name": webhook.name,
                "host": webhook.host,
                "since": f"{webhook.failing_since or webhook.gave_up_at:%Y-%m-%d %H:%M} UTC",
            },
            _("What happens at the desk is not known there."),
            f"{settings.BASE_URL}/desk/settings/webhooks/{webhook.pk}/",
        )


def backups() -> Findings:
    """Whether there is one of lately."""
    age = signs_of_life(database_now()).get(BACKUP)
    command = ".venv/bin/python manage.py backup --keep 14 DIR"
    if age is None:
        yield warning(
            "backup",
            _("No backup is known."),
            _("A broken disk would take everything with it."),
            command,
        )
    elif age > BACKUP_EVERY:
        yield warning(
            "backup",
            _("The last backup is %(days)s days old.") % {"days": int(age // DAY)},
            _("A broken disk would take all that happened since with it."),
            command,
        )
    else:
        yield fine(
            "backup", _("The last backup is %(hours)s hours old.") % {"hours": int(age // 3600)}
        )
