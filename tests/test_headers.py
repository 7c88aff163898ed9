"""What every answer carries to keep browsers, proxies and strangers from doing harm."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from accounts.first_run import make_setup_token
from accounts.inviting import Invited, make_invitation
from accounts.models import Agent, Role
from customers.models import Customer
from mail.delivery import as_received, deliver_due
from mail.models import OutboundEmail
from reports.facts.keeping import keep_all
from sla.sweep import sweep_due
from tests.conftest import PASSWORD, signed_in
from tests.factories import an_inquiry
from tests.html import Page
from tests.processes import ROOT, environment
from tickets.attachments import keep_uploads
from tickets.models import Attachment, Message, Ticket
from tickets.services.handling import assign
from tickets.services.opening import Opened
from tickets.services.replying import Reply, add_note, reply_to_customer

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "subject": "No paper",
    "body": "It says: no paper.",
}
NOWHERE = "redis://127.0.0.1:1/0"


@dataclass(frozen=True)
class World:
    inquiry: Opened
    attachment: Attachment
    visitor: Client
    agent: Client
    manager: Client

    def pages(self) -> Iterator[tuple[str, HttpResponseBase]]:
        """Every kind of page, with its address."""
        number, token = self.inquiry.ticket.number, self.inquiry.token
        for address in (
            *("/", "/contact/", f"/r/{token}/", "/accounts/login/", "/accounts/password/reset/"),
            *("/accounts/password/reset/done/", "/nowhere/", "/?q=%00", "/healthz", "/desk/"),
            f"/r/{token}/files/{self.attachment.public_id}/",
        ):
            yield address, self.visitor.get(address)
        for address in (
            *("/desk/", "/desk/search/?q=paper", "/desk/notifications/", "/desk/styleguide/"),
            *(f"/desk/tickets/{number}/", f"/desk/customers/{self.inquiry.ticket.customer_id}/"),
            *("/accounts/password/change/", "/accounts/2fa/", "/reports/", "/nowhere/"),
            f"/desk/files/{self.attachment.public_id}/",
        ):
            yield address, self.agent.get(address)
        for address in (
            *("/reports/", "/reports/promises/", "/reports/times/", "/reports/arrivals/"),
            *("/reports/arrivals/open/", "/reports/wallboard/", "/reports/exports/"),
        ):
            yield address, self.manager.get(address)
        for address in (
            f"/accounts/invitation/{an_invitation()}/",
            f"/desk/setup/begin/{make_setup_token()}/",
        ):
            page = self.visitor.get(address)
            assert page.status_code == 200
            yield address, page
        yield "contact, refused", self.visitor.post("/contact/", {"name": ""})
        yield "contact, arrived", self.visitor.post("/contact/", TYPED, follow=True)
        yield "signed out", self.visitor.post(f"/desk/tickets/{number}/notes/", {"body": "x"})
        yield "wrong method", self.visitor.delete("/contact/")
        yield "expired", Client(enforce_csrf_checks=True).post("/contact/", TYPED)


@pytest.fixture
def world(aiko: Agent, ben: Agent, chika: Agent, english: Client) -> World:
    key = uuid4()
    [attachment] = keep_uploads(
        [SimpleUploadedFile("scan.txt", b"paper jam")], submission_key=key, now=timezone.now()
    )
    inquiry = an_inquiry(submission_key=key, subject="No paper", language="en")
    return World(inquiry, attachment, english, signed_in(aiko), signed_in(chika))


def an_invitation() -> str:
    """The token of somebody who is asked to work here."""
    by = Agent.objects.get(role=Role.MANAGER)
    invited = Invited(email="new@example.com", name="New", language="en")
    _, token = make_invitation(invited, by=by, now=timezone.now())
    return token


def text_of(response: HttpResponseBase) -> str:
    if response.streaming:
        return b"".join(response).decode("utf-8", "replace")  # type: ignore[arg-type]
    return str(getattr(response, "text", ""))


def directives(policy: str) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: values for name, *values in parts}


# Every page ---------------------------------------------------------------------------------------


def test_every_answer_forbids_what_it_does_not_need(world: World):
    for address, response in world.pages():
        headers = response.headers
        text = text_of(response)
        policy = directives(headers["Content-Security-Policy"])
        assert "unsafe" not in headers["Content-Security-Policy"], address
        assert "*" not in headers["Content-Security-Policy"], address
        assert policy["default-src"] == ["'none'"], address
        if "sandbox" not in policy:
            assert policy["script-src"] == policy["style-src"] == ["'self'"], address
            assert policy["object-src"] == policy["base-uri"] == ["'none'"], address
            assert policy["frame-ancestors"] == ["'none'"], address
            assert policy["form-action"] == ["'self'"], address
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["X-Frame-Options"] == "DENY", address
        assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, address
        # Under no-referrer browsers send "Origin: null" with a form, which Django must refuse.
        if headers["Referrer-Policy"] == "no-referrer" and 'method="post"' in text:
            assert '<meta name="referrer" content="same-origin">' in text, address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert "camera=()" in headers["Permissions-Policy"], address


def test_no_page_has_a_script_a_style_or_a_handler_in_its_text(world: World):
    for address, response in world.pages():
        text = text_of(response)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            assert live_nodes(Page(text)) == [], address


@pytest.mark.parametrize("error", [500, 503])
def test_error_pages_are_as_strict(world: World, monkeypatch: pytest.MonkeyPatch, error: int):
    from django.db import OperationalError  # noqa: PLC0415

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError if error == 503 else RuntimeError

    monkeypatch.setattr("portal.views.home.promise_if_asked_now", fail)
    world.visitor.raise_request_exception = False

    response = world.visitor.get("/")

    assert response.status_code == error
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert live_nodes(Page(response.text)) == []
    assert "Traceback" not in response.text


def test_private_pages_are_kept_by_nobody_and_listed_nowhere(world: World):
    token, number = world.inquiry.token, world.inquiry.ticket.number
    private = [
        world.visitor.get(f"/r/{token}/"),
        world.visitor.get(f"/r/{token}/files/{world.attachment.public_id}/"),
        world.visitor.post(f"/r/{token}/replies/", {"body": ""}),
        world.visitor.post("/contact/", TYPED, follow=True),
    ]
    for response in private:
        text_of(response)
        assert "no-store" in response.headers["Cache-Control"]
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
    for address in ("/desk/", f"/desk/tickets/{number}/", "/desk/search/?q=x", "/reports/"):
        assert "no-store" in world.manager.get(address).headers["Cache-Control"]
    for response in (world.visitor.get("/contact/"), world.visitor.post("/contact/", {})):
        assert "no-store" in response.headers["Cache-Control"]


# Cookies ------------------------------------------------------------------------------------------


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(aiko: Agent, english: Client):
    aiko.set_password(PASSWORD)
    aiko.save()
    english.get("/accounts/login/")
    english.post("/language/", {"language": "en", "next": "/"})
    english.post("/accounts/login/", {"login": aiko.email, "password": PASSWORD})

    assert set(english.cookies) >= {"session", "csrf", "language"}
    for cookie in english.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax", cookie.key
        assert not cookie["domain"], cookie.key


def test_over_https_cookies_are_bound_to_the_host_and_the_deployment_check_is_clean():
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings as s\n"
        "assert s.SESSION_COOKIE_NAME.startswith('__Host-'), s.SESSION_COOKIE_NAME\n"
        "assert s.CSRF_COOKIE_NAME.startswith('__Host-')\n"
        "assert s.SESSION_COOKIE_SECURE and s.CSRF_COOKIE_SECURE and s.LANGUAGE_COOKIE_SECURE\n"
        "assert s.SECURE_HSTS_SECONDS >= 31536000\n"
        "from django.core.management import call_command\n"
        "call_command('check', deploy=True, fail_level='WARNING')\n"
    )
    variables = {
        "BASE_URL": "https://help.example.com",
        "SECRET_KEY": uuid4().hex * 2,
        "SECURE_SSL_REDIRECT": "1",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": NOWHERE,
        "DEMO": "0",
    }

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr[-2000:]


def test_a_session_has_a_new_key_after_signing_in_and_none_after_signing_out(
    aiko: Agent, english: Client
):
    aiko.set_password(PASSWORD)
    aiko.save()
    english.session.save()
    english.cookies["session"] = (planted := english.session.session_key or "planted")
    english.post("/accounts/login/", {"login": aiko.email, "password": PASSWORD})
    signed_in_key = english.cookies["session"].value
    assert signed_in_key != planted
    assert english.get("/desk/").status_code == 200

    english.post("/accounts/logout/")
    english.cookies["session"] = signed_in_key

    assert english.get("/desk/").status_code == 302


def test_a_changed_password_ends_other_sessions(aiko: Agent):
    elsewhere = signed_in(aiko)
    aiko.set_password("another-long-password")
    aiko.save()

    assert elsewhere.get("/desk/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example/", "//evil.example/", "/\\evil.example", "///evil.example"),
        *("javascript:alert(1)", "https:evil.example", "http:///evil.example", "\\\\evil.example"),
        *("/\t/evil.example", "https://127.0.0.1@evil.example/", "data:text/html,x", "%2f%2fevil"),
    ],
)
def test_nobody_is_sent_to_another_site(aiko: Agent, english: Client, target: str):
    aiko.set_password(PASSWORD)
    aiko.save()
    answers = [
        english.post("/language/", {"language": "en", "next": target}),
        english.post(
            "/accounts/login/", {"login": aiko.email, "password": PASSWORD, "next": target}
        ),
    ]

    for answer in answers:
        location = urljoin("http://testserver/here/", answer.headers.get("Location", "/"))
        assert urlsplit(location)[:2] == ("http", "testserver")


# Headers from strangers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "X-Remote-User",
        "Remote-User",
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Auth-Request-Email",
    ],
)
def test_nobody_is_signed_in_by_a_header(aiko: Agent, english: Client, header: str):
    answer = english.get("/desk/", headers={header: aiko.email})

    assert answer.status_code == 302
    assert "/accounts/login/" in answer.headers["Location"]


@pytest.mark.usefixtures("support")
def test_a_forwarded_host_changes_no_address_in_pages_and_letters(
    aiko: Agent, english: Client, settings: LazySettings
):
    evil = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
    }

    page = english.post("/contact/", TYPED, headers=evil, follow=True)
    english.post("/accounts/password/reset/", {"email": aiko.email}, headers=evil)
    deliver_due()

    assert "evil.example" not in page.text
    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        assert "evil.example" not in letter.message().as_string()
        assert settings.BASE_URL in letter.body or "testserver" in letter.body


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "evil.example:80", "a b"]
)
def test_an_unknown_host_is_a_400_with_our_own_page(english: Client, host: str):
    answer = english.get("/contact/", headers={"Host": host})

    assert answer.status_code == 400
    assert "<h1" in answer.text
    assert "evil" not in answer.text


# How often ----------------------------------------------------------------------------------------


@pytest.fixture(params=["with Redis", "without Redis"])
def redis_or_not(request: pytest.FixtureRequest, settings: LazySettings) -> None:
    if request.param == "without Redis":
        default = {**settings.CACHES["default"], "LOCATION": NOWHERE}
        settings.CACHES = {"default": default}


@pytest.mark.usefixtures("support", "redis_or_not")
def test_too_many_inquiries_from_one_place_are_a_429_with_the_text_kept(
    english: Client, japanese: Client, settings: LazySettings
):
    settings.FORM_POSTS_PER_TEN_MINUTES = 4
    statuses = [
        # Without a submission field each looks like a machine's and costs two.
        english.post(
            "/contact/",
            {**TYPED, "body": f"{number}"},
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        ).status_code
        for number in range(3)
    ]

    refused = english.post("/contact/", TYPED)

    assert statuses == [302, 302, 429]
    assert refused.status_code == 429
    page = Page(refused.text)
    assert "what you typed is still here" in page.text
    kept = page.form("/contact/").fields
    assert {name: kept[name] for name in TYPED} == TYPED
    assert Ticket.objects.count() == 2
    assert "10分" in Page(japanese.post("/contact/", TYPED).text).text


@pytest.mark.usefixtures("support")
def test_another_place_is_not_held_up(english: Client, settings: LazySettings):
    settings.FORM_POSTS_PER_TEN_MINUTES = 2
    for _ in range(3):
        english.post("/contact/", TYPED)

    answer = Client(REMOTE_ADDR="192.0.2.7").post("/contact/", {**TYPED, "step": "send"})

    assert answer.status_code == 302


@pytest.mark.usefixtures("support")
def test_behind_our_own_proxy_the_last_hop_counts(settings: LazySettings):
    settings.FORM_POSTS_PER_TEN_MINUTES = 2
    settings.TRUSTED_PROXY_COUNT = 1

    def post(forwarded: str) -> int:
        sent = {**TYPED, "step": "send"}
        return Client().post("/contact/", sent, headers={"X-Forwarded-For": forwarded}).status_code

    assert post("198.51.100.1") == 302
    assert post("10.9.9.9, 198.51.100.1") == 429
    assert post("198.51.100.2") == 302


@pytest.mark.usefixtures("redis_or_not")
def test_after_five_wrong_passwords_even_the_right_one_is_refused(
    aiko: Agent, ben: Agent, english: Client
):
    for agent in (aiko, ben):
        agent.set_password(PASSWORD)
        agent.save()

    for number in range(5):
        english.post(
            "/accounts/login/",
            {"login": aiko.email, "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )
    english.post("/accounts/login/", {"login": aiko.email, "password": PASSWORD})
    assert SESSION_KEY not in english.session

    english.post("/accounts/login/", {"login": ben.email, "password": PASSWORD})
    assert english.session[SESSION_KEY] == str(ben.pk)


def test_a_wrong_password_and_an_unknown_person_look_alike(aiko: Agent, english: Client):
    aiko.set_password(PASSWORD)
    aiko.save()

    wrong, unknown = (
        Page(english.post("/accounts/login/", {"login": login, "password": "wrong"}).text)
        for login in (aiko.email, "nobody@example.com")
    )

    assert wrong.text == unknown.text


def test_asking_for_a_new_password_tells_nobody_who_works_here(aiko: Agent, english: Client):
    known, unknown = (
        english.post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in (aiko.email, "nobody@example.com")
    )

    assert Page(known.text).text == Page(unknown.text).text
    deliver_due()
    assert [letter.to for letter in mail.outbox] == [[aiko.email]]


@pytest.mark.usefixtures("support")
def test_a_program_that_fills_in_every_field_files_nothing(english: Client):
    answer = english.post("/contact/", {**TYPED, "website": "https://spam.example"})

    assert answer.status_code == 422
    assert not Ticket.objects.exists()
    assert not Customer.objects.exists()


@pytest.mark.usefixtures("support")
def test_a_bombed_mailbox_gets_three_letters_and_every_ticket_is_filed(english: Client):
    for number in range(8):
        address = ("victim@example.com", "VICTIM@example.com", "ｖictim@example.com")[number % 3]
        english.post("/contact/", {**TYPED, "email": address, "subject": "BUY NOW"})

    assert Ticket.objects.count() == 8
    assert OutboundEmail.objects.count() == 3
    assert all(
        "BUY NOW" not in letter.subject + letter.text for letter in OutboundEmail.objects.all()
    )


# Words from strangers -----------------------------------------------------------------------------

MARK = "xss7"
PAYLOADS = [
    f"<script>{MARK}()</script>",
    f'"><script src=//evil.example/{MARK}></script>',
    f"<img src=x onerror={MARK}()>",
    f"<svg/onload={MARK}()>",
    f"<svg><animate onbegin={MARK}() attributeName=x></svg>",
    f"'-{MARK}()-'",
    f'" onmouseover="{MARK}()" x="',
    f"' onfocus='{MARK}()' autofocus='",
    f'<a href="javascript:{MARK}()">x</a>',
    f"javascript:{MARK}()",
    f'http://a.example/"onmouseover={MARK}()',
    f"http://a.example/<script>{MARK}()</script>",
    f"<iframe srcdoc='<script>{MARK}()</script>'>",
    f"<div hx-get=/accounts/logout/ hx-trigger=load>{MARK}</div>",
    f"<div data-hx-on:load='{MARK}()'>",
    f"</title><script>{MARK}()</script>",
    f"</textarea><script>{MARK}()</script>",
    f"<!--<img src=--><img src=x onerror={MARK}()>",
    f"<math><mtext><style><img src=x onerror={MARK}()></style>",
    f"<form action=//evil.example/{MARK}><input name=password>",
    f"<base href=//evil.example/{MARK}>",
    f"<meta http-equiv=refresh content='0;url=//evil.example/{MARK}'>",
    f"{{{{ settings.SECRET_KEY }}}}{{% load {MARK} %}}",
    f"> quoted <b onclick={MARK}()>\n> more",
]
HARMFUL_TAGS = {"iframe", "object", "embed", "base", "style", "math", "animate", "applet", "frame"}
SCHEMES = ("javascript:", "data:", "vbscript:")
ADDRESSES = ("href", "src", "action", "formaction", "srcdoc", "xlink:href")


def live_nodes(page: Page) -> list[str]:
    """Everything in a page that could run, or that a stranger's words have become."""
    found = []
    for tag, attributes in page.elements:
        if tag in HARMFUL_TAGS or (tag == "script" and not _is_ours(attributes.get("src", ""))):
            found.append(f"<{tag}>")
        for name, value in attributes.items():
            bad_address = name in ADDRESSES and (
                value.strip().lower().startswith(SCHEMES) or "evil.example" in value
            )
            bad_name = (
                name.startswith(("on", "hx-on", "data-hx")) or name == "style" or MARK in name
            )
            if bad_name or bad_address or (name.startswith("hx-") and MARK in value):
                found.append(f"<{tag} {name}={value[:40]}>")
    return found


