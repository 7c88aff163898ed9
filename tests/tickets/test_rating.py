"""How it was: asked seldom, answered and changed for a while, and made up for when it was bad."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Agent, Notification
from customers.models import ContactPoint
from mail.letter_editing import save_text
from mail.models import OutboundEmail
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_ticket
from tickets.exceptions import RatingClosed
from tickets.models import Rating, Ticket
from tickets.ratings import find_rating, token_of
from tickets.services.handling import reopen, solve
from tickets.services.rating import finish_recovery, record_rating, save_rating_settings
from tickets.services.replying import Reply, reply_to_customer
from tickets.services.unsending import take_back

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
A_MONTH = timedelta(days=31)


def solved(agent: Agent, *, at: timedelta = timedelta(), ticket: Ticket | None = None) -> Ticket:
    now = MONDAY_AT_TEN + at
    ticket = ticket or a_ticket(now=now)
    reply_to_customer(ticket, Reply(body="直りました。", solves=True), agent=agent, now=now)
    return ticket


def kinds() -> list[str]:
    return list(Rating.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def rating(aiko: Agent) -> Rating:
    return Rating.objects.get(ticket=solved(aiko))


def test_the_letter_that_solves_asks_and_its_links_open_only_the_rating(aiko, settings):
    ticket = solved(aiko)

    rating = Rating.objects.get(ticket=ticket)
    text = OutboundEmail.objects.latest("pk").text
    token, base = token_of(rating), settings.BASE_URL
    assert f"良かった: {base}/rating/{token}/?value=1" in text
    assert f"良くなかった: {base}/rating/{token}/?value=0" in text
    assert find_rating(token) == rating
    assert not any(link.digest in token for link in ticket.links.all())


@pytest.mark.parametrize("token", ["", "1", "1.", ".x", "１.abc", "1.abc", "x" * 500, "1.\x00"])
def test_a_made_up_token_opens_nothing(rating, token):
    assert find_rating(token) is None


def test_a_customer_is_asked_once_in_a_while_and_about_the_other_thing_then(aiko):
    solved(aiko)
    solved(aiko, at=timedelta(days=29))
    solved(aiko, at=A_MONTH)
    solved(aiko, at=A_MONTH * 2)

    assert kinds() == ["csat", "effort", "csat"]
    assert "解決までのお手間" in OutboundEmail.objects.filter(text__contains="お手間").get().text


def test_one_ticket_is_asked_about_once(aiko):
    ticket = solved(aiko)
    reopen(ticket, agent=aiko, now=MONDAY_AT_TEN + A_MONTH)
    solved(aiko, at=A_MONTH + timedelta(hours=1), ticket=ticket)

    assert kinds() == ["csat"]


@pytest.mark.parametrize("why", ["off", "opted_out", "complained", "worded", "silent", "promise"])
def test_nobody_is_asked_who_should_not_be(aiko, why):
    ticket = a_ticket()
    if why == "off":
        save_rating_settings(is_on=False, days_between=30, by=aiko, now=MONDAY_AT_TEN)
    elif why in {"opted_out", "complained"}:
        ContactPoint.objects.update(state=why, state_since=MONDAY_AT_TEN)
    elif why == "worded":
        body = "{{本文}}\n\n{{約束}} {{専用ページ}}"
        save_text("reply", "ja", subject="{{件名}}", body=body, by=aiko)

    if why == "silent":
        solve(ticket, agent=aiko)
    elif why == "promise":
        later = MONDAY_AT_TEN + timedelta(hours=4)
        reply_to_customer(ticket, Reply(body="調べます。", promise_at=later), agent=aiko)
    else:
        solved(aiko, ticket=ticket)

    assert not Rating.objects.exists()
    assert "/rating/" not in OutboundEmail.objects.latest("pk").text


def test_how_seldom_is_a_setting(aiko):
    save_rating_settings(is_on=True, days_between=7, by=aiko, now=MONDAY_AT_TEN)
    solved(aiko)
    solved(aiko, at=timedelta(days=8))

    assert kinds() == ["csat", "effort"]


def test_what_is_taken_back_has_not_asked(aiko, settings):
    settings.UNDO_SEND_SECONDS = 10
    ticket = a_ticket()
    message = reply_to_customer(ticket, Reply(body="直りました。", solves=True), agent=aiko)

    take_back(message, by=aiko)

    assert not Rating.objects.exists()


def test_an_answer_can_be_changed_for_two_weeks(rating):
    record_rating(rating, value=1, comment=" 助かりました ", now=MONDAY_AT_TEN)
    record_rating(rating, value=0, now=MONDAY_AT_TEN + timedelta(days=13))
    with pytest.raises(RatingClosed):
        record_rating(rating, value=1, now=MONDAY_AT_TEN + timedelta(days=14))

    rating.refresh_from_db()
    assert (rating.value, rating.comment, rating.answered_at) == (0, "", MONDAY_AT_TEN)
    told = rating.ticket.events.filter(kind="rated").values_list("facts__value", flat=True)
    assert list(told) == [1, 0]


def test_nobody_answers_months_later(rating):
    with pytest.raises(RatingClosed):
        record_rating(rating, value=1, now=MONDAY_AT_TEN + timedelta(days=60))


def test_a_bad_one_is_told_to_the_lead_exactly_once_with_a_time(rating, ben):
    for value in (0, 1, 0):
        record_rating(rating, value=value, comment="遅い", now=MONDAY_AT_TEN)

    rating.refresh_from_db()
    notice = Notification.objects.get(kind="bad_rating")
    assert (notice.agent, notice.facts["said"]) == (ben, "遅い")
    assert rating.recovery_due_at == MONDAY_AT_TEN + timedelta(hours=8)
    assert rating.ticket.status == "resolved"


@pytest.mark.parametrize(("value", "is_bad"), [(1, True), (2, True), (3, False), (5, False)])
def test_what_was_hard_is_bad_too(aiko, value, is_bad):
    solved(aiko)
    second = Rating.objects.get(ticket=solved(aiko, at=A_MONTH))

    record_rating(second, value=value, now=MONDAY_AT_TEN + A_MONTH)

    second.refresh_from_db()
    assert second.needs_recovery is is_bad


def test_without_a_lead_the_managers_hear_of_it(rating, chika):
    record_rating(rating, value=0)

    assert Notification.objects.get(kind="bad_rating").agent == chika


def test_it_is_made_up_for_once(rating, ben, aiko):
    record_rating(rating, value=0)

    assert finish_recovery(rating, words="お電話でお詫びしました。", by=ben)
    assert not finish_recovery(rating, words="私も。", by=aiko)

    rating.refresh_from_db()
    assert (rating.recovered_by, rating.recovery_words) == (ben, "お電話でお詫びしました。")
    assert rating.ticket.events.filter(kind="recovered").count() == 1
