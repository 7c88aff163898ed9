"""What guessing could learn from the clock: each refusal of what there is, against that of what there
is not. Both take turns, so that a busy moment hits them alike; a ratio of 1 tells nothing."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import django
from django.test import Client, override_settings
from django.utils import timezone

django.setup()

from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time  # noqa: E402

from accounts.api_tokens import create_token, revoke_token  # noqa: E402
from accounts.models import Agent  # noqa: E402
from customers.services import identify_customer  # noqa: E402
from tickets import links  # noqa: E402
from tickets.models import Ticket  # noqa: E402

PASSWORD = "correct horse bench"
SECRET = "JBSWY3DPEHPK3PXP"
WARMING = 5
Guess = Callable[[], int]
_number = count()
# One for all, because a new one has its middleware to load first.
_STRANGER = Client(headers={"Accept-Language": "en"})


def main(pairs: int) -> dict[str, Any]:
    """The medians of each guess, in milliseconds, and known by unknown."""
    # Without limits, which would otherwise be measured; whether they hold is said by the tests.
    with override_settings(ACCOUNT_RATE_LIMITS=False, ALLOWED_HOSTS=["testserver"]):
        guesses = _guesses(_an_agent(), _customers(pairs + WARMING))
        return {name: _measure(known, unknown, pairs) for name, known, unknown in guesses}


def _an_agent() -> Agent:
    email = f"guessed{time.monotonic_ns()}@example.com"
    return Agent.objects.create_user(email, PASSWORD, name="Guessed", language="en")


def _customers(number: int) -> list[str]:
    """So many addresses that have just become known."""
    addresses = [_nobody() for _ in range(number)]
    for address in addresses:
        identify_customer(email=address, language="en")
    return addresses


def _guesses(agent: Agent, customers: list[str]) -> Iterator[tuple[str, Guess, Guess]]:
    """By what is guessed: one at what there is, and one at what there is not."""
    yield (
        "login",
        lambda: _post("/accounts/login/", login=agent.email, password="wrong"),
        lambda: _post("/accounts/login/", login=_nobody(), password="wrong"),
    )
    yield (
        "new_password",
        lambda: _post("/accounts/password/reset/", email=agent.email),
        lambda: _post("/accounts/password/reset/", email=_nobody()),
    )
    # Three letters an hour go to one address, so each is another one's.
    yield (
        "own_inquiries",
        lambda: _post("/inquiries/", email=customers.pop()),
        lambda: _post("/inquiries/", email=_nobody()),
    )
    yield ("second_factor", *_codes(agent))
    token, text = create_token(agent, name="Bench", now=timezone.now())
    revoke_token(token, now=timezone.now())
    yield "api_token", lambda: _ask(text), lambda: _ask(f"ykt_{next(_number):043}")
    link = links.create_link(Ticket.objects.earliest("pk"), now=timezone.now() - timedelta(days=1))
    link.revoked_at = timezone.now()
    link.save()
    path = links.path_of(links.token_of(link))
    yield (
        "secret_link",
        lambda: _get(path),
        lambda: _get(links.path_of(_letters(next(_number)))),
    )


def _codes(agent: Agent) -> tuple[Guess, Guess]:
    """A code of which all but one digit is right, and one of which none is."""
    TOTP.activate(agent, SECRET)
    browser = Client(headers={"Accept-Language": "en"})
    browser.post("/accounts/login/", {"login": agent.email, "password": PASSWORD})

    def guess(*wrong: int) -> int:
        right = hotp_value(SECRET, next(iter(yield_hotp_counters_from_time())))
        code = [(int(digit) + 5 * (at in wrong)) % 10 for at, digit in enumerate(f"{right:06}")]
        answer = browser.post("/accounts/2fa/authenticate/", {"code": "".join(map(str, code))})
        return answer.status_code

    return lambda: guess(5), lambda: guess(*range(6))


def _measure(known: Guess, unknown: Guess, pairs: int) -> dict[str, float]:
    taken: dict[Guess, list[float]] = {known: [], unknown: []}
    answers: dict[Guess, set[int]] = {known: set(), unknown: set()}
    for pair in range(-WARMING, pairs):
        # Whoever comes second finds the machine warmer, so they change places.
        for guess in (known, unknown) if pair % 2 else (unknown, known):
            began = time.perf_counter()
            answers[guess].add(guess())
            if pair >= 0:
                taken[guess].append(1000 * (time.perf_counter() - began))
    if answers[known] != answers[unknown]:
        raise SystemExit(f"answered otherwise: {answers[known]} and {answers[unknown]}")
    there, not_there = (statistics.median(taken[guess]) for guess in (known, unknown))
    return {
        "known_ms": round(there, 2),
        "unknown_ms": round(not_there, 2),
        "ratio": round(there / not_there, 3),
    }


def _get(path: str, **headers: str) -> int:
    return _STRANGER.get(path, headers=headers, REMOTE_ADDR=_place()).status_code


def _post(path: str, **fields: str) -> int:
    _STRANGER.cookies.clear()
    return _STRANGER.post(path, fields, REMOTE_ADDR=_place()).status_code


def _ask(token: str) -> int:
    return _get("/api/v1/tickets/", Authorization=f"Bearer {token}")


def _place() -> str:
    """Another address each time: those who ask too often are not measured."""
    number = next(_number)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _nobody() -> str:
    """An address that nobody has."""
    return f"nobody{time.monotonic_ns()}@example.com"


def _letters(number: int) -> str:
    """A token that was never made."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:032}")


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
