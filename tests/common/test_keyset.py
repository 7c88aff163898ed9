from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Notification
from common.keyset import Order, page_of
from tests.factories import AgentFactory

INBOX = Order(("created_at",), is_ascending=False)
DAYS = Order(("day", "at"), is_ascending=True)
AT = datetime(2026, 11, 22, 9, 30, 0, 123456, tzinfo=UTC)


class Row:
    day, at, pk = date(2026, 11, 22), AT, 7


def test_a_place_comes_back_from_an_address():
    assert DAYS.read(DAYS.written(Row())) == (Row.day, AT, 7)
    assert INBOX.read(INBOX.written({"created_at": AT, "pk": 7})) == (AT, 7)


def test_a_row_without_an_instant_has_no_place():
    assert INBOX.written({"created_at": None, "pk": 7}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "2026-11-22_7",
        "2026-11-22T09:30_7",
        "2026-11-22T09:30+00:00_７",
        "2026-11-22T09:30+00:00_-7",
        "2026-11-22T09:30+00:00_9999999999999999999",
        "2026-11-22T09:30+00:00_7_7",
        "2026-13-22T09:30+00:00_7",
        "\0_7",
    ],
)
def test_what_nobody_wrote_is_no_place(text):
    assert INBOX.read(text) is None


@pytest.mark.django_db
@pytest.mark.parametrize("order", [INBOX, INBOX.reversed])
def test_pages_hold_each_row_once_and_in_order(order):
    agent = AgentFactory()
    # Three each stand at one instant, so that pages end among the same.
    Notification.objects.bulk_create(
        Notification(agent=agent, kind="breach", dedupe_key=str(each), created_at=AT + step)
        for each in range(11)
        for step in [timedelta(seconds=each // 3)]
    )
    seen, after, pages = [], "", 0
    while pages == 0 or after:
        page = page_of(Notification.objects.all(), order, after=after, size=4)
        assert page.has_newer == (pages > 0)
        seen += [row.pk for row in page.rows]
        after, pages = page.older, pages + 1

    assert pages == 3
    assert seen == [row.pk for row in Notification.objects.order_by(*order.forward)]
