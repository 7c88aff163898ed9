from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import a_ticket
from tickets.exceptions import BadTag
from tickets.models import Tag
from tickets.services.handling import change_tags, set_tags
from tickets.tags import distinct, fold, split

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def names(ticket) -> list[str]:
    return [tag.name for tag in ticket.tags.all()]


def test_tags_are_set_and_the_timeline_says_so(aiko):
    ticket = a_ticket()

    set_tags(ticket, names=["VIP", " 故障 "], by=aiko)
    set_tags(ticket, names=["VIP", "返金"], by=aiko)

    assert names(ticket) == ["VIP", "返金"]
    facts = [event.facts for event in ticket.events.filter(kind="tags_changed").order_by("pk")]
    assert facts[1] == {"added": ["返金"], "removed": ["故障"]}


def test_setting_the_same_tags_again_changes_nothing(aiko):
    ticket = set_tags(a_ticket(), names=["VIP"], by=aiko)
    revision = ticket.revision

    assert set_tags(ticket, names=["ｖｉｐ", "vip"], by=aiko).revision == revision
    assert ticket.events.filter(kind="tags_changed").count() == 1


@pytest.mark.parametrize(
    ("one", "same"), [("VIP", "ｖｉｐ"), ("サポート", "ｻﾎﾟｰﾄ"), ("two words", "Two\u3000 words")]
)
def test_two_spellings_are_one_tag(aiko, one, same):
    set_tags(a_ticket(), names=[one], by=aiko)
    set_tags(a_ticket(), names=[same], by=aiko)

    assert Tag.objects.get().tickets.count() == 2


def test_one_tag_more_leaves_those_of_colleagues_alone(aiko, ben):
    seen_by_aiko = a_ticket()
    change_tags(seen_by_aiko, add=["故障"], by=ben)

    change_tags(seen_by_aiko, add=["VIP"], by=aiko)
    change_tags(seen_by_aiko, remove=["never there"], by=aiko)

    assert names(seen_by_aiko) == ["VIP", "故障"]


@pytest.mark.parametrize("bad", [["x" * 41], ["\u3000"], [f"tag {n}" for n in range(21)]])
def test_a_bad_tag_is_a_sentence_and_changes_nothing(aiko, bad):
    ticket = set_tags(a_ticket(), names=["VIP"], by=aiko)

    with pytest.raises(BadTag, match=r"[.。]"):
        set_tags(ticket, names=bad, by=aiko)

    assert names(ticket) == ["VIP"]


def test_commas_of_any_kind_stand_between_tags():
    assert split("VIP, 故障、返金，x,,") == ["VIP", " 故障", "返金", "x"]


@given(st.text(max_size=60))
def test_folding_is_done_once_and_every_good_name_fits_its_column(name):
    assert fold(fold(name)) == fold(name)
    try:
        [(folded, shown)] = distinct([name]).items()
    except BadTag:
        return
    assert fold(shown) == folded
    assert len(folded) <= 120
    assert "\0" not in shown
