"""What the log says of second factors: who, what and how, never a code or a key."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.mfa import signals
from django.dispatch import Signal

logger = structlog.get_logger(__name__)
SAID: dict[str, Signal] = {
    "sign_in.factor_added": signals.authenticator_added,
    "sign_in.factor_removed": signals.authenticator_removed,
    "sign_in.factor_renewed": signals.authenticator_reset,
    "sign_in.factor_used": signals.authenticator_used,
}


def connect() -> None:
    """Hear of all of it from the library."""
    for event, signal in SAID.items():
        signal.connect(_saying(event), dispatch_uid=f"desk.{event}", weak=False)
    signals.authentication_failed.connect(_failed, dispatch_uid="desk.sign_in.failed")


def _saying(event: str) -> Any:
    def say(*, user: Any, authenticator: Any, **_: Any) -> None:
        logger.info(event, agent=user.pk, by=authenticator.type)

    return say


def _failed(*, user: Any, authenticator: Any, **_: Any) -> None:
    logger.warning("sign_in.failed", agent=user.pk, by=authenticator.type)
