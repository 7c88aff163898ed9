"""Programs that call the API, as an integrator writes them."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.api_tokens import create_token
from accounts.models import Agent
from accounts.scopes import Scope

ROOT = "/api/v1/"


class Program:
    """Holds a token of an agent; without one it is anybody."""

    def __init__(self, agent: Agent | None = None, *scopes: str, language: str = "en") -> None:
        self.headers = {"Accept-Language": language}
        self.token = None
        if agent is not None:
            self.token, text = create_token(
                agent, name="Shop", scopes=scopes or [Scope.ALL], now=timezone.now()
            )
            self.headers["Authorization"] = f"Bearer {text}"

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body if body is not None else {}, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.send("PATCH", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = json.dumps(body) if body is not None and not isinstance(body, bytes) else body or ""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().generic(
            method,
            path if path.startswith("/") else ROOT + path,
            sent,
            content_type="application/json",
            headers={**self.headers, **named},
        )


def problem(response: HttpResponse, status: int, name: str) -> dict[str, Any]:
    """What the program is told of what it did wrong."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert told["type"] == f"urn:yakusoku:problem:{name}", told
    assert told["status"] == status
    return told


def wrong_fields(response: HttpResponse) -> set[str]:
    """The fields that a 422 names."""
    return {each["field"] for each in problem(response, 422, "invalid")["errors"]}
