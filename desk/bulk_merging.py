"""Several tickets of one customer that are to become one, in words."""

from __future__ import annotations

from django.utils.translation import ngettext

from desk.bulk import effect
from tickets.models import BulkChange
from tickets.services.merging_several import Merging


def merging_in_words(merging: Merging) -> list[str]:
    """What would happen."""
    told = [effect(BulkChange.Action.MERGE, merging.facts, len(merging.merged))]
    if merging.left:
        told.append(
            ngettext(
                "%(number)s is of another customer, or spam, and is refused.",
                "%(number)s are of other customers, or spam, and are refused.",
                merging.left,
            )
            % {"number": merging.left}
        )
    return told
