"""Handing letters to a real mail server: at least once, always under the same Message-ID."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from mail import delivery
from mail.delivery import GIVE_UP_AFTER, LEASE, deliver, deliver_due
from mail.letters import Letter
from mail.models import OutboundEmail
from mail.services import close_report, queue_email
from tests.mail.smtp import Letterbox, hanging_up, mail_server, saying
from tickets.tasks import take_up_failures

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
A_MOMENT = timedelta(seconds=5)


@pytest.fixture
def letterbox(settings: LazySettings) -> Iterator[Letterbox]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 5
        yield server


def a_letter(
    to: str = "hana@example.com", *, key: str = "a letter", minutes_ago: int = 0, thread: str = ""
) -> OutboundEmail:
    return queue_email(
        to=to,
        letter=Letter(subject="お問い合わせ", text="こんにちは。\n"),
        dedupe_key=key,
        language="ja",
        now=timezone.now() - minutes_ago * MINUTE,
        thread=thread,
    )


def later(**span: float):
    return timezone.now() + timedelta(**span)


def test_a_letter_leaves_once(letterbox: Letterbox):
    email = a_letter()

    assert [deliver(email.pk) for _ in range(3)] == [True, False, False]

    email.refresh_from_db()
    assert (email.state, email.next_try_at, email.attempts) == ("sent", None, 1)
    assert email.sent_at is not None
    assert letterbox.message_ids == [email.message_id]
    assert letterbox.receivers == [["hana@example.com"]]
    body = letterbox.letters[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "こんにちは。"


def test_after_a_temporary_refusal_the_same_letter_comes_again(letterbox: Letterbox):
    letterbox.to_data = [saying("451 try later")]
    email = a_letter()

    assert not deliver(email.pk)
    email.refresh_from_db()
    assert (email.state, email.attempts) == ("queued", 1)
    assert "451" in email.last_error
    assert deliver_due(now=later(seconds=50)) == 0
    assert deliver_due(now=later(seconds=70)) == 1

    email.refresh_from_db()
    assert email.state == "sent"
    assert letterbox.message_ids == [email.message_id] * 2
    assert len({str(letter["Date"]) for letter in letterbox.letters}) == 1


@pytest.mark.parametrize("stage", ["to_receivers", "to_data"])
def test_what_is_refused_for_good_is_not_tried_again(letterbox: Letterbox, stage: str):
    setattr(letterbox, stage, [saying("550 no such mailbox")])
    email = a_letter()

    deliver(email.pk)

    email.refresh_from_db()
    assert (email.state, email.next_try_at) == ("failed", None)
    assert email.failed_at is not None
    assert "550" in email.last_error
    assert deliver_due(now=later(days=30)) == 0


def test_a_receiver_who_is_busy_is_tried_again(letterbox: Letterbox):
    letterbox.to_receivers = [saying("450 mailbox busy")]
    email = a_letter()

    deliver(email.pk)

    email.refresh_from_db()
    assert email.state == "queued"
    assert deliver_due(now=later(minutes=2)) == 1


def test_a_connection_lost_after_the_letter_repeats_it_under_the_same_id(letterbox: Letterbox):
    letterbox.to_data = [hanging_up]
    email = a_letter()

    assert not deliver(email.pk)
    assert deliver_due(now=later(minutes=2)) == 1

    assert letterbox.message_ids == [email.message_id] * 2


def test_while_no_server_answers_letters_wait(settings: LazySettings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    email = a_letter()

    pauses = []
    for _ in range(7):
        now = OutboundEmail.objects.get().next_try_at
        assert not deliver(email.pk, now=now)
        email.refresh_from_db()
        assert email.next_try_at is not None
        pauses.append(round((email.next_try_at - timezone.now()) / MINUTE))

    assert email.state == "queued"
    assert pauses == [1, 5, 15, 60, 240, 240, 240]


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (535, "SMTPAuthenticationError"),
        (530, "SMTPSenderRefused"),
        (554, "SMTPConnectError"),
        (502, "SMTPHeloError"),
    ],
)
def test_a_quarrel_with_our_own_relay_costs_no_letter(
    monkeypatch: pytest.MonkeyPatch, code: int, refusal: str
):
    """A changed password says nothing about the letter: it waits until somebody has put it right."""
    import smtplib  # noqa: PLC0415

    sender = ("support@example.com",) if refusal == "SMTPSenderRefused" else ()
    error = getattr(smtplib, refusal)(code, b"not you", *sender)
    email = a_letter()

    def refuse(_self: object) -> None:
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    deliver(email.pk)

    email.refresh_from_db()
    assert email.state == "queued"


def test_after_two_days_a_letter_is_given_up_and_says_why(letterbox: Letterbox):
    letterbox.to_data = [saying("451 try later")]
    email = a_letter(minutes_ago=int(GIVE_UP_AFTER / MINUTE) + 1)

    deliver(email.pk)

    email.refresh_from_db()
    assert email.state == "failed"
    assert "451" in email.last_error


def test_a_letter_whose_sender_died_is_sent_again_when_its_lease_has_run_out(
    letterbox: Letterbox,
):
    email = a_letter()
    delivery._claim(email.pk, now=timezone.now())

    assert deliver_due(now=timezone.now() + LEASE - A_MOMENT) == 0
    assert deliver_due(now=timezone.now() + LEASE + A_MOMENT) == 1

    email.refresh_from_db()
    assert (email.state, email.attempts) == ("sent", 2)


def test_a_sender_that_slept_through_its_lease_settles_nothing(letterbox: Letterbox):
    email = a_letter()
    slept = delivery._claim(email.pk, now=timezone.now())
    assert slept is not None
    assert deliver(email.pk, now=timezone.now() + LEASE + A_MOMENT)

    delivery._settle_failure(slept, OSError("broken pipe"), now=timezone.now())

    email.refresh_from_db()
    assert (email.state, email.attempts, email.last_error) == ("sent", 2, "")


def test_a_slow_sender_cannot_take_a_letter_back_from_the_one_that_has_it(letterbox: Letterbox):
    """The other one is still sending: neither outcome of the first may be written."""
    email = a_letter()
    slept = delivery._claim(email.pk, now=timezone.now())
    awake = delivery._claim(email.pk, now=timezone.now() + LEASE + A_MOMENT)
    assert slept is not None
    assert awake is not None

    assert not delivery._settle(slept, state="queued", last_error="too late")
    assert delivery._settle(awake, state="sent", sent_at=timezone.now(), next_try_at=None)

    email.refresh_from_db()
    assert email.state == "sent"


def test_one_bad_letter_stops_no_other(letterbox: Letterbox):
    bad = a_letter("not an address", key="bad", minutes_ago=9)
    OutboundEmail.objects.filter(pk=bad.pk).update(subject="a\nBcc: evil@example.com")
    for number in range(3):
        a_letter(f"hana{number}@example.com", key=f"good {number}")

    assert deliver_due() == 3

    bad.refresh_from_db()
    assert bad.state == "failed"
    assert bad.last_error
    assert all("evil@example.com" not in receivers for receivers in letterbox.receivers)


def test_a_letter_that_must_wait_is_not_sent_before_its_time(letterbox: Letterbox):
    email = a_letter()
    OutboundEmail.objects.update(next_try_at=later(minutes=5))

    assert not deliver(email.pk)
    assert letterbox.letters == []


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_one_letter(letterbox: Letterbox):
    email = a_letter()
    ready, outcomes = threading.Barrier(4, timeout=10), []

    def send() -> None:
        try:
            ready.wait()
            outcomes.append(deliver(email.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(outcomes) == [False, False, False, True]
    assert letterbox.message_ids == [email.message_id]


# Failed for good --------------------------------------------------------------------------------


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were rung for."""
    tasks: list[str] = []
    monkeypatch.setattr("common.doorbell.ring", lambda task, *args: tasks.append(task))
    return tasks


