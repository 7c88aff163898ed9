from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import DifferentPeople
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.factories import a_customer, a_field, a_ticket
from tests.html import Page
from tickets.searching.finding import find
from tickets.searching.query import read_query
from tickets.services.customer_records import (
    describe_customer,
    merge_customers,
    separate_customers,
)
from tickets.services.replying import add_note

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


@pytest.fixture
def hana():
    customer = a_customer()
    a_ticket(customer=customer)
    return customer


@pytest.fixture
def same_hana():
    customer = a_customer("hanako@example.org")
    a_ticket(customer=customer, email="hanako@example.org")
    return customer


def at(name, customer, *args):
    return reverse(f"desk:{name}", args=[customer.pk, *args])


def test_everything_said_over_all_channels_is_one_list(as_aiko, aiko, hana):
    a_ticket(customer=hana, channel="phone", body="電話で聞きました")
    add_note(hana.tickets.first(), body="折り返し済み", agent=aiko)

    seen = as_aiko.get(at("customer", hana))
    by_phone = as_aiko.get(at("customer", hana), {"channel": "phone"})

    assert sorted(said.kind for said in seen.context["history"]) == ["inbound", "inbound", "note"]
    assert [said.body for said in by_phone.context["history"]] == ["電話で聞きました"]
    assert "折り返し済み" in words(seen)
    assert "折り返し済み" not in words(by_phone)


def test_what_was_said_to_another_team_stays_there(as_aiko, hana, other_team):
    a_ticket(customer=hana, team=other_team, body="secret of the other team")

    assert "secret of the other team" not in words(as_aiko.get(at("customer", hana)))


def test_more_than_fifty_things_said_go_on_on_the_next_page(as_aiko, aiko, hana, monday_at_ten):
    ticket = hana.tickets.get()
    for number in range(51):
        monday_at_ten.shift(1)
        add_note(ticket, body=f"note {number:02}.", agent=aiko)

    first = as_aiko.get(at("customer", hana))
    older = first.context["older_than"]
    second = words(as_aiko.get(at("customer", hana), {"before": older.isoformat()}))

    assert "note 01." in words(first)
    assert "note 00." not in words(first)
    assert "note 00." in second


@pytest.mark.parametrize("bad", [{"before": "yesterday"}, {"channel": "pigeon"}])
def test_an_address_that_makes_no_sense_shows_the_whole_list(as_aiko, hana, bad):
    assert "昨日から印刷できません" in words(as_aiko.get(at("customer", hana), bad))


def test_a_record_is_corrected(as_aiko, hana):
    answer = as_aiko.post(
        at("customer_update", hana),
        {"name": "佐藤花子", "organization": "港商事", "language": "en", "time_zone": "Asia/Seoul"},
        follow=True,
    )

    assert "港商事" in words(answer)
    hana.refresh_from_db()
    assert (hana.name, hana.language, hana.time_zone) == ("佐藤花子", "en", "Asia/Seoul")


def test_a_zone_that_does_not_exist_is_refused_and_the_text_kept(as_aiko, hana):
    answer = as_aiko.post(
        at("customer_update", hana), {"name": "佐藤", "language": "ja", "time_zone": "Asia/Nowhere"}
    )

    assert answer.status_code == 422
    assert 'value="佐藤"' in answer.text
    assert "Enter a time zone such as" in words(answer)


def test_addresses_are_added_and_removed(as_aiko, hana):
    as_aiko.post(at("address_create", hana), {"kind": "phone", "value": "03-1234-5678"})
    point = hana.contact_points.get(kind="phone")
    assert point.normalized == "+81312345678"

    as_aiko.post(at("address_delete", hana, point.pk))

    assert not hana.contact_points.filter(kind="phone").exists()


def test_an_address_of_another_record_leads_to_merging(as_aiko, hana, same_hana):
    answer = as_aiko.post(
        at("address_create", hana), {"kind": "email", "value": "hanako@example.org"}
    )

    assert answer.status_code == 422
    assert f"{at('customer_merge', hana)}?other={same_hana.pk}" in answer.text


def test_a_record_of_another_team_is_not_shown_when_its_address_is_typed(as_aiko, hana, other_team):
    theirs = a_customer("secret@example.org", "秘密")
    a_ticket(customer=theirs, team=other_team, email="secret@example.org")

    answer = as_aiko.post(
        at("address_create", hana), {"kind": "email", "value": "secret@example.org"}
    )

    assert answer.status_code == 422
    assert "秘密" not in answer.text


def test_a_point_of_another_customer_cannot_be_removed_through_this_one(as_aiko, hana, same_hana):
    point = same_hana.contact_points.get()

    assert as_aiko.post(at("address_delete", hana, point.pk)).status_code == 404
    assert same_hana.contact_points.count() == 1


def test_a_note_about_the_customer_stands_on_the_page(as_aiko, hana):
    as_aiko.post(at("customer_note_create", hana), {"body": "午前中は電話に出られない"})

    assert "午前中は電話に出られない" in words(as_aiko.get(at("customer", hana)))
    assert as_aiko.post(at("customer_note_create", hana), {"body": " "}).status_code == 422


