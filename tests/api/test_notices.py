"""What stands on pages of customers, and whose mail becomes no ticket, over the API."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Agent, Team
from mail.blocking import is_blocked
from mail.models import BlockedSender
from tests.api.programs import Program, problem, wrong_fields


@pytest.fixture
def keeper(admin: Agent, support: Team) -> Program:
    return Program(admin)


def test_a_notice_is_shown_changed_and_deleted(keeper: Program, shop: Program, english: Client):
    new = {"text_en": "Deliveries are late.", "places": ["help"], "link": "https://example.com/"}
    problem(shop.get("notices/"), 403, "not-permitted")

    made = keeper.post("notices/", new)

    assert made.status_code == 201, made.content
    assert "Deliveries are late." in english.get("/").text
    address = f"notices/{made.json()['id']}/"
    read = keeper.get(address)
    assert keeper.get("notices/").json()["items"] == [read.json()]
    said = {"text_en": "All is well again."}
    assert keeper.patch(address, said, If_Match=read["ETag"]).status_code == 200
    problem(keeper.patch(address, said, If_Match=read["ETag"]), 412, "changed-meanwhile")
    assert "All is well again." in english.get("/").text
    for wrong, field in (
        ({"text_en": " "}, "text_ja"),
        ({"places": []}, "places"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
    ):
        assert wrong_fields(keeper.patch(address, wrong)) == {field}
    assert keeper.send("DELETE", address).status_code == 204
    assert "All is well again." not in english.get("/").text


def test_a_sender_is_blocked_and_let_in_again(keeper: Program, shop: Program):
    problem(shop.post("blocked-senders/", {"pattern": "shop.example"}), 403, "not-permitted")

    made = keeper.post("blocked-senders/", {"pattern": "Shop.example", "note": "Ads"})

    assert (made.status_code, made.json()["pattern"]) == (201, "shop.example")
    patterns = set(BlockedSender.objects.values_list("pattern", flat=True))
    assert is_blocked("ad@news.shop.example", patterns)
    again = keeper.post("blocked-senders/", {"pattern": "shop.example"}).json()
    assert keeper.get("blocked-senders/").json()["items"] == [again] == [made.json()]
    for wrong in ("gmail.com", "nothing"):
        assert wrong_fields(keeper.post("blocked-senders/", {"pattern": wrong})) == {"pattern"}
    assert keeper.send("DELETE", f"blocked-senders/{again['id']}/").status_code == 204
    assert not BlockedSender.objects.exists()
