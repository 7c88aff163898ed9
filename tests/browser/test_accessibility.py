"""axe (WCAG 2 A and AA) in light and dark, on a desk and on a phone; no page complains or scrolls
sideways. New pages join PAGES."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from mail.models import OutboundEmail
from sla.sweep import sweep_due
from tests.factories import a_customer, a_ticket
from tickets.services.handling import assign, solve
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer

pytestmark = pytest.mark.usefixtures("support")

# Who looks (nobody: not signed in), and at what; {ticket} and {customer} are filled in.
PAGES = [
    ("nobody", "/accounts/login/"),
    ("chika", "/desk/"),
    ("chika", "/desk/?state=resolved"),
    ("chika", "/desk/?scope=mine"),
    ("chika", "/desk/tickets/{ticket}/"),
    ("chika", "/desk/tickets/{solved}/"),
    ("chika", "/desk/customers/{customer}/"),
    ("chika", "/desk/search/?q=printer"),
    ("chika", "/desk/search/"),
    ("chika", "/desk/notifications/"),
    ("chika", "/desk/styleguide/"),
    ("chika", "/reports/"),
    ("chika", "/reports/promises/"),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def people(chika):
    return {"nobody": None, "chika": chika}


@pytest.fixture
def places(aiko, ben, chika):
    """A ticket with everything on it, a solved one, and a late one; what fills the addresses."""
    now = timezone.now()
    customer = a_customer()
    ticket = a_ticket(customer=customer, priority="urgent", now=now - timedelta(hours=3))
    reply_to_customer(
        ticket,
        Reply(body="調べます。", promise_at=now - timedelta(minutes=5)),
        agent=aiko,
        now=now - timedelta(hours=2),
    )
    receive_reply(ticket, body="Still waiting.\n\n> 調べます。", now=now - timedelta(hours=1))
    add_note(ticket, body="基盤チームに確認中。", agent=ben)
    message = reply_to_customer(
        ticket,
        Reply(body="部品を送ります。", promise_at=now + timedelta(minutes=20)),
        agent=aiko,
        now=now - timedelta(minutes=30),
    )
    OutboundEmail.objects.filter(pk=message.email_id).update(
        state="failed", next_try_at=None, failed_at=now, last_error="SMTPDataError: (554, b'no')"
    )
    solved = a_ticket(customer=customer, subject="printer")
    assign(solved, to=ben, by=chika)
    solve(solved, agent=ben)
    a_ticket(subject="printer", now=now - timedelta(days=9))
    sweep_due(now=now)
    return {"ticket": ticket.number, "solved": solved.number, "customer": customer.pk}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(visit, people, places, scheme, width):
    found = []
    for who, path in PAGES:
        with visit(people[who], scheme=scheme, width=width) as here:
            here.page.goto(path.format(**places))
            if "/tickets/" in path:
                here.page.keyboard.press("r")
                here.page.keyboard.press("e")
            found += [f"{path}: {line}" for line in violations(here.page)]

    assert found == []


def test_nothing_scrolls_sideways_on_the_narrowest_screen(visit, people, places):
    too_wide = []
    for who, path in PAGES:
        with visit(people[who], width=320) as here:
            here.page.goto(path.format(**places))
            width = here.page.evaluate("document.documentElement.scrollWidth")
            if width > 320:
                too_wide.append(f"{path}: {width}")

    assert too_wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_in_japanese(visit, people, places, scheme):
    people["chika"].language = "ja"
    people["chika"].save()
    found = []
    for who, path in PAGES:
        with visit(people[who], scheme=scheme, locale="ja") as here:
            here.page.goto(path.format(**places))
            assert here.page.locator("html").get_attribute("lang") == "ja"
            found += [f"{path}: {line}" for line in violations(here.page)]

    assert found == []


def violations(page):
    """Each broken rule with the first elements that break it."""
    return [
        f"{broken['id']} {[node['target'] for node in broken['nodes'][:3]]}"
        for broken in Axe().run(page, options=RULES).response["violations"]
    ]
