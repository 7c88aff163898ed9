from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import a_ticket
from tickets.likeness import LATELY, likeness, same_question
from tickets.models import Ticket
from tickets.services.handling import solve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]


def row(ticket: Ticket) -> dict[str, object]:
    fields = ("pk", "number", "subject", "preview", "status", "updated_at")
    return {name: getattr(ticket, name) for name in fields}


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("プリンターが動きません", "Re: プリンターが動きません。", True),
        ("The invoice is wrong", "the INVOICE is wrong!", True),
        ("ﾌﾟﾘﾝﾀｰが動かない", "プリンターが動かないです", True),
        ("The invoice is wrong", "My printer is on fire", False),
        ("", "", False),
        ("!!", "??", False),
        ("a", "a", True),
    ],
)
def test_texts_are_alike_whatever_their_marks(one: str, other: str, is_alike: bool):
    assert (likeness(one, other) >= 0.6) is is_alike


def test_the_earlier_open_ticket_with_the_same_question_is_found(aiko):
    now = timezone.now()
    earlier, later = a_ticket(now=now), a_ticket(now=now)
    other = a_ticket(subject="請求書の宛名", body="変更をお願いします。", now=now)

    assert same_question(later, [row(other), row(earlier)], now=now) == row(earlier)
    assert same_question(other, [row(earlier), row(later)], now=now) is None
    assert same_question(earlier, [row(later)], now=now) is None
    assert same_question(later, [row(earlier)], now=now + LATELY + timedelta(minutes=1)) is None
    solve(earlier, agent=aiko)
    earlier.refresh_from_db()
    assert same_question(later, [row(earlier)], now=now) is None
