"""Organisations: for whom customers write."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts.permissions import Permission
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
from api.shapes import ListOf, Shape, Text, answered, body
from api.showing import NAMED
from customers.models import Organization
from customers.organizations import (
    LONGEST_DOMAIN,
    MOST_DOMAINS,
    delete_organization,
    organizations_named,
    save_organization,
)
from tickets.reach import organizations_seen_by

ORGANIZATION = answered("Organization", {**NAMED, "domains": ListOf(Text(LONGEST_DOMAIN), 10_000)})
FIELDS: dict[str, Shape] = {
    "name": Text(200, 1),
    "domains": ListOf(
        Text(LONGEST_DOMAIN, 1),
        MOST_DOMAINS,
        about="Whoever writes from there for the first time belongs to it",
    ),
}
NEW = body("NewOrganization", FIELDS, ["name"])
CHANGE = body("OrganizationChange", FIELDS)
QUERY: dict[str, Shape] = {"q": Text(200, about="A part of the name, or of a domain")}


class Organizations(Endpoint):
    """Of whose people the agent sees a ticket."""

    of = "customers"
    section = "customers"

    @call("List organisations", answer=page_of(ORGANIZATION), query={**QUERY, **PAGED})
    def get(self, asked: Asked) -> HttpResponse:
        """By id."""
        rows, text = organizations_seen_by(asked.agent), asked.query.get("q", "").strip()
        if text:
            rows = rows.filter(pk__in=organizations_named(text).values("pk"))
        return paged(asked, rows.prefetch_related("domains"), BY_ID, shown_organization)

    @call(
        "Make an organisation",
        answer=ORGANIZATION,
        status=201,
        body=NEW,
        about="For whoever sees all tickets; nobody else could see one without customers.",
        example={"name": "Example KK", "domains": ["example.co.jp"]},
    )
    def post(self, asked: Asked) -> HttpResponse:
        """A new one."""
        access.check_may(asked.agent, Permission.SEE_ALL)
        made = save_organization(
            Organization(), name=asked.body["name"], domains=asked.body.get("domains", [])
        )
        address = absolute(reverse("api:organization", args=[made.pk]))
        return answer(shown_organization(made), status=201, Location=address)


class OrganizationDetail(Endpoint):
    """One of them."""

    of = "customers"
    section = "customers"

    @call("Read an organisation", answer=ORGANIZATION, has_etag=True)
    def get(self, asked: Asked, pk: str) -> HttpResponse:
        """Its name and its domains."""
        return tagged(asked, shown_organization(access.organization(asked.agent, pk)))

    @call(
        "Rename an organisation, or change its domains",
        answer=ORGANIZATION,
        body=CHANGE,
        has_etag=True,
        about="What is left out stays.",
        example={"domains": ["example.co.jp", "example.com"]},
    )
    def patch(self, asked: Asked, pk: str) -> HttpResponse:
        """Customers who belong to it stay."""
        found = access.organization(asked.agent, pk)
        now = shown_organization(found)
        check_unchanged(asked, etag=etag_of(now))
        save_organization(
            found,
            name=asked.body.get("name", now["name"]),
            domains=asked.body.get("domains", now["domains"]),
        )
        return tagged(asked, shown_organization(found))

    @call("Delete an organisation to which nobody belongs", status=204, refuses=(409,))
    def delete(self, asked: Asked, pk: str) -> HttpResponse:
        """For good."""
        delete_organization(access.organization(asked.agent, pk))
        return HttpResponse(status=204)


def shown_organization(organization: Organization) -> dict[str, Any]:
    """With its domains."""
    domains = sorted(each.domain for each in organization.domains.all())
    return {"id": organization.pk, "name": organization.name, "domains": domains}
