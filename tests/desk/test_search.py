from __future__ import annotations

import pytest
from django.urls import reverse

from tests.conftest import signed_in
from tests.desk.pages import links, numbers, words
from tests.factories import a_customer, a_ticket
from tickets.services.replying import add_note

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

    with django_assert_max_num_queries(12):
        as_aiko.get(SEARCH, {"q": "プリンター"})


def test_the_same_few_questions_are_asked_for_many_results_and_conditions(
    as_aiko, django_assert_max_num_queries
):
    for number in range(40):
        a_ticket(subject=f"印字 {number}")

    with django_assert_max_num_queries(12):
        found = numbers(as_aiko.get(SEARCH, {"q": "印字 -別 from:山田 status:new プリンター 昨日"}))
    with django_assert_max_num_queries(12):
        assert len(numbers(as_aiko.get(SEARCH, {"q": "印字"}))) == 25
    assert found == []


def test_the_line_that_says_it_is_shown_with_the_words_marked(as_aiko, aiko):
    ticket = a_ticket(
        subject="<b>ラベル</b>", body="こんにちは。\n<i>印字</i>がかすれる & 困る\nでは。"
    )
    add_note(ticket, body="ｻﾎﾟｰﾄに <u>確認</u> 済み", agent=aiko)

    page = as_aiko.get(SEARCH, {"q": "印字"}).content.decode()
    assert "&lt;i&gt;<mark>印字</mark>&lt;/i&gt;がかすれる &amp; 困る" in page
    assert "こんにちは" not in page
    assert "Message" in words(as_aiko.get(SEARCH, {"q": "印字"}))

    noted = as_aiko.get(SEARCH, {"q": "サポート"})
    assert "<mark>ｻﾎﾟｰﾄ</mark>に &lt;u&gt;確認&lt;/u&gt; 済み" in noted.content.decode()
    assert "Note" in words(noted)

    subject = as_aiko.get(SEARCH, {"q": "ラベル"}).content.decode()
    assert "&lt;b&gt;<mark>ラベル</mark>&lt;/b&gt;" in subject
    assert "<mark><" not in subject


def test_a_word_far_into_a_long_line_is_shown(as_aiko):
    a_ticket(body="あ" * 500 + "かすれ" + "い" * 500)

    seen = words(as_aiko.get(SEARCH, {"q": "かすれ"}))

    assert "…" in seen
    assert "かすれ" in seen.split("…")[1].replace(" ", "")


def test_more_than_a_page_is_read_on_the_next_ones(as_aiko):
    tickets = [a_ticket(subject=f"印字 {number}") for number in range(30)]

    first = as_aiko.get(SEARCH, {"q": "印字"})
    (older,) = [link for link in links(first) if link.startswith("?") and "after=" in link]
    second = as_aiko.get(SEARCH + older)

    assert numbers(first) + numbers(second) == [ticket.number for ticket in reversed(tickets)]
    assert not [link for link in links(second) if "after=" in link]


def test_an_operator_nobody_knows_is_sought_as_words_and_the_page_says_so(as_aiko):
    ticket = a_ticket(subject="colour: blue")

    answer = as_aiko.get(SEARCH, {"q": "colour:blue"})

    assert numbers(answer) == [ticket.number]
    assert "no condition “colour:blue”" in words(answer)


def test_a_status_nobody_knows_is_said_too(as_aiko):
    assert "status:flying" in words(as_aiko.get(SEARCH, {"q": "status:flying"}))


def test_the_operators_are_explained_on_the_page(as_aiko, aiko):
    seen = words(as_aiko.get(SEARCH))
    for word in ("from:", "status:", "assignee:", "due:", "tag:", "Waiting for the customer"):
        assert word in seen

    aiko.language = "ja"
    aiko.save()
    seen = words(signed_in(aiko).get(SEARCH, {"q": "ない言葉です"}))
    for word in ("絞り込みの方法", "お客様の名前", "タグの名前"):
        assert word in seen


def test_another_teams_number_in_a_query_shows_nothing(mallory):
    ticket = a_ticket()

    answer = signed_in(mallory).get(SEARCH, {"q": f"#{ticket.number} プリンター"})

    assert numbers(answer) == []


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "%", "'", "\\", "a" * 5000, '"', ":", "-", "from:", "#", "９" * 30]
)
def test_no_text_breaks_the_page(as_aiko, text):
    # 400 is what every page answers to text that no database can hold.
    answer = as_aiko.get(SEARCH, {"q": text.encode(errors="surrogatepass")})
    assert answer.status_code in {200, 400}
