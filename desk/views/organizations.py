"""Organisations: their names, their domains, and who belongs to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from customers.exceptions import BadOrganization
from customers.models import Organization
from customers.organizations import (
    delete_organization,
    organizations_named,
    save_organization,
)
from desk import access
from tickets.reach import organizations_seen_by

SHOWN = 200
LONGEST_NAME = 200


class OrganizationForm(forms.Form):
    """What it is called, and from where its people write."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    domains = forms.CharField(
        label=gettext_lazy("Domains"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "One in each line, such as example.co.jp. Whoever writes from there for the first time"
            " belongs to the organisation. Customers who have a record already stay as they are."
        ),
    )

    def __init__(self, data: Any = None, *, organization: Organization) -> None:
        domains: list[str] = []
        if organization.pk:
            domains = list(organization.domains.order_by("domain").values_list("domain", flat=True))
        super().__init__(data, initial={"name": organization.name, "domains": "\n".join(domains)})

    def values(self) -> dict[str, Any]:
        """The values to keep."""
        written = self.cleaned_data["domains"].replace(",", " ").replace("、", " ").split()
        return {"name": self.cleaned_data["name"], "domains": written}


def index(request: HttpRequest) -> HttpResponse:
    """Those the agent may see, by name; with ?q= those that have it in their name or a domain."""
    agent, text = access.agent(request), request.GET.get("q", "").strip()[:LONGEST_NAME]
    found = list(_found(agent, text)[: SHOWN + 1])
    context = {
        "organizations": found[:SHOWN],
        "is_more": len(found) > SHOWN,
        "text": text,
        "may_add": agent.sees_everything,
    }
    return render(request, "desk/organizations.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    access.check_may_add_organization(access.agent(request))
    organization = Organization()
    return _page(request, organization, OrganizationForm(organization=organization))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    access.check_may_add_organization(access.agent(request))
    return _save(request, Organization())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds, and its people."""
    organization = access.organization(access.agent(request), pk)
    return _page(request, organization, OrganizationForm(organization=organization))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it."""
    return _save(request, access.organization(access.agent(request), pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, when nobody belongs to it."""
    organization = access.organization(access.agent(request), pk)
    try:
        delete_organization(organization)
    except BadOrganization as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:organization", pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": organization.name})
    return redirect("desk:organization_list")


def _found(agent: Agent, text: str) -> QuerySet[Organization]:
    found = organizations_seen_by(agent)
    if text:
        found = found.filter(pk__in=organizations_named(text).values("pk"))
    seen = access.customers(agent).filter(merged_into=None)
    people = Count("customers", filter=Q(customers__in=seen.values("pk")))
    return found.annotate(people=people).order_by("name", "pk")


def _save(request: HttpRequest, organization: Organization) -> HttpResponse:
    form = OrganizationForm(request.POST, organization=organization)
    if form.is_valid():
        try:
            save_organization(organization, **form.values())
        except BadOrganization as refusal:
            form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        return _page(request, organization, form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": organization.name})
    return redirect("desk:organization", pk=organization.pk)


def _page(
    request: HttpRequest, organization: Organization, form: OrganizationForm, *, status: int = 200
) -> HttpResponse:
    people = access.customers(access.agent(request)).filter(merged_into=None)
    context = {
        "organization": organization,
        "form": form,
        "people": people.filter(organization=organization).order_by("name", "pk")[:SHOWN]
        if organization.pk
        else [],
    }
    return render(request, "desk/organization.html", context, status=status)
