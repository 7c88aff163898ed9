"""The letter that lets a customer in to all they have asked."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.selectors import default_team
from branding.selectors import brand_name
from common.digests import digest_of
from common.rates import is_within_rate
from customers.normalizing import normalize_email
from customers.signing_in import make_link
from mail.letters import write_letter
from mail.mailboxes import writing_mailbox
from mail.services import looking_the_same, queue_email
from tickets.services.writing import AUTOMATIC

LETTERS_PER_HOUR = 3
AN_HOUR = 3600


def send_way_in(address: str, *, language: str, now: datetime | None = None) -> None:
    """Send the link to this address, if we know it and may write there.

    Known or not, the same is done, so that neither the page nor its time tells which: the letter
    of an unknown address is queued as well, and never was when the transaction ends.
    """
    digest = digest_of(normalize_email(address))
    if not is_within_rate("sign_in", digest, limit=LETTERS_PER_HOUR, seconds=AN_HOUR):
        return
    now = now or timezone.now()
    with transaction.atomic():
        link = make_link(address, now=now)
        with looking_the_same(is_meant=link.customer is not None):
            _queue(link.address, link.token, language=language, now=now)


def _queue(address: str, token: str, *, language: str, now: datetime) -> None:
    path = reverse("portal:sign_in", args=[token])
    letter = write_letter(
        "sign_in",
        language=language,
        time_zone=settings.TIME_ZONE,
        context={"link": f"{settings.BASE_URL}{path}", "brand": brand_name(language)},
    )
    queue_email(
        to=address,
        letter=letter,
        dedupe_key=f"sign_in:{digest_of(token)}",
        language=language,
        now=now,
        headers=AUTOMATIC,
        mailbox=writing_mailbox(team_id=default_team().pk, arrival_id=None),
    )
