from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.devices import device_of
from accounts.models import Agent, AgentSession
from accounts.people import end_work
from accounts.tasks import forget_expired_sessions
from audit.models import Change
from mail.models import OutboundEmail
from tests.conftest import PASSWORD, signed_in
from tests.desk.pages import words
from tests.html import Page

pytestmark = pytest.mark.django_db
SECURITY = "/accounts/2fa/"
LOGIN = "/accounts/login/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
SECRET = "JBSWY3DPEHPK3PXP"
Enter = Callable[..., Client]


@pytest.fixture
def enter(aiko: Agent) -> Enter:
    """Aiko signs in with her password, in a browser."""
    aiko.language = "en"
    aiko.set_password(PASSWORD)
    aiko.save()

    def browser(user_agent: str = FIREFOX, *, cookies: Client | None = None) -> Client:
        client = Client(headers={"User-Agent": user_agent, "Accept-Language": "en"})
        if cookies is not None:
            client.cookies["known"] = cookies.cookies["known"].value
        client.post(LOGIN, {"login": aiko.email, "password": PASSWORD})
        return client

    return browser


def is_in(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


def confirm(client: Client) -> None:
    """They say once more who they are, which is asked before what matters."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def code_now(secret: str = SECRET, *, later: int = 0) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return f"{hotp_value(secret, counter + later):06}"


def with_app(agent: Agent) -> Agent:
    TOTP.activate(agent, SECRET)
    return agent


def subjects() -> list[str]:
    return list(OutboundEmail.objects.order_by("pk").values_list("subject", flat=True))


# Where somebody is signed in --------------------------------------------------------------------


def test_each_browser_is_shown_in_words_and_can_be_signed_out(enter: Enter):
    here, phone, other = enter(), enter(PHONE), enter()

    page = words(here.get(SECURITY))
    assert page.count("Firefox on Windows") == 2
    assert "Safari on iPhone" in page
    assert page.count("This browser") == 1
    on_phone = AgentSession.objects.get(system="iPhone")
    assert "That browser is signed out." in words(
        here.post(f"/desk/sessions/{on_phone.pk}/ending/", follow=True)
    )

    assert [is_in(each) for each in (here, phone, other)] == [True, False, True]
    assert "1 other browser is signed out." in words(
        here.post("/desk/sessions/ending/", follow=True)
    )
    assert [is_in(each) for each in (here, phone, other)] == [True, False, False]
    assert "Sign out all other browsers" not in words(here.get(SECURITY))


def test_nobody_signs_somebody_else_out(enter: Enter, ben: Agent):
    here = enter()
    session = AgentSession.objects.get()

    signed_in(ben).post(f"/desk/sessions/{session.pk}/ending/")
    signed_in(ben).post("/desk/sessions/ending/")

    assert is_in(here)


def test_who_signs_out_is_gone_from_the_list(enter: Enter):
    here, other = enter(), enter(PHONE)

    other.post("/accounts/logout/")

    assert "Safari on iPhone" not in words(here.get(SECURITY))


def test_a_session_is_over_after_eight_idle_hours_and_after_a_day(enter: Enter):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        idle, busy = enter(), enter()
        for hour in (7, 14, 21):
            clock.move_to(now + timedelta(hours=hour))
            assert is_in(busy)
            # A page that asks for news by itself is no use of it.
            idle.get("/desk/presence/", headers={"Sec-Fetch-Dest": "empty"})

        assert not is_in(idle)
        clock.move_to(now + timedelta(hours=23, minutes=59))
        assert is_in(busy)
        clock.move_to(now + timedelta(hours=24))
        assert not is_in(busy)


def test_sessions_that_are_over_are_deleted_and_the_others_live_on(enter: Enter, ben: Agent):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        signed_in(ben)
        clock.move_to(now + timedelta(hours=23))
        late = enter()
        clock.move_to(now + timedelta(hours=25))

        forget_expired_sessions()

        assert is_in(late)
        assert Session.objects.count() == AgentSession.objects.count() == 1


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(enter: Enter):
    here, other = enter(), enter(PHONE)

    page = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "nine otters swim", "password2": "nine otters swim"},
        follow=True,
    )

    assert "The new password is saved. All other browsers are signed out." in words(page)
    assert "This browser" in words(here.get(SECURITY)), "known by its new key"
    assert "Safari" not in words(here.get(SECURITY))
    assert not is_in(other)
    assert "Your password for Yakusoku was changed" in subjects()


def test_deactivation_ends_every_session(enter: Enter, aiko: Agent, admin: Agent):
    here = enter()

    end_work(aiko, by=admin)

    assert not is_in(here)
    assert not AgentSession.objects.exists()


@pytest.mark.parametrize(
    ("user_agent", "browser", "system"),
    [
        (FIREFOX, "Firefox", "Windows"),
        (PHONE, "Safari", "iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome", "Linux"),
        ("Mozilla/5.0 (Macintosh) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge", "macOS"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari", "Chrome", "Android"),
        ("curl/8", "", ""),
    ],
)
def test_browsers_are_recognised(user_agent: str, browser: str, system: str):
    found = device_of(user_agent)

    assert (found.browser, found.system) == (browser, system)


# Letters and log --------------------------------------------------------------------------------


def test_a_sign_in_from_a_new_browser_is_told_by_mail(enter: Enter):
    first = enter()
    assert subjects() == [], "who was just invited needs no letter"

    enter(cookies=first)
    assert subjects() == [], "known already"
    enter(PHONE)

    letter = OutboundEmail.objects.get()
    assert letter.subject == "Somebody signed in to Yakusoku as you"
    assert "Safari on iPhone" in letter.text
    assert SECURITY in letter.text


def test_sign_ins_and_failures_are_logged_without_names_and_passwords(
    enter: Enter, aiko: Agent, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    enter()
    Client().post(LOGIN, {"login": aiko.email, "password": "not the right one"})

    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    events = [(each["event"], each.get("agent")) for each in said]
    assert ("sign_in.succeeded", aiko.pk) in events
    assert ("sign_in.failed", aiko.pk) in events
    assert not re.search(f"not the right one|{PASSWORD}|{aiko.email}", str(said))


# Who guesses learns nothing -----------------------------------------------------------------------


def test_known_or_not_a_new_password_takes_the_same_work_and_one_letter(aiko: Agent):
    seen = []
    # A first letter reads what is remembered from then on.
    for address in (aiko.email, aiko.email, "nobody@example.com"):
        with CaptureQueriesContext(connection) as captured:
            answer = Client(headers={"Accept-Language": "en"}).post(
                "/accounts/password/reset/", {"email": address}, follow=True
            )
        written = [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE"))]
        seen.append((words(answer), [sql.split('"')[1] for sql in written]))

    assert seen[1] == seen[2]
    assert seen[2][1] == ["mail_outboundemail"]
    assert [each.to for each in OutboundEmail.objects.all()] == [aiko.email] * 2


# The second factor ------------------------------------------------------------------------------


def test_an_app_is_set_up_asked_for_and_removed(
    enter: Enter, aiko: Agent, django_capture_on_commit_callbacks
):
    here = enter()
    asked = here.get("/accounts/2fa/totp/activate/", follow=True)
    assert "Is it still you?" in words(asked)
    confirm(here)
    page = here.get("/accounts/2fa/totp/activate/")
    secret = re.search(r"<code>(\w+)</code>", page.text)
    assert secret
    with django_capture_on_commit_callbacks(execute=True):
        page = here.post("/accounts/2fa/totp/activate/", {"code": code_now(secret[1])}, follow=True)

    assert "Each works once." in words(page), "the recovery codes follow"
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secret[1] not in kept
    assert "An authenticator app was added to Yakusoku" in subjects()

    there = enter(cookies=here)
    assert not is_in(there)
    wrong = there.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "This code is not right" in words(wrong)
    there.post("/accounts/2fa/authenticate/", {"code": code_now(secret[1], later=9)})
    assert not is_in(there), "a code of another time"
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    there.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert is_in(there)
    assert "9 of 10 are left." in words(there.get(SECURITY))

    confirm(there)
    there.post("/accounts/2fa/totp/deactivate/")
    assert is_in(enter(cookies=here))
    assert not Authenticator.objects.filter(user=aiko).exists(), "the codes went with it"


def test_five_wrong_codes_lock_the_second_step(enter: Enter, aiko: Agent):
    with_app(aiko)
    here = enter()
    for _ in range(5):
        here.post("/accounts/2fa/authenticate/", {"code": "000000"})

    answer = here.post("/accounts/2fa/authenticate/", {"code": code_now()})

    assert "Wait a quarter of an hour" in words(answer)
    assert SESSION_KEY not in here.session


def test_a_link_to_a_new_password_works_once_and_does_not_replace_the_second_factor(
    enter: Enter, aiko: Agent
):
    signed_in_before = enter()
    with_app(aiko)
    somebody = Client(headers={"Accept-Language": "en"})
    somebody.post("/accounts/password/reset/", {"email": aiko.email})
    letter = OutboundEmail.objects.get(subject="A new password for Yakusoku")
    link = re.search(r"/accounts/password/reset/key/\S+", letter.text)
    assert link

    form = somebody.get(link[0], follow=True)
    chosen = {"password1": "nine otters swim", "password2": "nine otters swim"}
    somebody.post(form.redirect_chain[-1][0], chosen)

    assert not is_in(signed_in_before)
    assert not is_in(somebody)
    somebody.post(LOGIN, {"login": aiko.email, "password": "nine otters swim"})
    assert not is_in(somebody), "the code is asked for"
    again = Client(headers={"Accept-Language": "en"}).get(link[0], follow=True)
    assert "It was used already" in words(again)


def test_who_has_to_have_a_second_factor_does_nothing_before_they_have_one(
    enter: Enter, aiko: Agent, admin: Agent
):
    here = enter()
    changed = signed_in(admin).post(
        "/desk/settings/sign-in/update/", {"second_factor_roles": ["agent"]}
    )
    assert changed.status_code == 302

    assert here.get("/desk/").headers["Location"] == SECURITY
    assert here.post("/desk/tickets/create/").headers["Location"] == SECURITY
    page = here.get(SECURITY)
    assert "Set up a second factor first" in words(page)
    confirm(here)
    assert here.get("/accounts/2fa/totp/activate/").status_code == 200
    with_app(aiko)
    assert is_in(here)
    assert is_in(signed_in(admin)), "no other role is asked"
    written = Change.objects.get(table_name="accounts_signinrules")
    assert written.agent == admin.pk


def test_passkeys_are_offered_only_where_browsers_keep_them(english: Client, settings):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "desk.example"]

    def is_offered(host: str, **extra: bool) -> bool:
        page = Page(english.get(LOGIN, headers={"Host": host}, **extra).text)
        return any(button.get("data-passkey") for button in page.all("button"))

    assert is_offered("localhost:8000")
    assert not is_offered("127.0.0.1:8000")
    assert not is_offered("desk.example")
    assert is_offered("desk.example", secure=True)
