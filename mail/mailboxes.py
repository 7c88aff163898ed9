"""Which mailbox a letter belongs to, coming in or going out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from django.conf import settings
from django.db.models import Q

from accounts.selectors import default_team
from mail.models import BlockedSender, Mailbox


def default_mailbox() -> Mailbox:
    """Where mail goes that is addressed to none of ours; a fresh desk gets it from its settings."""
    if (found := Mailbox.objects.filter(is_default=True).first()) is not None:
        return found
    mailbox, _ = Mailbox.objects.get_or_create(
        address=settings.DEFAULT_FROM_EMAIL.lower(),
        defaults={"team": default_team(), "is_default": True},
    )
    return mailbox


class Mailboxes:
    """All mailboxes as they are now, read at once: there are few, and every mail asks several
    times."""

    def __init__(self) -> None:
        self.all = list(Mailbox.objects.select_related("team").order_by("pk"))

    @cached_property
    def blocked(self) -> frozenset[str]:
        """Addresses and domains whose mail becomes no ticket."""
        return frozenset(BlockedSender.objects.values_list("pattern", flat=True))

    def numbered(self, pk: int | None) -> Mailbox | None:
        """The one with this key."""
        return next((each for each in self.all if each.pk == pk), None)

    def addressed(self, addresses: Iterable[str]) -> Mailbox:
        """The first of ours among these addresses, or the default one."""
        for address in addresses:
            spellings = _spellings(address)
            for mailbox in self.all:
                if mailbox.is_active and mailbox.address in spellings:
                    return mailbox
            if (found := self._behind_reply_host(address)) is not None:
                return found
        standing = next((each for each in self.all if each.is_default), None)
        return standing or default_mailbox()

    def is_ours(self, address: str) -> bool:
        """Whether mail from this address is our own."""
        own = {settings.DEFAULT_FROM_EMAIL.lower(), *(each.address for each in self.all)}
        return bool(own & _spellings(address))

    def is_reply_address(self, address: str) -> bool:
        """Whether it is an address of one ticket, on a host of their own."""
        host = settings.MAIL_REPLY_HOST.lower()
        return bool(host) and address.strip().lower().endswith(f"@{host}")

    def _behind_reply_host(self, address: str) -> Mailbox | None:
        """Reply addresses may be on a host of their own, under the names of the mailboxes."""
        local, _, host = address.strip().lower().rpartition("@")
        if not settings.MAIL_REPLY_HOST or host != settings.MAIL_REPLY_HOST.lower():
            return None
        name = f"{local.partition('+')[0]}@"
        active = (each for each in self.all if each.is_active)
        return next((each for each in active if each.address.startswith(name)), None)


def writing_mailbox(*, team_id: int, arrival_id: int | None) -> Mailbox | None:
    """From which a letter about a matter goes out: the mailbox it came to, else one of the team
    that has it, else the default one; None when there is none yet."""
    suitable = Mailbox.objects.active().filter(
        Q(pk=arrival_id) | Q(team=team_id) | Q(is_default=True)
    )
    return min(
        suitable,
        key=lambda each: (each.pk != arrival_id, each.team_id != team_id, each.pk),
        default=None,
    )


def _spellings(address: str) -> set[str]:
    """An address as mailboxes are written, as it is and without what follows its plus."""
    plain = address.strip().lower()
    local, _, domain = plain.rpartition("@")
    return {plain, f"{local.partition('+')[0]}@{domain}"}
