"""Who is at the door: address, language, and whether they knock too often."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from common.rates import is_within_rate

TEN_MINUTES = 600


def client_address(request: HttpRequest) -> str:
    """The visitor's IP address; X-Forwarded-For counts only behind our own proxies."""
    if settings.TRUSTED_PROXY_COUNT:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= settings.TRUSTED_PROXY_COUNT and hops[-settings.TRUSTED_PROXY_COUNT]:
            return str(hops[-settings.TRUSTED_PROXY_COUNT])
    return str(request.META.get("REMOTE_ADDR", ""))


def may_post(request: HttpRequest, *, cost: int = 1) -> bool:
    """Whether this address may send one more form now. A post as quick as a machine's costs two."""
    return is_within_rate(
        "form",
        client_address(request),
        limit=settings.FORM_POSTS_PER_TEN_MINUTES,
        seconds=TEN_MINUTES,
        cost=cost,
    )
