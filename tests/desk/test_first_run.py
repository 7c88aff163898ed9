"""A new desk is set up by its first administrator, step by step, by a link that only the one who
started it was told."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.first_run import make_setup_token
from accounts.models import Agent, FirstRun, Team
from branding.selectors import brand
from mail.models import Mailbox, MailboxSource
from sla.models import BusinessCalendar
from tests.conftest import signed_in
from tests.desk.pages import words
from tests.html import Page
from tests.mail.imap import PASSWORD as MAIL_PASSWORD
from tests.mail.imap import USER, ImapServer, imap_server
from topics.models import Topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]

PERSON = {
    "name": "Nao Ito",
    "email": "nao@example.com",
    "password": "seven-green-umbrellas",
    "language": "en",
}
COMPANY = {
    "name_ja": "青葉商店",
    "name_en": "Aoba Store",
    "languages": ["ja", "en"],
    "hours": "uk-office",
    "time_zone": "",
}


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with imap_server() as running:
        yield running


@pytest.fixture
def link() -> str:
    """The path of the link that is printed when the desk starts."""
    printed = StringIO()
    call_command("setup_link", stdout=printed)
    return urlsplit(printed.getvalue().strip()).path


@pytest.fixture
def nao(link: str) -> Client:
    """The first administrator, who has just come by the link."""
    client = Client()
    client.post(link, PERSON)
    return client


def goes(client: Client, step: str, **sent: object) -> str:
    """Where sending a step leads to."""
    answer = client.post(f"/desk/setup/{step}/update/", sent)
    assert answer.status_code == 302, words(answer)
    return str(answer.headers["Location"])


def hours_now() -> dict[str, object]:
    return dict(BusinessCalendar.objects.get(is_default=True).versions.latest("number").hours)


def mailbox_at(server: ImapServer, **changes: object) -> dict[str, object]:
    entered = {"address": "Help@aoba.example", "name": "Aoba", "user": USER, "smtp_host": ""}
    at = {"host": "127.0.0.1", "port": server.port, "security": "none", "secret": MAIL_PASSWORD}
    return {**entered, **at, **changes}


def test_an_empty_desk_is_set_up_in_four_steps(link, server, support: Team):
    nao = Client(headers={"Accept-Language": "en"})
    assert "Step 1 of 4" in words(nao.get(link))
    begun = nao.post(link, PERSON)
    assert begun.headers["Location"] == "/desk/setup/company/"
    administrator = Agent.objects.get(email="nao@example.com")
    assert administrator.role == "administrator"
    assert support.memberships.get().agent == administrator

    assert goes(nao, "company", **COMPANY) == "/desk/setup/mailbox/"
    assert (brand().name_ja, brand().name_en) == ("青葉商店", "Aoba Store")
    assert (hours_now()["tz"], hours_now()["holidays"]) == (
        "Europe/London",
        [{"country": "GB", "subdivision": "ENG"}],
    )
    administrator.refresh_from_db()
    assert administrator.time_zone == "Europe/London"

    assert goes(nao, "mailbox", **mailbox_at(server)) == "/desk/setup/form/"
    source = MailboxSource.objects.select_related("mailbox").get()
    assert (source.mailbox.address, source.mailbox.is_default) == ("help@aoba.example", True)
    assert source.kind == "imap"
    assert MAIL_PASSWORD not in source.secret

    own = "Gift wrapping\n\n Gift  wrapping \nVisits"
    assert goes(nao, "form", topics=["Quotations"], own=own) == "/desk/setup/end/"
    names = [(topic.name_ja, topic.name_en) for topic in Topic.objects.all()]
    assert names == [("お見積り", "Quotations"), ("", "Gift wrapping"), ("", "Visits")]

    end = words(nao.get("/desk/setup/end/"))
    assert "Connect a mailbox done" in end
    assert "Invite a colleague done" not in end
    assert nao.post("/desk/setup/end/update/").headers["Location"] == "/desk/"
    assert nao.get("/desk/setup/company/").status_code == 404


def test_the_link_is_dead_once_there_is_an_administrator(link):
    assert Client().get(link).status_code == 200
    Agent.objects.create_superuser("root@example.com", "x", name="Root")
    assert Client().get(link).status_code == 404
    assert Client().post(link, PERSON).status_code == 404
    printed = StringIO()
    call_command("setup_link", stdout=printed)
    assert printed.getvalue() == ""


def test_a_newer_link_takes_the_place_of_the_one_before(link):
    newer = make_setup_token()
    assert Client().get(link).status_code == 404
    assert Client().get(f"/desk/setup/begin/{newer}/").status_code == 200
    assert newer not in FirstRun.objects.get().digest


def test_a_guessed_link_opens_nothing_and_guessing_ends(link):
    guesser = Client()
    answers = [guesser.get(f"/desk/setup/begin/{'a' * 43}/").status_code for _ in range(61)]
    assert set(answers[:60]) == {404}
    assert answers[60] == 429
    # Not even the right one is tried any more.
    assert guesser.get(link).status_code == 429


def test_a_weak_password_is_refused_and_nobody_is_let_in(link):
    answer = Client().post(link, {**PERSON, "password": "12345678"})
    assert answer.status_code == 422
    assert not Agent.objects.exists()


def test_what_was_typed_is_there_again_after_going_back_or_leaving_it(nao):
    typed = {"address": "help@aoba.example", "host": "imap.aoba.example", "secret": "secret words"}
    assert goes(nao, "mailbox", **typed, go="back") == "/desk/setup/company/"
    # Coming again, from whatever browser, they go on where they were.
    again = signed_in(Agent.objects.get())
    page = Page(again.get("/desk/setup/mailbox/").text)
    fields = next(form.fields for form in page.forms if "host" in form.fields)
    assert (fields["address"], fields["host"]) == ("help@aoba.example", "imap.aoba.example")
    assert fields["secret"] == ""
    assert "secret words" not in str(FirstRun.objects.get().typed)
    assert not Mailbox.objects.filter(address="help@aoba.example").exists()


def test_every_step_can_be_left_for_later(nao):
    steps = ["company", "mailbox", "form"]
    hours = hours_now()
    assert [goes(nao, step, go="later") for step in steps] == [
        "/desk/setup/mailbox/",
        "/desk/setup/form/",
        "/desk/setup/end/",
    ]
    assert hours_now() == hours
    assert not Topic.objects.exists()


def test_whoever_comes_without_the_link_or_a_mail_server_reads_what_is_missing(
    link, settings, english
):
    nobody = "There is no administrator here yet."
    assert nobody in words(english.get("/accounts/login/"))
    nao = Client()
    nao.post(link, PERSON)
    assert nobody not in words(english.get("/accounts/login/"))

    silent, invitation = "letters do not leave", "/desk/settings/people/invitations/new/"
    assert silent not in words(nao.get("/desk/setup/mailbox/")).lower()
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert silent in words(nao.get("/desk/setup/mailbox/")).lower()
    assert silent in words(nao.get(invitation)).lower()
    # Of one team, it is clear which.
    offered = Page(nao.get(invitation).content.decode()).form("/create/").fields
    assert offered["teams"] == str(Team.objects.get().pk)
    mailbox = Mailbox.objects.create(
        address="help@aoba.example", team=Team.objects.get(), is_default=True
    )
    MailboxSource.objects.create(mailbox=mailbox, transport="smtp", smtp_host="smtp.aoba.example")
    assert silent not in words(nao.get(invitation)).lower()


def test_a_mailbox_that_does_not_work_is_not_kept_and_one_reads_why(nao, server):
    answer = nao.post("/desk/setup/mailbox/update/", mailbox_at(server, secret="wrong"))
    assert answer.status_code == 422
    assert "The server refused the user name or the password" in words(answer)
    assert not MailboxSource.objects.exists()


def test_hours_of_another_zone_are_kept_in_it(nao):
    goes(nao, "company", **{**COMPANY, "hours": "japanese-office", "time_zone": "Asia/Seoul"})
    assert (hours_now()["tz"], hours_now()["closed"]) == ("Asia/Seoul", ["12-29..01-03"])
    page = nao.get("/desk/setup/company/").text
    assert 'value="Asia/Seoul"' in page


def test_nobody_else_sees_the_steps(nao, aiko):
    another = Agent.objects.create_superuser("root@example.com", "x", name="Root")
    for agent in (aiko, another):
        assert signed_in(agent).get("/desk/setup/company/").status_code == 404
    assert Client().get("/desk/setup/company/").status_code == 302


def test_the_desk_lists_what_is_left_until_it_is_put_away(nao, aiko):
    page = nao.get("/desk/")
    assert "Getting started" in words(page)
    # Who has not come to the end goes on there.
    assert 'href="/desk/setup/mailbox/"' in page.text
    FirstRun.objects.update(ended_at=timezone.now())
    assert 'href="/desk/settings/mailboxes/"' in nao.get("/desk/").text
    assert "Getting started" not in words(signed_in(aiko).get("/desk/"))
    assert signed_in(aiko).post("/desk/setup/list/update/").status_code == 404
    nao.post("/desk/setup/list/update/")
    assert "Getting started" not in words(nao.get("/desk/"))
