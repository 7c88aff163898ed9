"""Organisations over the API."""

from __future__ import annotations

from accounts.models import Team
from customers.models import Customer
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_customer, a_ticket


def test_an_organization_is_made_renamed_and_deleted(
    shop: Program, manager: Program, support: Team, other_team: Team
):
    problem(shop.post("organizations/", {"name": "Example KK"}), 403, "not-permitted")
    made = manager.post("organizations/", {"name": "Example  KK", "domains": ["@Example.co.jp"]})
    assert made.status_code == 201, made.content
    assert (made.json()["name"], made.json()["domains"]) == ("Example KK", ["example.co.jp"])
    address = f"organizations/{made.json()['id']}/"
    problem(shop.patch(address, {"name": "Mine"}), 404, "not-found")

    # Whoever writes from there for the first time belongs to it; then the team sees it.
    hana = a_ticket(email="hana@example.co.jp").customer
    assert Customer.objects.get(pk=hana.pk).organization_id == made.json()["id"]
    etag = shop.get(address)["ETag"]
    changed = shop.patch(address, {"name": "Example Inc."}, If_Match=etag)
    assert changed.json()["domains"] == ["example.co.jp"]
    problem(shop.patch(address, {"name": "x"}, If_Match=etag), 412, "changed-meanwhile")
    assert len(shop.get("organizations/?q=CO.JP").json()["items"]) == 1
    assert shop.get("organizations/?q=nobody").json()["items"] == []

    for sent, field in (
        ({"name": "example inc."}, "name"),
        ({"name": "x", "domains": ["example.co.jp"]}, "domains"),
        ({"name": "x", "domains": ["gmail.com"]}, "domains"),
        ({"name": "x", "domains": ["no domain"]}, "domains"),
    ):
        assert wrong_fields(manager.post("organizations/", sent)) == {field}
    problem(shop.send("DELETE", address), 409, "conflict")
    shop.patch(f"customers/{hana.pk}/", {"organization": ""})
    assert manager.send("DELETE", address).status_code == 204


def test_who_may_read_what_others_of_it_ask_is_said_on_the_record(manager: Program, support: Team):
    customer = a_customer()
    address = f"customers/{customer.pk}/"

    told = manager.patch(address, {"organization": "Example KK", "sees_organization": True}).json()

    assert told["sees_organization"] is True
    assert "Example KK" in manager.get(f"{address}notes/").json()["items"][0]["body"]
