"""Everybody makes tokens of their own; who manages people ends anybody's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agent, ApiToken
from tests.api.programs import Program, problem
from tests.conftest import signed_in
from tests.html import Page

NEW = {"name": "Web shop", "scopes": ["tickets:read", "tickets:write"], "lasts": "30"}


def test_a_new_token_is_shown_once_and_lets_a_program_in(as_aiko: Client, aiko: Agent):
    shown = as_aiko.post("/desk/api-tokens/create/", NEW)

    token = ApiToken.objects.get()
    text = next(field for field in Page(shown.text).all("input") if "ykt_" in str(field))
    assert (token.agent, token.name, token.scopes) == (aiko, "Web shop", NEW["scopes"])
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    again = as_aiko.get("/desk/api-tokens/").text
    assert "Web shop" in again
    assert "ykt_" not in again
    assert text


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"lasts": "9999"}]
)
def test_a_token_without_a_name_or_a_purpose_is_not_made(
    as_aiko: Client, change: dict[str, object]
):
    answer = as_aiko.post("/desk/api-tokens/create/", {**NEW, **change})

    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_a_revoked_token_lets_in_nobody(as_aiko: Client, shop_of_aiko: Program):
    as_aiko.post(f"/desk/api-tokens/{ApiToken.objects.get().pk}/revocation/")

    problem(shop_of_aiko.get("me/"), 401, "token-invalid")
    assert (
        "Shop"
        not in as_aiko.get("/desk/api-tokens/").text.split("<main", 1)[1].split("revoked")[-1]
    )


def test_only_who_manages_people_sees_and_ends_those_of_others(
    shop_of_aiko: Program, mallory: Agent, admin: Agent
):
    pk = ApiToken.objects.get().pk
    stranger, administrator = signed_in(mallory), signed_in(admin)

    assert stranger.post(f"/desk/api-tokens/{pk}/revocation/").status_code == 404
    assert stranger.get("/desk/settings/api-tokens/").status_code == 403
    assert "Shop" not in stranger.get("/desk/api-tokens/").text
    assert shop_of_aiko.get("me/").status_code == 200
    listed = administrator.get("/desk/settings/api-tokens/").text
    assert "Shop" in listed
    assert "Aiko" in listed
    administrator.post(f"/desk/settings/api-tokens/{pk}/revocation/")
    problem(shop_of_aiko.get("me/"), 401, "token-invalid")


@pytest.fixture
def shop_of_aiko(aiko: Agent) -> Program:
    return Program(aiko)
