from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import numbers, words
from tests.factories import a_customer, a_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
SEARCH = "/desk/search/"


@pytest.fixture(autouse=True)
def _noise(support, monday_at_ten):
    noise = a_customer("noise@example.org", "無関係")
    for _ in range(3):
        a_ticket(customer=noise, subject="別の話題", body="関係のない内容です。")


@pytest.mark.parametrize("text", ["印字", "山田", "hana@example", "かすれ ラベル", "出荷"])
def test_a_ticket_is_found_by_subject_name_address_and_newest_line(as_aiko, text):
    ticket = a_ticket(subject="ラベルの印字がかすれます", body="出荷に困っています。")

    assert numbers(as_aiko.get(SEARCH, {"q": text})) == [ticket.number]


@pytest.mark.parametrize("text", ["{number}", "#{number}", " {number} "])
def test_a_number_jumps_to_its_ticket(as_aiko, text):
    ticket = a_ticket()

    answer = as_aiko.get(SEARCH, {"q": text.format(number=ticket.number)})

    assert answer.url == reverse("desk:ticket", args=[ticket.number])


def test_other_teams_find_nothing(aiko, ben, mallory):
    ticket = a_ticket(subject="ラベルの印字")

    assert numbers(signed_in(aiko).get(SEARCH, {"q": "印字"})) == [ticket.number]
    assert numbers(signed_in(ben).get(SEARCH, {"q": "印字"})) == [ticket.number]
    assert numbers(signed_in(mallory).get(SEARCH, {"q": "印字"})) == []
    assert signed_in(mallory).get(SEARCH, {"q": str(ticket.number)}).status_code == 200


def test_nothing_found_says_what_to_try(as_aiko):
    seen = words(as_aiko.get(SEARCH, {"q": "<script>"}))

    assert "Nothing found for “<script>”." in seen
    assert "Try fewer words" in seen


def test_without_words_the_page_says_what_can_be_sought(as_aiko):
    assert "A number opens the ticket at once." in words(as_aiko.get(SEARCH))


def test_a_japanese_agent_reads_japanese(aiko):
    aiko.language = "ja"
    aiko.save()

    assert "検索" in words(signed_in(aiko).get(SEARCH))


def test_a_customer_with_many_addresses_is_found_once(as_aiko):
    customer = a_customer()
    for kind, value in (("email", "hana@home.example"), ("phone", "0312345678")):
        customer.contact_points.create(kind=kind, value=value, normalized=value)
    ticket = a_ticket(customer=customer)

    assert numbers(as_aiko.get(SEARCH, {"q": "hana"})) == [ticket.number]


def test_the_search_asks_few_questions(as_aiko, django_assert_max_num_queries):
    for _ in range(8):
        a_ticket()

    with django_assert_max_num_queries(8):
        as_aiko.get(SEARCH, {"q": "プリンター"})