def test_a_refused_letter_of_a_conversation_is_to_be_reported_at_once(
    letterbox: Letterbox, rung: list[str]
):
    letterbox.to_receivers = [saying("550 5.1.1 no such user")]
    email = a_letter(thread="ticket:1")
    rung.clear()

    deliver(email.pk)

    email.refresh_from_db()
    assert (email.state, email.report_after) == ("failed", email.failed_at)
    assert list(OutboundEmail.objects.to_report()) == [email]
    assert rung == [take_up_failures.name]


def test_a_failure_is_reported_once(letterbox: Letterbox):
    letterbox.to_receivers = [saying("550 no")]
    email = a_letter(thread="ticket:1")
    deliver(email.pk)

    assert [close_report(email) for _ in range(2)] == [True, False]
    assert not OutboundEmail.objects.to_report().exists()


@pytest.mark.parametrize("answer", ["451 later", "250 OK"])
def test_what_may_still_arrive_or_has_is_no_failure(
    letterbox: Letterbox, rung: list[str], answer: str
):
    letterbox.to_receivers = [saying(answer)]
    email = a_letter(thread="ticket:1")
    rung.clear()

    deliver(email.pk)

    assert not OutboundEmail.objects.to_report().exists()
    assert rung == []


def test_a_letter_of_no_conversation_is_nobodys_to_report(letterbox: Letterbox, rung: list[str]):
    letterbox.to_receivers = [saying("550 no")]
    email = a_letter()
    rung.clear()

    deliver(email.pk)

    email.refresh_from_db()
    assert (email.state, email.report_after) == ("failed", None)
    assert rung == []
