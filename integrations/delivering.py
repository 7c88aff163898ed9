"""Handing over what other systems are told: at least once, always under the same name, and in order
for each ticket and endpoint.

Letters never wait for it, and no endpoint waits for another one: each is served by a thread of its
own, and one that does not answer is left alone for a while.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from django.db import close_old_connections, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from common.outside import Answer, NotAllowed, NotReached, post
from common.secrets import Unreadable
from integrations.models import Delivery, Webhook
from integrations.secret_fields import reveal
from integrations.services import make_test, switch_off
from integrations.signing import signed_headers

logger = structlog.get_logger(__name__)
State = Delivery.State

# Longer than an answer may take (common.outside.SECONDS).
LEASE = timedelta(seconds=30)
PAUSES = [
    *(timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)),
    *(timedelta(minutes=30), timedelta(hours=1)),
]
GIVE_UP_AFTER = timedelta(days=3)
OFF_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
# One pass serves an endpoint for so many wall seconds, and then starts no further delivery.
PASS_SECONDS = 15.0
# Longer than a pass with its last delivery.
SERVED_FOR = timedelta(seconds=45)
ENDPOINTS_AT_ONCE = 8
KEPT_OF_ANSWER = 2048
GONE = 410
# What an endpoint as a whole is in trouble with; anything else is about this one delivery.
OF_THE_ENDPOINT = {429, 502, 503, 504}


def deliver_due(*, now: datetime | None = None) -> int:
    """Send what waits to every endpoint that can be asked; return how much arrived."""
    moment = now or timezone.now()
    due = Delivery.objects.due(moment).filter(webhook__in=Webhook.objects.idle(moment))
    webhooks = list(due.order_by().values_list("webhook", flat=True).distinct())
    if len(webhooks) < 2:
        return sum(deliver_to(each, now=now) for each in webhooks)
    with ThreadPoolExecutor(ENDPOINTS_AT_ONCE, "webhooks") as pool:
        return sum(pool.map(lambda each: _in_a_thread(each, now), webhooks))


def deliver_to(webhook_id: int, *, now: datetime | None = None) -> int:
    """Send what waits for this endpoint, unless somebody else does, until it fails or the pass is
    over."""
    moment = now or timezone.now()
    mine = Webhook.objects.filter(pk=webhook_id)
    # A second one would only wait for the same silence, and count it twice.
    if not mine.idle(moment).update(busy_until=moment + SERVED_FOR):
        return 0
    try:
        return _deliver_to(webhook_id, now=now)
    finally:
        mine.update(busy_until=None)


def _deliver_to(webhook_id: int, *, now: datetime | None) -> int:
    until = time.monotonic() + PASS_SECONDS
    arrived = 0
    while time.monotonic() < until:
        moment = now or timezone.now()
        due = Delivery.objects.due(moment).filter(webhook=webhook_id).order_by("pk")
        delivery = due.select_related("webhook").first()
        if delivery is None:
            break
        arrived += deliver(delivery, now=moment)
    return arrived


def try_after_commit(webhook: Webhook, *, now: datetime) -> Delivery:
    """A test, sent once when this transaction has committed: no endpoint keeps its locks waiting."""
    delivery = make_test(webhook, now=now)

    def send() -> None:
        deliver(delivery, now=now)

    transaction.on_commit(send, robust=True)
    return delivery


def deliver(delivery: Delivery, *, now: datetime) -> bool:
    """Send it once if nobody else has taken it since it was read; say whether it arrived."""
    mine = Delivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, next_try_at=delivery.next_try_at
    )
    if not mine.update(attempts=F("attempts") + 1, next_try_at=now + LEASE, tried_at=now):
        return False
    delivery.attempts += 1
    began = time.monotonic()
    try:
        answer = _send(delivery, now=now)
    except (NotAllowed, NotReached, Unreadable) as trouble:
        said = str(trouble) or _("Its address cannot be read: SECRET_KEY was changed.")
        _fail(delivery, said, None, is_of_endpoint=True, took=time.monotonic() - began, now=now)
        return False
    # Whatever goes wrong with one, it is tried again and never stops the others.
    except Exception as error:
        logger.exception("webhooks.not_sent", delivery=delivery.pk)
        _fail(
            delivery,
            type(error).__name__,
            None,
            is_of_endpoint=False,
            took=time.monotonic() - began,
            now=now,
        )
        return False
    took = time.monotonic() - began
    if not answer.is_success:
        _refused(delivery, answer, took=took, now=now)
        return False
    _settle(
        delivery,
        **_told(answer, took),
        state=State.SENT,
        sent_at=now,
        next_try_at=None,
        error="",
    )
    webhook = Webhook.objects.filter(pk=delivery.webhook_id, failing_since__isnull=False)
    webhook.update(failing_since=None, failures=0, rests_until=None)
    return True


def forget_old(*, now: datetime | None = None) -> int:
    """Delete what is older than a month."""
    old = Delivery.objects.filter(made_at__lt=(now or timezone.now()) - KEPT)
    deleted, _by_model = old.delete()
    return deleted


def _in_a_thread(webhook_id: int, now: datetime | None) -> int:
    """With a connection to the database of its own, which ends with it."""
    try:
        close_old_connections()
        return deliver_to(webhook_id, now=now)
    except Exception:
        logger.exception("webhooks.endpoint_failed", webhook=webhook_id)
        return 0
    finally:
        connection.close()


def _send(delivery: Delivery, *, now: datetime) -> Answer:
    webhook, body = delivery.webhook, delivery.body.encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Yakusoku-Webhooks"}
    if webhook.kind == Webhook.Kind.GENERIC:
        headers |= signed_headers(delivery.name, body, keys=keys_of(webhook, now=now), now=now)
    return post(reveal(webhook, "url"), body, headers)


def keys_of(webhook: Webhook, *, now: datetime) -> list[str]:
    """The secret, and the one before it while that signs along."""
    old = webhook.old_secret_until is not None and webhook.old_secret_until > now
    return [reveal(webhook, "secret"), *([reveal(webhook, "old_secret")] if old else [])]


def _told(answer: Answer, took: float) -> dict[str, object]:
    said = answer.body[:KEPT_OF_ANSWER].decode(errors="replace").replace("\0", "")
    return {"status": answer.status, "answer": said, "milliseconds": int(took * 1000)}


def _refused(delivery: Delivery, answer: Answer, *, took: float, now: datetime) -> None:
    said = _("It answered with status %(status)s.") % {"status": answer.status}
    if 300 <= answer.status < 400:
        said = _(
            "It answers with a redirect (%(status)s), which is not followed. Enter the address where it leads."
        ) % {"status": answer.status}
    is_of_endpoint = answer.status in OF_THE_ENDPOINT
    _fail(delivery, said, answer, is_of_endpoint=is_of_endpoint, took=took, now=now)
    if answer.status == GONE:
        switch_off(delivery.webhook, now=now)


def _fail(
    delivery: Delivery,
    said: str,
    answer: Answer | None,
    *,
    is_of_endpoint: bool,
    took: float,
    now: datetime,
) -> None:
    """Try again later, or give up; an endpoint that is in trouble itself is left alone meanwhile."""
    logger.warning("webhooks.not_delivered", delivery=delivery.pk, webhook=delivery.webhook_id)
    told: dict[str, object] = {"status": None, "answer": "", "milliseconds": int(took * 1000)}
    told = {**(_told(answer, took) if answer else told), "error": said[:300]}
    is_last = now - delivery.made_at > GIVE_UP_AFTER or _is_test(delivery)
    if is_last:
        _settle(delivery, **told, state=State.FAILED, next_try_at=None)
    else:
        _settle(delivery, **told, next_try_at=now + _pause(delivery.attempts, answer))
    if not _is_test(delivery):
        _note_trouble(delivery.webhook, answer, is_of_endpoint=is_of_endpoint, now=now)


def _note_trouble(
    webhook: Webhook, answer: Answer | None, *, is_of_endpoint: bool, now: datetime
) -> None:
    rests = {}
    if is_of_endpoint:
        webhook.refresh_from_db(fields=["failures"])
        pause = _pause(webhook.failures + 1, answer)
        rests = {"failures": F("failures") + 1, "rests_until": now + pause}
    mine = Webhook.objects.filter(pk=webhook.pk)
    mine.update(**rests)
    mine.filter(failing_since=None).update(failing_since=now)
    if mine.filter(failing_since__lt=now - OFF_AFTER, is_active=True).exists():
        switch_off(webhook, now=now)


def _pause(attempts: int, answer: Answer | None) -> timedelta:
    """Until the next try: longer each time, and as long as the endpoint asks for, within an hour."""
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    return max(pause, min(_asked(answer.headers), PAUSES[-1])) if answer else pause


def _asked(headers: Mapping[str, str]) -> timedelta:
    text = {name.lower(): said for name, said in headers.items()}.get("retry-after", "").strip()
    is_number = text.isascii() and text.isdigit() and len(text) < 7
    return timedelta(seconds=int(text)) if is_number else timedelta()


def _is_test(delivery: Delivery) -> bool:
    return delivery.subject.startswith("test:")


def _settle(delivery: Delivery, **fields: object) -> bool:
    """Write the outcome, unless the lease ran out and somebody else has taken it since."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts)
    return bool(mine.update(**fields))
