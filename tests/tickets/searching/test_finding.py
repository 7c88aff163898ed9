"""Everything that is said is found, and only that, whichever way it is looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import Agent
from common.tokens import RUN, fold
from tests.factories import a_customer, a_ticket
from tickets.models import Message, Note, Ticket
from tickets.searching import finding, plans
from tickets.searching.finding import Found, find
from tickets.searching.query import read_query
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def search(words: str, agent: Agent, after: str = "") -> Found:
    return find(read_query(words), agent=agent, now=timezone.now(), after=after)


def pages(words: str, agent: Agent) -> Iterator[list[int]]:
    """The tickets of each page, to the last one."""
    after = ""
    while True:
        found = search(words, agent, after)
        assert not found.is_cut
        yield [match.ticket_id for match in found.matches]
        if not (after := found.older):
            return


def everything(words: str, agent: Agent) -> list[int]:
    return [pk for page in pages(words, agent) for pk in page]


@pytest.fixture
def corpus(aiko) -> dict[int, list[str]]:
    """What each of 150 tickets says, folded; told by the tables, not by the index."""
    call_command("generate_load", tickets=150, seed=7, verbosity=0)
    said = defaultdict(list)
    for ticket in Ticket.objects.select_related("customer"):
        said[ticket.pk] += [ticket.subject, ticket.customer.words]
    for model in (Message, Note):
        for pk, body in model.objects.values_list("ticket_id", "body"):  # type: ignore[attr-defined]
            said[pk].append(body)
    return {pk: [fold(text) for text in texts] for pk, texts in said.items()}


@pytest.fixture(params=["few", "many", "many and old"])
def _every_way(request, monkeypatch) -> None:
    """Each stage of the plan in turn, as on a desk that is too large for a test."""
    if request.param != "few":
        monkeypatch.setattr(plans, "CAP", 5)
    if request.param == "many and old":
        monkeypatch.setattr(plans, "NEWEST", 20)
    monkeypatch.setattr(plans, "BATCH", 30)
    monkeypatch.setattr(finding, "PAGE", 10)


@pytest.mark.usefixtures("_every_way")
def test_recall_and_precision_are_those_of_reading_everything(corpus, aiko, chika):
    random = Random(1)
    texts = [text for said in corpus.values() for text in said]
    words = ["した", "品", "の", "プリンター", "prin", "e", "麒麟", "返品", "order", "example"]
    for _ in range(25):
        text = random.choice(texts)
        run = random.choice([run for run in RUN.finditer(text) if run[1]] or [RUN.search(text)])
        start = run.start() if run[2] else random.randrange(run.start(), run.end())
        words.append(text[start : min(run.end(), start + random.randint(1, 6))])

    for word in words:
        read = {pk for pk, said in corpus.items() if any(_says(text, word) for text in said)}
        for agent in (aiko, chika):
            found = everything(word, agent)
            assert sorted(found) == sorted(read), word


def _says(text: str, word: str) -> bool:
    """As Python reads it; words of letters are found by their beginning."""
    if RUN.match(word)[1]:
        return word in text
    return any(text[run.start() :].startswith(word) for run in RUN.finditer(text) if run[2])


@pytest.mark.usefixtures("_every_way")
def test_the_newest_match_comes_first_and_no_ticket_twice(corpus, chika):
    found = everything("した", chika)

    newest: dict[int, object] = {}
    for pk, at, body in Message.objects.values_list("ticket_id", "sent_at", "body"):
        if "した" in body:
            newest[pk] = max(at, newest.get(pk, at))
    assert len(found) == len(set(found)) > 20
    assert [newest[pk] for pk in found] == sorted((newest[pk] for pk in found), reverse=True)


@pytest.mark.usefixtures("_every_way")
def test_conditions_alone_list_every_ticket_that_meets_them(corpus, aiko):
    resolved = Ticket.objects.filter(status="resolved").values_list("pk", flat=True)

    assert sorted(everything("status:resolved", aiko)) == sorted(resolved)


def test_words_may_stand_in_different_places_of_a_ticket(aiko):
    ticket = a_ticket(subject="林檎", body="蜜柑")
    reply_to_customer(ticket, Reply(body="葡萄", solves=True), agent=aiko)
    a_ticket(subject="林檎")

    assert everything("林檎 蜜柑 葡萄 山田", aiko) == [ticket.pk]


def test_a_phrase_is_found_as_it_stands_and_a_word_can_be_left_out(aiko):
    first = a_ticket(body="Please refund my order today")
    second = a_ticket(body="My order: no refund, please")

    assert everything("refund order", aiko) == [second.pk, first.pk]
    assert everything('"refund my order"', aiko) == [first.pk]
    assert everything("refund -today", aiko) == [second.pk]
    assert everything('refund -"no refund"', aiko) == [first.pk]
    assert everything("-refund", aiko) == []


def test_only_leaving_out_lists_what_is_left(aiko):
    first, _second = a_ticket(body="林檎"), a_ticket(body="蜜柑")

    assert everything("-蜜柑", aiko) == [first.pk]


def test_pairs_in_another_order_are_no_match(aiko):
    # Every pair of 返品返商 stands in it, but not one after the other.
    a_ticket(body="返品返 品返商")

    assert everything("返品返商", aiko) == []


def test_half_width_full_width_and_case_are_one(aiko):
    ticket = a_ticket(subject="ｻﾎﾟｰﾄへ", body="注文ＡＢ-1042、Hauptstraße")

    for words in ("サポート", "ｻﾎﾟｰﾄ", "ab-1042", "ＡＢ－１０４２", "1042", "HAUPTSTRASSE"):
        assert everything(words, aiko) == [ticket.pk], words


def test_conditions_narrow_what_is_found(aiko, ben, monday_at_ten):
    mine = a_ticket(assignee=aiko, body="林檎")
    free = a_ticket(body="林檎")
    done = a_ticket(body="林檎", customer=a_customer("ken@example.org", "佐藤健"))
    reply_to_customer(done, Reply(body="済", solves=True), agent=ben)

    assert everything("林檎 assignee:me", aiko) == [mine.pk]
    assert everything("林檎 assignee:aiko", ben) == [mine.pk]
    assert everything("林檎 assignee:none", aiko) == [free.pk]
    assert everything("assignee:Ben", aiko) == [done.pk]
    assert everything("assignee:nobody-of-this-name", aiko) == []
    assert everything("林檎 status:resolved", aiko) == [done.pk]
    assert everything("林檎 -status:new", aiko) == [done.pk]
    assert everything("林檎 status:完了 status:new", aiko) == [done.pk, free.pk, mine.pk]
    assert everything("林檎 from:佐藤", aiko) == [done.pk]
    assert everything("林檎 -from:佐藤", aiko) == [free.pk, mine.pk]
    assert everything("from:林檎", aiko) == []
    assert everything(f"林檎 #{free.number}", aiko) == [free.pk]
    assert everything(f"number:{free.number}", aiko) == [free.pk]


def test_what_is_due_can_be_asked_for(aiko, monday_at_ten):
    # Promised for 14:00.
    ticket = a_ticket()

    assert everything("due:hour", aiko) == []
    assert everything("due:today", aiko) == everything("due:今日", aiko) == [ticket.pk]
    monday_at_ten.shift(3.5 * 3600)
    assert everything("due:hour", aiko) == [ticket.pk]
    monday_at_ten.shift(3600)
    assert everything("due:late", aiko) == [ticket.pk]
    assert everything("due:today", aiko) == []


def test_tags_can_be_asked_for(aiko):
    ticket, _other = a_ticket(), a_ticket()
    ticket.tags.create(name="VIP", normalized="vip")

    assert everything("tag:ＶＩＰ", aiko) == [ticket.pk]
    assert everything("tag:none", aiko) == []


def test_agents_find_what_their_teams_were_told(aiko, ben, mallory, chika, other_team):
    ours, theirs = a_ticket(body="林檎"), a_ticket(body="林檎", team=other_team)
    add_note(ours, body="桜桃", agent=aiko)

    assert everything("林檎", aiko) == everything("林檎", ben) == [ours.pk]
    assert everything("林檎", mallory) == [theirs.pk]
    assert everything("桜桃", mallory) == everything("status:new 桜桃", mallory) == []
    assert everything(f"#{ours.number}", mallory) == []
    assert everything("林檎", chika) == [theirs.pk, ours.pk]


def test_a_position_nobody_wrote_means_the_first_page(aiko):
    ticket = a_ticket(body="林檎")

    for after in ("x", "0_x_1", "7_2026-10-05T00:00:00+00:00_1", "0_2026-10-05T00:00:00_1", "0__"):
        assert [m.ticket_id for m in search("林檎", aiko, after).matches] == [ticket.pk], after


def test_when_the_time_is_up_what_was_found_is_shown(aiko, monkeypatch):
    for _ in range(4):
        a_ticket(body="林檎")
    slow = plans.TAKE_ALL.replace("WHERE {lead}", "WHERE pg_sleep(1) IS NOT NULL AND {lead}")
    monkeypatch.setattr(plans, "TAKE_ALL", slow)
    monkeypatch.setattr(plans, "TIME_LIMIT", "100ms")
    monkeypatch.setattr(plans, "CAP", 2)

    found = search("林檎", aiko)

    # The newest entries were looked through in time.
    assert (len(found.matches), found.is_cut, found.older) == (4, True, "")
    assert Ticket.objects.count() == 4


def test_a_rare_word_is_taken_from_the_index(aiko):
    call_command("generate_load", tickets=2500, seed=3, verbosity=0)

    with connection.cursor() as cursor:
        # As autovacuum does: what was written last waits in a list, which takes time to read.
        cursor.execute("SELECT gin_clean_pending_list('search_tokens')")
        for words in ("麒麟", "瑠璃", "xylophone", "解約", "zylo"):
            query = read_query(words)
            assert plans.Plan(cursor, query.wanted, None, None).takes_all, words
            taken = plans.TAKE_ALL.format(
                lead="tokens @@ %s::tsquery", older="TRUE", tickets="TRUE", checks="TRUE"
            )
            cursor.execute(f"EXPLAIN {taken}", [query.wanted[0].index_query, 100])
            explained = "\n".join(row[0] for row in cursor.fetchall())
            assert "Bitmap Index Scan on search_tokens" in explained, words
            assert "Seq Scan" not in explained, words


@hypothesis_settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text("abc返品\"“:-#(%_\\'&|!*<>10 \x00\ud800．", max_size=40),
        st.lists(
            st.sampled_from(
                [
                    "from:",
                    "status:",
                    "due:",
                    "assignee:",
                    "tag:",
                    "number:",
                    "-",
                    '"',
                    "#",
                    "返品",
                    "me",
                    "late",
                    "new",
                    "9",
                    "99999999999999999999",
                ]
            ),
            max_size=8,
        ).map("".join),
    )
)
@example("status:")
@example("number:" + "9" * 19)
@example("#" + "9" * 18)
@example("a" * 5000)
@example("あ" * 5000)
@example('"' * 50)
@example("assignee:\x00\ud800")
def test_any_text_can_be_sought(aiko, words):
    search(words, aiko)


def test_a_reply_by_the_customer_is_found_from_its_newest_words(aiko):
    first, second = a_ticket(body="林檎"), a_ticket(body="林檎")
    receive_reply(first, body="林檎はまだですか")

    assert everything("林檎", aiko) == [first.pk, second.pk]