def test_records_that_look_alike_are_suggested_compared_and_merged(as_aiko, hana, same_hana):
    assert "The same person?" in words(as_aiko.get(at("customer", hana)))
    preview = words(as_aiko.get(at("customer_merge", hana), {"other": same_hana.pk}))
    assert "This record goes away" in preview
    assert "hanako@example.org" in preview

    page = as_aiko.post(at("customer_merge_create", hana), {"other": same_hana.pk}, follow=True)

    assert "The two records are one now." in words(page)
    assert "hanako@example.org" in words(page)
    assert as_aiko.get(at("customer", same_hana)).url == at("customer", hana)


def test_a_merge_is_taken_back_from_the_page(as_aiko, aiko, hana, same_hana):
    merge = merge_customers(same_hana, into=hana, agent=aiko)
    assert "was merged into this one" in words(as_aiko.get(at("customer", hana)))

    as_aiko.post(at("customer_separation_create", hana, merge.pk))

    assert same_hana.tickets.count() == 1
    assert as_aiko.post(at("customer_separation_create", hana, merge.pk)).status_code == 302


def test_two_people_are_not_suggested_again(as_aiko, hana, same_hana):
    as_aiko.post(at("different_create", hana), {"other": same_hana.pk})

    assert DifferentPeople.objects.count() == 1
    assert "The same person?" not in words(as_aiko.get(at("customer", hana)))


def test_records_are_found_for_a_merge(as_aiko, hana):
    a_ticket(customer=a_customer("ichiro@example.com", "鈴木一郎"), email="ichiro@example.com")

    page = words(as_aiko.get(at("customer_merge", hana), {"q": "鈴木"}))

    assert "鈴木一郎" in page


def test_a_customer_of_another_team_can_be_neither_compared_nor_merged(
    aiko, mallory, hana, other_team
):
    theirs = a_customer("secret@example.org", "山田花子")
    a_ticket(customer=theirs, team=other_team, email="secret@example.org")
    browser = signed_in(aiko)

    assert "secret@example.org" not in browser.get(at("customer", hana)).text
    assert browser.get(at("customer_merge", hana), {"other": theirs.pk}).status_code == 404
    assert browser.post(at("customer_merge_create", hana), {"other": theirs.pk}).status_code == 404


@pytest.mark.parametrize("other", ["", "x", "0", "９", str(2**70)])
def test_a_merge_with_what_is_no_record_is_not_found(as_aiko, hana, other):
    assert as_aiko.post(at("customer_merge_create", hana), {"other": other}).status_code == 404


# Fields ---------------------------------------------------------------------------------------


@pytest.fixture
def plan():
    return a_field(
        "Plan", "プラン", key="plan", of="customer", kind="choice", choices={"Gold": "金"}
    )


def edit_form(client, customer):
    page = Page(client.get(at("customer_edit", customer)).text)
    return page.form(at("customer_update", customer))


def test_what_is_known_of_a_customer_is_filled_in_and_shown_with_their_tickets(
    as_aiko, aiko, hana, plan
):
    form = edit_form(as_aiko, hana)
    as_aiko.post(form.action, {**form.fields, "field.plan": "c1"})

    ticket = hana.tickets.get()
    assert "Plan Gold" in words(as_aiko.get(at("customer", hana)))
    assert "Plan Gold" in words(as_aiko.get(reverse("desk:ticket", args=[ticket.number])))
    found = find(read_query("from:gold"), agent=aiko, now=timezone.now())
    assert [match.ticket_id for match in found.matches] == [ticket.pk]


def test_what_a_field_of_the_record_does_not_take_is_said_and_nothing_is_saved(as_aiko, hana):
    a_field("Since", "開始日", key="since", of="customer", kind="date")
    form = edit_form(as_aiko, hana)
    typed = {**form.fields, "name": "Hana", "field.since": "long ago"}

    response = as_aiko.post(form.action, typed)

    assert response.status_code == 422
    assert "Since: Enter a date such as 2026-11-24." in words(response)
    assert Page(response.text).form(form.action).fields["field.since"] == "long ago"
    hana.refresh_from_db()
    assert (hana.name, hana.fields) == ("山田花子", {})


def test_a_merged_record_leaves_what_only_it_knew_and_takes_it_back(aiko, hana, same_hana, plan):
    a_field("Since", "開始日", key="since", of="customer", kind="date")
    describe_customer(hana, values={"plan": "c1"})
    describe_customer(same_hana, values={"plan": "c1", "since": "2026-01-04"})
    describe_customer(hana, values={"plan": "c1"})

    merge = merge_customers(same_hana, into=hana, agent=aiko)
    hana.refresh_from_db()
    together = hana.fields
    separate_customers(merge)

    assert together == {"plan": "c1", "since": "2026-01-04"}
    hana.refresh_from_db()
    same_hana.refresh_from_db()
    assert hana.fields == {"plan": "c1"}
    assert same_hana.fields == {"plan": "c1", "since": "2026-01-04"}
