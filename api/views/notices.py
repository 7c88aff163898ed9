"""What everybody should read before they ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from api import access
from api.endpoint import (
    PAGED,
    Asked,
    Endpoint,
    absolute,
    answer,
    call,
    check_unchanged,
    etag_of,
    tagged,
)
from api.filtering import BY_ID, paged
from api.schema import page_of
from api.shapes import Choice, Instant, ListOf, OrNull, Shape, Text, Whole, answered, body, utc
from branding.models import Notice
from branding.services import delete_notice, save_notice

PLACES = ListOf(Choice(Notice.Place.values), len(Notice.Place), about="Where it is shown")
NOTICE = answered(
    "Notice",
    {
        "id": Whole(),
        "text_ja": Text(300),
        "text_en": Text(300),
        "link": Text(500),
        "starts_at": Instant(),
        "ends_at": OrNull(Instant(about="null: until somebody ends it")),
        "places": PLACES,
    },
)
FIELDS: Mapping[str, Shape] = {
    "text_ja": Text(300),
    "text_en": Text(300),
    "link": Text(500, about="Of a page that tells more"),
    "starts_at": Instant(about="Now when left out"),
    "ends_at": OrNull(Instant()),
    "places": PLACES,
}
NEW = body("NewNotice", FIELDS, ["places"])
CHANGE = body("NoticeChange", FIELDS)


class Notices(Endpoint):
    """For whoever says how the desk looks."""

    of = section = "settings"

    @call("List notices", answer=page_of(NOTICE), query=PAGED)
    def get(self, asked: Asked) -> HttpResponse:
        """By id, those that are over, too."""
        return paged(asked, Notice.objects.all(), BY_ID, _shown)

    @call(
        "Have customers read something before they ask",
        answer=NOTICE,
        status=201,
        body=NEW,
        about="Pages say it at once, or from `starts_at` on.",
        example={
            "text_ja": "ただいま配送が遅れています。",
            "text_en": "Deliveries are late today.",
            "places": ["help", "form"],
        },
    )
    def post(self, asked: Asked) -> HttpResponse:
        """A new one."""
        notice = save_notice(Notice(starts_at=asked.now), values=_values(asked.body))
        address = absolute(reverse("api:notice", args=[notice.pk]))
        return answer(_shown(notice), status=201, Location=address)


class NoticeDetail(Endpoint):
    """One of them."""

    of = section = "settings"

    @call("Read a notice", answer=NOTICE, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """As it is."""
        return tagged(asked, _shown(access.one_of(Notice.objects.all(), pk)))

    @call(
        "Change a notice, or end it",
        answer=NOTICE,
        body=CHANGE,
        has_etag=True,
        about="What is left out stays.",
        example={"ends_at": "2126-11-24T09:00:00Z"},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Pages say it at once."""
        notice = access.one_of(Notice.objects.all(), pk)
        check_unchanged(asked, etag=etag_of(_shown(notice)))
        return tagged(asked, _shown(save_notice(notice, values=_values(asked.body))))

    @call("Delete a notice", status=204)
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        delete_notice(access.one_of(Notice.objects.all(), pk))
        return HttpResponse(status=204)


def _values(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: " ".join(said.split()) if isinstance(said, str) else said
        for name, said in sent.items()
    }


def _shown(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.pk,
        "text_ja": notice.text_ja,
        "text_en": notice.text_en,
        "link": notice.link,
        "starts_at": utc(notice.starts_at),
        "ends_at": utc(notice.ends_at),
        "places": list(notice.places),
    }
