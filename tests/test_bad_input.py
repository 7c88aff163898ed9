"""Whatever arrives, nobody sees a 500, nothing half-made is stored, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Agent
from customers.models import Customer
from mail.models import OutboundEmail
from tests.conftest import signed_in
from tests.factories import an_inquiry
from tests.html import Page
from tickets.models import Attachment, Message, Note, Ticket
from tickets.services.opening import Opened

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
TYPED = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "subject": "No paper",
    "body": "It says: no paper.",
}
HOSTILE = [
    b"",
    b" ",
    b"\x00",
    b"a\x00b",
    "\ud800".encode("utf-8", "surrogatepass"),
    "a\udfffb".encode("utf-8", "surrogatepass"),
    b"\xff\xfe\x80",
    b"+2AA-",
    b"-1",
    b"9" * 30,
    b"9" * 5000,
    b"1e400",
    b"NaN",
    "１２３".encode(),
    b"2026-02-30T25:61",
    b"9999-12-31T23:59:59-23:59",
    b"9999-12-31T23:59",
    b"0001-01-01T00:00:00+14:00",
    b"0001-01-01T00:00",
    b"x" * 100_000,
    "あ".encode() * 30_000,
    "\u202e\u200b\ufeff".encode(),
    b"<script>alert(1)</script>",
    b"{{ settings.SECRET_KEY }}{% load x %}%s%n{0.__class__}",
    b"../../../etc/passwd",
    b"' OR 1=1; --",
    b"//evil.example/",
    b"http://[evil/",
    b"a@b@c",
    b"a@" + b"b" * 300 + b".example",
    b"\r\nBcc: evil@example.com",
    b"[[[[[[",
    b"00000000-0000-0000-0000-000000000000",
]
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


@dataclass(frozen=True)
class World:
    inquiry: Opened
    agent: Client
    manager: Client


@pytest.fixture
def world(aiko: Agent, chika: Agent) -> World:
    return World(an_inquiry(language="en"), signed_in(aiko), signed_in(chika))


def post_bytes(browser: Client, address: str, fields: Mapping[str, bytes], **headers: Any):
    """A form as bytes, so that it may carry what no text can."""
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields.items())
    return browser.generic("POST", address, body, content_type=FORM, **headers)


def everything() -> tuple[int, ...]:
    models = (Ticket, Customer, Message, Note, Attachment, OutboundEmail)
    return tuple(model.objects.count() for model in models)


@pytest.fixture
def nothing_stored() -> Iterator[None]:
    before = everything()
    yield
    assert everything() == before


# Anything at all --------------------------------------------------------------------------------

OF_VISITORS = {
    "/contact/": [*TYPED, "phone", "website", "submission", "step", "remove"],
    "/r/{token}/replies/": ["body", "submission"],
    "/r/{token}/solution/": ["body"],
    "/r/{token}/reopening/": ["body"],
    "/language/": ["language", "next"],
    "/accounts/login/": ["login", "password", "next"],
    "/accounts/password/reset/": ["email"],
}
OF_AGENTS = {
    "/desk/tickets/{number}/replies/": [
        *("body", "outcome", "promise", "promise_other"),
        *("seen_entries", "seen_at", "submission_key"),
    ],
    "/desk/tickets/{number}/notes/": ["body", "submission_key"],
    "/desk/tickets/{number}/calls/": [
        *("body", "outcome", "promise", "promise_other"),
        *("seen_entries", "seen_at", "submission_key"),
    ],
    "/desk/tickets/create/": [
        *("customer", "name", "email", "phone", "language", "channel", "subject", "body"),
        *("team", "priority", "outcome", "promise", "promise_other", "submission_key"),
    ],
    "/desk/tickets/{number}/assignment/": ["assignee"],
    "/desk/tickets/{number}/solution/": ["x"],
    "/desk/tickets/{number}/reopening/": ["x"],
    "/desk/preferences/": ["language", "theme", "next"],
    "/desk/notifications/read/": ["x"],
}
VALID = {
    **{name: value.encode() for name, value in TYPED.items()},
    "step": b"send",
    "outcome": b"promise",
    "promise": b"2030-01-01T10:00:00+09:00",
    "language": b"en",
    "customer": b"new",
    "channel": b"phone",
    "priority": b"normal",
    "login": b"aiko@example.com",
    "password": b"wrong-password",
}
QUERIES = {
    "/": ["q"],
    "/contact/": ["subject"],
    "/accounts/login/": ["next"],
    "/desk/": ["scope", "state", "due", "after", "page"],
    "/desk/next/": ["scope", "due", "after"],
    "/desk/search/": ["q"],
    "/desk/customers/find/": ["q"],
    "/desk/tickets/new/": ["customer", "q"],
    "/reports/": ["period"],
    "/reports/wallboard/": ["theme"],
    **{
        f"/reports/{page}/": [
            *("period", "since", "until", "team", "agent", "topic", "channel", "customer"),
            *("organization", *more),
        ]
        for page, more in {
            "promises": ["by", "csv"],
            "times": ["csv"],
            "arrivals": ["heat"],
            "arrivals/open": ["age", "after"],
            "quality": ["by", "csv", "encoding"],
            "customers": ["by", "csv", "encoding"],
            "people": ["csv", "encoding"],
            "saved/new": ["page"],
        }.items()
    },
    "/reports/tickets/": [
        *("measure", "period", "since", "until", "team", "agent", "topic", "channel", "customer"),
        *("organization", "day", "hour", "weekday", "more_than", "at_most", "after"),
    ],
}
fuzz = settings(
    deadline=None,
    max_examples=14,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def filled_in(world: World, address: str) -> str:
    ticket = world.inquiry.ticket
    return address.format(number=ticket.number, token=world.inquiry.token)


def check(response: Any) -> None:
    assert response.status_code < 500
    if response.status_code >= 400:
        assert "<h1" in response.text, "an answer without a page"


@pytest.mark.parametrize("address", [*OF_VISITORS, *OF_AGENTS])
@fuzz
@given(data=st.data())
def test_no_field_of_any_form_breaks_anything(world: World, address: str, data: st.DataObject):
    fields = {**OF_VISITORS, **OF_AGENTS}[address]
    browser = world.agent if address in OF_AGENTS else Client(headers={"Accept-Language": "en"})
    bad = data.draw(st.dictionaries(st.sampled_from(fields), hostile, min_size=1))
    sent = {name: VALID.get(name, b"") for name in fields} | bad

    cache.clear()
    with transaction.atomic():
        check(post_bytes(browser, filled_in(world, address), sent))
        transaction.set_rollback(True)


@pytest.mark.parametrize("address", QUERIES)
@fuzz
@given(data=st.data())
def test_no_query_string_breaks_anything(world: World, address: str, data: st.DataObject):
    query = data.draw(st.dictionaries(st.sampled_from(QUERIES[address]), hostile, min_size=1))
    raw = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in query.items())

    check(world.manager.get(f"{address}?{raw[:50_000]}"))


@pytest.mark.parametrize("address", [*OF_VISITORS, *OF_AGENTS])
def test_each_hostile_value_in_every_field_at_once_or_in_one_alone(world: World, address: str):
    """The examples of the fuzz above, all of them, every time: by turns of value and form in every
    field at once or in one alone."""
    fields = {**OF_VISITORS, **OF_AGENTS}[address]
    turn = [*OF_VISITORS, *OF_AGENTS].index(address)
    browser = world.agent if address in OF_AGENTS else Client(headers={"Accept-Language": "en"})
    browser.raise_request_exception = False
    broken = []

    for number, value in enumerate(HOSTILE):
        alone = fields[number % len(fields)]
        valid = {each: VALID.get(each, b"") for each in fields}
        sent = valid | {alone: value} if (number + turn) % 2 else dict.fromkeys(fields, value)
        cache.clear()
        with transaction.atomic():
            status = post_bytes(browser, filled_in(world, address), sent).status_code
            transaction.set_rollback(True)
        if status >= 500:
            broken.append((alone, value[:40]))

    assert broken == []


@pytest.mark.parametrize("address", QUERIES)
def test_each_hostile_value_in_every_parameter(world: World, address: str):
    world.manager.raise_request_exception = False
    broken = []

    for value in HOSTILE:
        text = quote_from_bytes(value)[:20_000]
        query = "&".join(f"{name}={text}" for name in QUERIES[address])
        if world.manager.get(f"{address}?{query}").status_code >= 500:
            broken.append(value[:40])

    assert broken == []


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "1.0", "１０４２", "9" * 19, "9" * 30, "9" * 5000, "x", "%00", "%ED%A0%80"],
)
@pytest.mark.parametrize(
    "address",
    ["/desk/tickets/{}/", "/desk/customers/{}/", "/desk/files/{}/", "/r/{}/", "/dev/mail/{}/"],
)
def test_unknown_numbers_are_404_or_400(world: World, address: str, number: str):
    response = world.manager.get(address.format(quote(number, safe="%")))

    assert response.status_code in {400, 404}
    assert "<h1" in response.text


# What people are told ---------------------------------------------------------------------------

SENTENCES = {
    400: ("Something arrived damaged.", "もう一度"),
    413: ("Please go back and send smaller files", "ファイル"),
}


def assert_said(status: int, english: Any, japanese: Any) -> None:
    in_english, in_japanese = SENTENCES[status]
    assert (english.status_code, japanese.status_code) == (status, status)
    assert in_english in Page(english.text).text
    assert in_japanese in Page(japanese.text).text
    assert 'lang="ja"' in japanese.text


@pytest.mark.usefixtures("support", "nothing_stored")
@pytest.mark.parametrize(
    "query",
    ["?q=%00", "?q=%ED%A0%80", "?q=%FF", "?%FF=1", f"?{'&'.join('a=1' for _ in range(1001))}"],
)
def test_an_unreadable_query_is_a_400_in_the_readers_language(
    english: Client, japanese: Client, query: str
):
    # The language of the request before on this thread must not shine through.
    japanese.get("/")

    assert_said(400, english.get(f"/{query}"), japanese.get(f"/{query}"))


@pytest.mark.usefixtures("support", "nothing_stored")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", b"Grace\x00"),
        ("subject", b"No\x00paper"),
        ("body", b"no \x00 paper"),
        ("email", b"grace\x00@example.com"),
        ("phone", b"03-1234\x00-5678"),
        ("name", b"x" * 101),
        ("subject", b"x" * 201),
        ("body", b"x" * 100_000),
        ("body", "あ".encode() * 20_001),
        ("email", b"a" * 300 + b"@example.com"),
        ("phone", b"1" * 41),
    ],
)
def test_what_cannot_be_stored_is_said_beside_the_field_and_the_rest_is_kept(
    english: Client, japanese: Client, field: str, value: bytes
):
    sent = {name: text.encode() for name, text in TYPED.items()} | {field: value}

    for browser in (english, japanese):
        answer = post_bytes(browser, "/contact/", sent)

        assert answer.status_code == 422
        page = Page(answer.text)
        kept = page.form("/contact/").fields
        for name in set(TYPED) - {field}:
            assert kept[name] == TYPED[name]
        if b"\x00" not in value:
            assert kept[field] == value.decode()
        assert any(each.get("aria-invalid") == "true" for _, each in page.elements)


@pytest.mark.usefixtures("support")
@pytest.mark.parametrize("value", [b"caf\xe9", b"\xff\xfe", b"\xed\xa0\x80"])
def test_bytes_that_are_no_utf_8_become_marks_people_can_see(english: Client, value: bytes):
    """Browsers never send them; old programs do, and an inquiry must not be lost for an accent."""
    sent = {name: text.encode() for name, text in TYPED.items()} | {"body": value}

    answer = post_bytes(english, "/contact/", sent)

    assert answer.status_code == 302
    assert "\ufffd" in Message.objects.get().body


@pytest.mark.usefixtures("support", "nothing_stored")
@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "raw_unicode_escape", "unknown", "idna"])
@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x"])
def test_a_form_in_another_encoding_is_a_400(
    english: Client, japanese: Client, kind: str, charset: str
):
    body = b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n+2AA-\r\n--x--\r\n'
    content_type = f"{kind}; charset={charset}"

    answers = [
        browser.generic("POST", "/contact/", body, content_type=content_type)
        for browser in (english, japanese)
    ]

    assert_said(400, *answers)


@pytest.mark.usefixtures("support", "nothing_stored")
@pytest.mark.parametrize(
    "name",
    [
        "filename*=unknown''a.txt",
        "filename*=utf-7''%2B2AA-.txt",
        "filename*=utf-8''%ED%A0%80%00.txt",
        "filename*=broken",
        'filename="\xff\xfe.txt"',
        'filename="a.txt"; filename="b.txt"',
        'filename=""',
    ],
)
def test_a_broken_file_name_breaks_nothing(english: Client, name: str):
    body = (
        '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\r\n'
        f'--x\r\nContent-Disposition: form-data; name="attachments"; {name}\r\n\r\nhello\r\n--x--\r\n'
    ).encode("latin-1")

    with transaction.atomic():
        answer = english.generic(
            "POST", "/contact/", body, content_type="multipart/form-data; boundary=x"
        )
        transaction.set_rollback(True)

    assert answer.status_code in {400, 422}
    assert "<h1" in answer.text


@pytest.mark.usefixtures("support", "nothing_stored")
@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\n\r\n", b"x" * 5000, b"--x--", b"\x00" * 50, b"--x\r\nA" * 2000]
)
def test_a_damaged_upload_is_no_error_of_ours(english: Client, body: bytes):
    answer = english.generic(
        "POST", "/contact/", body, content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code in {400, 422}
    assert "<h1" in answer.text


@pytest.mark.usefixtures("support", "nothing_stored")
def test_a_form_of_more_text_than_we_read_is_a_413(english: Client, japanese: Client):
    body = b"body=" + b"x" * (3 * 1024 * 1024)

    answers = [
        browser.generic("POST", "/contact/", body, content_type=FORM)
        for browser in (english, japanese)
    ]

    assert_said(413, *answers)


@pytest.mark.usefixtures("support", "nothing_stored")
def test_a_request_larger_than_any_form_is_a_413_before_it_is_read(
    english: Client, japanese: Client, settings: LazySettings
):
    settings.REQUEST_MAX_BYTES = 1000

    answers = [
        browser.post("/contact/", {"attachments": SimpleUploadedFile("scan.txt", b"x" * 2000)})
        for browser in (english, japanese)
    ]

    assert_said(413, *answers)


@pytest.mark.usefixtures("support", "nothing_stored")
def test_too_many_files_are_a_413(english: Client, japanese: Client):
    answers = []
    for browser in (english, japanese):
        files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(21)]
        answers.append(browser.post("/contact/", {**TYPED, "attachments": files}))

    assert_said(413, *answers)


@pytest.mark.usefixtures("support", "nothing_stored")
def test_too_many_fields_are_a_400(english: Client, japanese: Client):
    body = "&".join(f"f{number}=1" for number in range(1001))

    answers = [
        browser.generic("POST", "/contact/", body, content_type=FORM)
        for browser in (english, japanese)
    ]

    assert_said(400, *answers)


@pytest.mark.usefixtures("support", "nothing_stored")
@pytest.mark.parametrize(
    ("name", "content", "in_english", "in_japanese"),
    [
        ("large.txt", b"x" * (11 * 1024 * 1024), "is larger than 10 MB", "10MB"),
        ("notes.txt", b"MZ\x90\x00" + b"x" * 100, "is a program", "プログラム"),
        ("setup.exe", b"hello", "is a program", "プログラム"),
    ],
)
def test_a_refused_file_is_named_and_the_text_is_kept(
    english: Client,
    japanese: Client,
    name: str,
    content: bytes,
    in_english: str,
    in_japanese: str,
):
    for browser, words in ((english, in_english), (japanese, in_japanese)):
        file = SimpleUploadedFile(name, content)

        answer = browser.post("/contact/", {**TYPED, "attachments": file})

        assert answer.status_code == 422
        page = Page(answer.text)
        assert name in page.text
        assert words in page.text.replace(" MB", "MB" if browser is japanese else " MB")
        assert page.form("/contact/").fields["body"] == TYPED["body"]


@pytest.mark.parametrize("name", ["session", "csrf", "language", "messages", "sessionid"])
@pytest.mark.parametrize(
    "value",
    ['"\\000aaaaaaaa"', '"\\377\\376aaaaaa"', "\x00", "x" * 8000, '"', "[[]]", "é" * 20, ";;"],
)
def test_a_broken_cookie_is_ignored(support: None, name: str, value: str):
    for address in ("/", "/contact/", "/desk/", "/accounts/login/"):
        answer = Client(HTTP_COOKIE=f"{name}={value}").get(address)

        assert answer.status_code in {200, 302, 400}


@pytest.mark.parametrize(
    "token", ["a" * 32, "A" * 32, "x", "%00", "%ED%A0%80", "..%2f..%2fdesk", "あ" * 32, "a" * 5000]
)
def test_a_forged_link_looks_like_any_page_that_does_not_exist(english: Client, token: str):
    address = quote(token, safe="%")
    unknown = english.get("/nowhere/")

    for answer in (
        english.get(f"/r/{address}/"),
        english.post(f"/r/{address}/replies/", {"body": "x"}),
        english.get(f"/contact/received/{address}/"),
        english.get(f"/r/{address}/files/{uuid4()}/"),
    ):
        assert answer.status_code in {400, 404}
        if answer.status_code == 404:
            assert Page(answer.text).all("h1") == Page(unknown.text).all("h1")
            assert "This page does not exist" in answer.text


# Agents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "promise",
    [
        "2026-02-30T10:00:00+09:00",
        "yesterday",
        "2020-01-01T10:00:00+09:00",
        "2030-01-01T10:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_an_impossible_promise_is_refused_and_the_reply_kept(world: World, promise: str):
    number = world.inquiry.ticket.number
    sent = {"body": "We are looking into it.", "outcome": "promise", "promise": promise}

    answer = world.agent.post(f"/desk/tickets/{number}/replies/", sent)

    assert answer.status_code == 422
    form = Page(answer.text).form("/replies/")
    assert form.fields["body"] == "We are looking into it."
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_note_that_cannot_be_stored_is_kept_in_its_box(world: World):
    number = world.inquiry.ticket.number

    answer = world.agent.post(f"/desk/tickets/{number}/notes/", {"body": "x" * 50_001})

    assert answer.status_code == 422
    assert Page(answer.text).form("/notes/").fields["body"] == "x" * 50_001
    assert not Note.objects.exists()


def test_a_form_that_expired_gives_the_text_back():
    browser = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})

    answer = browser.post("/contact/", TYPED)

    assert answer.status_code == 403
    assert TYPED["body"] in answer.text
    assert "This form has expired" in answer.text
