"""What a third party may learn of a ticket, and which mails are its answers.

Letters to a third party are a thread of their own: they name no letter to the customer, and what
they quote is cleaned of everything that opens the ticket or writes into it in the customer's name.
"""

from __future__ import annotations

import re

from common.mail_domains import SHARED_DOMAINS
from customers.normalizing import domain_of, normalize_email
from mail.message_ids import is_ours
from tickets.incoming import Letter
from tickets.models import THIRD_PARTY_THREAD, ThirdPartyLetter, Ticket
from tickets.reply_addresses import answered_letter

MOST_ANSWERED = 50
# The token of a customer's page, wherever a mail program has hidden or broken it; the address that
# adds to a ticket, of its customer or of another third party; and our Message-IDs, which do so too.
SECRETS = re.compile(
    r"(?<=/r/)(?:[a-z2-7](?:\s*\n[\s>|]*)?){32}"
    r"|(?:(?<=%2f)|(?<=%2F)|(?<![a-z2-7]))[a-z2-7]{32}(?![a-z2-7])"
    r"|(?i:(?:\+|%2b)[tf][0-9]{1,18}-[a-z2-7]{16}(?![a-z2-7]))"
    r"|(?i:m\.[0-9a-f]{24}\.[0-9a-f]{20})"
)


def without_secrets(text: str) -> str:
    """The text without what would let its reader act as the customer."""
    return SECRETS.sub("…", text)


def thread_of(sent: ThirdPartyLetter) -> str:
    """The mail thread of all that goes to this address about this ticket."""
    alike = ThirdPartyLetter.objects.outbound().filter(
        ticket__in=sent.ticket.family(), address=sent.address
    )
    first = alike.order_by("pk").values_list("pk", flat=True).first()
    return f"{THIRD_PARTY_THREAD}{first or sent.pk}"


def answered_by(letter: Letter) -> ThirdPartyLetter | None:
    """Our letter to a third party that this mail answers, whoever sends it: by the address it came
    to, or by any letter it names. What answers such a letter is never the customer's word."""
    if (sent := answered_letter(letter.addressed_to)) is not None:
        return sent
    ours = [each for each in letter.answers[:MOST_ANSWERED] if is_ours(each)]
    if not ours:
        return None
    named = ThirdPartyLetter.objects.outbound().filter(email__message_id__in=ours)
    return named.order_by("-pk").first()


def doubt_about(sent: ThirdPartyLetter, letter: Letter) -> str:
    """Why the mail may not be from whom we asked; people of the same house are no strangers."""
    if letter.is_forged:
        return ThirdPartyLetter.Doubt.UNVERIFIED
    asked = normalize_email(sent.address)
    domain = domain_of(asked)
    is_colleague = domain == domain_of(letter.sender) and domain not in SHARED_DOMAINS
    return "" if letter.sender == asked or is_colleague else ThirdPartyLetter.Doubt.STRANGER


def addresses_written_to(ticket: Ticket) -> list[str]:
    """The third parties of a ticket, each once, the latest first."""
    sent = ThirdPartyLetter.objects.outbound().filter(ticket__in=ticket.family())
    return list(dict.fromkeys(sent.order_by("-pk").values_list("address", flat=True)))
