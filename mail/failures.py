"""Why a letter did not arrive, for people: what the status codes of RFC 3463 mean."""

from __future__ import annotations

import re

from django.db import models
from django.utils.translation import gettext, gettext_noop

ENHANCED_CODE = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b")
REPLY_CODE = re.compile(r"\b5\d\d\b")


class Reason(models.TextChoices):
    NO_SUCH_ADDRESS = "no_such_address", gettext_noop("The address %(address)s does not exist.")
    MAILBOX_FULL = (
        "mailbox_full",
        gettext_noop("The mailbox %(address)s is full or the letter is too large for it."),
    )
    REFUSED = "refused", gettext_noop("The mail server of %(address)s refused the letter.")
    UNREACHABLE = (
        "unreachable",
        gettext_noop("The mail server of %(address)s could not be reached for a long time."),
    )


def reason_of(error: str) -> Reason:
    """What an error of a delivery, as it was stored, comes to."""
    code = ENHANCED_CODE.search(error)
    subject, detail = (code[1], code[2]) if code else ("", "")
    if (subject, detail) in {("1", "1"), ("1", "2"), ("1", "3"), ("1", "10"), ("4", "4")}:
        return Reason.NO_SUCH_ADDRESS
    if (subject, detail) in {("2", "2"), ("2", "3"), ("3", "4")}:
        return Reason.MAILBOX_FULL
    if subject == "7" or REPLY_CODE.search(error):
        return Reason.REFUSED
    return Reason.UNREACHABLE


def reason_in_words(reason: str, *, address: str) -> str:
    """The reason as a sentence in the active language."""
    return gettext(Reason(reason).label) % {"address": address}
