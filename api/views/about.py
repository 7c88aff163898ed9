"""What there is, said to programs and to people."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from drf_spectacular.renderers import OpenApiYamlRenderer

from api.document import document
from api.endpoint import Asked, Endpoint, absolute, answer, call
from api.reading_aloud import sections
from api.shapes import Text, answered

PLACES = (
    *("me", "tickets", "customers", "organizations", "uploads", "articles", "macros", "views"),
    *("collections", "topics", "people", "invitations", "permission_sets", "availability"),
    *("rules", "recurring", "bulk", "ratings", "synonyms", "notices", "blocked_senders"),
    *("fields", "tags", "teams", "agents", "channels", "webhooks", "settings", "schema", "docs"),
)
ROOT = answered("Root", {name: Text(300) for name in PLACES})


class Root(Endpoint):
    """Where to begin."""

    section = "me"

    @call("List the addresses there are", answer=ROOT)
    def get(self, asked: Asked) -> HttpResponse:
        """By name."""
        return answer({name: absolute(reverse(f"api:{name}")) for name in PLACES})


def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1, as JSON or, for whoever asks for that, as YAML."""
    if request.GET.get("format") == "yaml" or "yaml" in request.headers.get("Accept", ""):
        renderer: Any = OpenApiYamlRenderer()
        return HttpResponse(renderer.render(document(), None), content_type="application/yaml")
    text = json.dumps(document(), ensure_ascii=False)
    return HttpResponse(text, content_type="application/json")


def docs(request: HttpRequest) -> HttpResponse:
    """The same, to be read by people."""
    found = document()
    # Its Markdown is paragraphs and code, and a page needs neither sign.
    said = found["info"]["description"].replace("`", "").strip().split("\n\n")
    context = {"about": said, "sections": sections(found)}
    return render(request, "api/docs.html", context)
