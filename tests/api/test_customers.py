"""Customers over the API: only those of whom the agent may see a ticket."""

from __future__ import annotations

import pytest

from accounts.models import Team
from customers.models import Customer
from tests.api.programs import Program, problem, wrong_fields
from tests.factories import a_customer, a_field, a_ticket


def test_an_agent_sees_the_customers_of_their_tickets(
    shop: Program, manager: Program, other_team: Team
):
    seen = a_ticket().customer
    unseen = a_ticket(email="jiro@example.com", team=other_team).customer

    def ids(program: Program) -> set[int]:
        return {each["id"] for each in program.get("customers/").json()["items"]}

    assert ids(shop) == {seen.pk}
    assert ids(manager) == {seen.pk, unseen.pk}
    for path in ("", "contact-points/", "tickets/"):
        problem(shop.get(f"customers/{unseen.pk}/{path}"), 404, "not-found")
    problem(shop.patch(f"customers/{unseen.pk}/", {"name": "x"}), 404, "not-found")
    point = unseen.contact_points.get()
    problem(
        shop.send("DELETE", f"customers/{unseen.pk}/contact-points/{point.pk}/"), 404, "not-found"
    )
    problem(
        shop.send("DELETE", f"customers/{seen.pk}/contact-points/{point.pk}/"), 404, "not-found"
    )
    assert Customer.objects.get(pk=unseen.pk).name == unseen.name


def test_a_record_is_corrected_as_a_whole(shop: Program):
    customer, field = a_ticket().customer, a_field(of="customer")
    address = f"customers/{customer.pk}/"

    told = shop.patch(
        address,
        {
            "name": "山田花代",
            "organization": "Example KK",
            "time_zone": "Europe/Paris",
            "language": "en",
            "fields": {field.key: "gold"},
            "is_vip": True,
        },
    ).json()

    assert told["organization"]["name"] == "Example KK"
    assert (told["name"], told["time_zone"], told["language"]) == ("山田花代", "Europe/Paris", "en")
    assert (told["fields"], told["is_vip"]) == ({field.key: "gold"}, True)
    assert shop.get(address).json() == told
    organization = shop.get(f"organizations/{told['organization']['id']}/").json()
    assert organization["name"] == "Example KK"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "x" * 101}, "name"),
        ({"name": None}, "name"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"fields": {"x": "1"}}, "fields.x"),
        ({"is_vip": "yes"}, "is_vip"),
        ({"id": 5}, "id"),
    ],
)
def test_a_bad_correction_changes_nothing(shop: Program, sent: dict[str, object], field: str):
    customer = a_ticket().customer
    address = f"customers/{customer.pk}/"
    before = shop.get(address).json()

    assert wrong_fields(shop.patch(address, {"language": "en", **sent})) == {field}
    assert shop.get(address).json() == before


def test_who_saw_an_older_record_changes_nothing(shop: Program):
    address = f"customers/{a_ticket().customer_id}/"
    seen = shop.get(address)["ETag"]
    assert shop.get(address, If_None_Match=seen).status_code == 304

    shop.patch(address, {"name": "First"}, If_Match=seen)

    problem(shop.patch(address, {"name": "Second"}, If_Match=seen), 412, "changed-meanwhile")


def test_addresses_are_added_and_removed(shop: Program):
    a_customer("taken@example.com")
    address = f"customers/{a_ticket().customer_id}/contact-points/"

    added = shop.post(address, {"kind": "phone", "value": "03-1234-5678"})
    assert added.status_code == 201, added.content
    assert wrong_fields(shop.post(address, {"kind": "email", "value": "x"})) == {"value"}
    taken = shop.post(address, {"kind": "email", "value": "taken@example.com"})
    problem(taken, 409, "address-taken")
    points = shop.get(address).json()["items"]
    assert [point["kind"] for point in points] == ["email", "phone"]

    assert shop.send("DELETE", f"{address}{points[1]['id']}/").status_code == 204
    problem(shop.send("DELETE", f"{address}{points[0]['id']}/"), 409, "conflict")


def test_a_record_without_a_ticket_is_for_who_sees_everybody(shop: Program, manager: Program):
    new = {"name": "Liam", "email": "liam@example.com"}

    problem(shop.post("customers/", new), 403, "not-permitted")
    made = manager.post("customers/", new)

    assert made.status_code == 201, made.content
    assert made.json()["contact_points"][0]["value"] == "liam@example.com"
    problem(manager.post("customers/", new), 409, "address-taken")
    assert wrong_fields(manager.post("customers/", {"name": "x"})) == {"email"}


def test_a_customers_tickets_and_a_search(shop: Program):
    ticket = a_ticket()

    tickets = shop.get(f"customers/{ticket.customer_id}/tickets/").json()["items"]
    found = shop.get("customers/?q=山田").json()["items"]

    assert [each["number"] for each in tickets] == [ticket.number]
    assert [each["id"] for each in found] == [ticket.customer_id]


def test_what_colleagues_should_know_is_noted(shop: Program, intruder: Program):
    customer = a_ticket().customer
    address = f"customers/{customer.pk}/notes/"
    shop.post(address, {"body": "Calls back."})

    made = shop.post(address, {"body": "Prefers letters."})

    assert (made.status_code, made.json()["agent"]["name"]) == (201, "Aiko")
    notes = [each["body"] for each in shop.get(address).json()["items"]]
    assert notes == ["Prefers letters.", "Calls back."]
    assert wrong_fields(shop.post(address, {"body": " "})) == {"body"}
    problem(intruder.get(address), 404, "not-found")
    problem(intruder.post(address, {"body": "x"}), 404, "not-found")
    assert customer.notes.count() == 2


def test_two_records_of_one_person_become_one(shop: Program, intruder: Program, other_team: Team):
    ticket, second = a_ticket(), a_ticket(email="hana2@example.com")
    hidden = a_ticket(email="jiro@example.com", team=other_team).customer
    address = f"customers/{second.customer_id}/merge/"

    problem(intruder.post(address, {"into": hidden.pk}), 404, "not-found")
    assert wrong_fields(shop.post(address, {"into": hidden.pk})) == {"into"}
    assert wrong_fields(shop.post(address, {"into": second.customer_id})) == {"into"}
    merged = shop.post(address, {"into": ticket.customer_id})

    assert merged.json()["id"] == ticket.customer_id
    values = {each["value"] for each in merged.json()["contact_points"]}
    assert "hana2@example.com" in values
    second.refresh_from_db()
    assert second.customer_id == ticket.customer_id