def _is_ours(source: str) -> bool:
    return source.startswith("/static/")


# Each payload stands once as a name, as a subject or as a file name, and always in the body.
A_THIRD = len(PAYLOADS) // 3
TRIPLES = list(
    zip(PAYLOADS[:A_THIRD], PAYLOADS[A_THIRD : 2 * A_THIRD], PAYLOADS[2 * A_THIRD :], strict=True)
)


@pytest.mark.parametrize(("name", "subject", "file_name"), TRIPLES)
def test_words_from_strangers_stay_words_wherever_they_are_shown(
    name: str,
    subject: str,
    file_name: str,
    aiko: Agent,
    ben: Agent,
    chika: Agent,
    english: Client,
    japanese: Client,
):
    Agent.objects.filter(pk=aiko.pk).update(name=name)
    aiko.refresh_from_db()
    payload = "\n\n".join(PAYLOADS)
    typed = {"name": name, "email": "eve@example.com", "subject": subject, "body": payload}
    file = SimpleUploadedFile("x.txt", b"hello")
    file.name = f"{file_name}.txt"
    confirmation = japanese.post("/contact/", {**typed, "attachments": file})
    sending = Page(confirmation.text).form("/contact/").sent_with("step", "send")
    arrived = japanese.post("/contact/", sending, follow=True)
    ticket = Ticket.objects.get()
    assert Message.objects.get().body == payload
    assign(ticket, to=aiko, by=ben)
    add_note(ticket, body=payload, agent=aiko)
    soon = timezone.now() + timedelta(days=1)
    # What looks like a placeholder is not sent to a customer.
    reply = Reply(body=payload.replace("{{", "{ {"), promise_at=soon)
    reply_to_customer(ticket, reply, agent=aiko)
    sweep_due(now=soon + timedelta(days=30))
    keep_all()
    link = next(a["href"] for a in Page(arrived.text).all("a") if "/r/" in a["href"])
    desk, manager = signed_in(aiko), signed_in(chika)

    pages = [
        confirmation,
        arrived,
        japanese.get(link),
        english.post("/contact/", {**typed, "email": name}),
        Client(enforce_csrf_checks=True).post("/contact/", typed),
        english.post(f"/desk/tickets/{ticket.number}/notes/", {"body": payload}),
        desk.get("/desk/"),
        desk.get("/desk/search/", {"q": subject}),
        desk.get("/desk/search/", {"q": "eve@example.com"}),
        desk.get(f"/desk/tickets/{ticket.number}/"),
        desk.post(f"/desk/tickets/{ticket.number}/replies/", {"body": payload, "promise": subject}),
        desk.get(f"/desk/customers/{ticket.customer_id}/"),
        desk.get("/desk/notifications/"),
        manager.get("/desk/notifications/"),
        manager.get("/reports/"),
        manager.get("/reports/tickets/?measure=arrived"),
        manager.get("/reports/promises/?by=customer"),
        manager.get(f"/reports/times/?customer={ticket.customer_id}"),
        manager.get("/reports/arrivals/open/"),
    ]

    for response in pages:
        assert response.status_code < 500
        assert live_nodes(Page(response.text)) == []
    for email in OutboundEmail.objects.all():
        html = as_received(email).get_body(("html",))
        assert html is not None
        # The one style of letters is our own: mail programs know no stylesheets.
        nodes = [node for node in live_nodes(Page(html.get_content())) if " style=" not in node]
        assert nodes == []


def test_the_search_for_live_nodes_finds_them():
    """The test above is worth what this one says."""
    for payload in PAYLOADS[:5]:
        assert live_nodes(Page(f"<p>{payload}</p>")) != []
    for harmless in (
        "<p>&lt;script&gt;</p>",
        '<a href="/desk/">x</a>',
        '<input value="onclick=1">',
    ):
        assert live_nodes(Page(harmless)) == []
