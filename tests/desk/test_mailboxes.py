"""Administrators set up mailboxes, see how they are, and read no secret anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, Notification, Team
from common.secrets import decrypt, encrypt
from mail.mailbox_editing import tell_of_silent_mailboxes
from mail.models import Mailbox, MailboxSource, OutboundEmail
from mail.transports import connection_for
from tests.conftest import signed_in
from tests.mail.imap import PASSWORD, USER, ImapServer, imap_server

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with imap_server() as running:
        yield running


@pytest.fixture
def as_admin(admin: Agent) -> Client:
    return signed_in(admin)


def entered(team: Team, **changes: Any) -> dict[str, Any]:
    return {
        "address": "Help@Desk.example",
        "name": "Help",
        "team": team.pk,
        "language": "ja",
        "is_active": "on",
        "trusted_servers": "mx.desk.example, MX2.desk.example",
        "kind": "imap",
        "host": "imap.desk.example",
        "port": 993,
        "security": "tls",
        "user": "help",
        "auth": "password",
        "secret": "an-imap-password",
        "folder": "INBOX",
        "after_fetch": "leave",
        "transport": "default",
        "smtp_port": 587,
        "smtp_security": "starttls",
        **changes,
    }


def save(client: Client, fields: dict[str, Any], mailbox: Mailbox | None = None) -> Any:
    name = "desk:settings_mailbox_update" if mailbox else "desk:settings_mailbox_create"
    return client.post(reverse(name, args=[mailbox.pk] if mailbox else []), fields)


def test_a_mailbox_is_set_up(as_admin: Client, support: Team):
    response = save(as_admin, entered(support))

    mailbox = Mailbox.objects.get()
    assert response.headers["Location"] == reverse("desk:settings_mailbox", args=[mailbox.pk])
    assert mailbox.address == "help@desk.example"
    assert mailbox.trusted_servers == ["mx.desk.example", "mx2.desk.example"]
    source = mailbox.mail_source
    assert (source.kind, source.host, source.takes_what_is_there) == (
        "imap",
        "imap.desk.example",
        False,
    )
    assert decrypt(source.secret) == "an-imap-password"


def test_the_secret_is_on_no_page_and_stays_when_nothing_is_entered(
    as_admin: Client, support: Team
):
    save(as_admin, entered(support))
    mailbox = Mailbox.objects.get()

    response = save(as_admin, entered(support, secret="", name="Other"), mailbox)

    assert response.status_code == 302
    assert decrypt(MailboxSource.objects.get().secret) == "an-imap-password"
    page = as_admin.get(reverse("desk:settings_mailbox", args=[mailbox.pk])).text
    assert "an-imap-password" not in page
    assert MailboxSource.objects.get().secret not in page


def test_a_stored_secret_is_never_sent_to_another_server(as_admin: Client, support: Team):
    save(as_admin, entered(support))
    mailbox = Mailbox.objects.get()

    response = save(as_admin, entered(support, secret="", host="imap.evil.example"), mailbox)

    assert response.status_code == 422
    assert MailboxSource.objects.get().host == "imap.desk.example"


@pytest.mark.parametrize(
    "changes",
    [
        {"security": "none"},
        {"host": ""},
        {"user": ""},
        {"after_fetch": "move"},
        {"auth": "xoauth2", "token_url": "http://login.example/", "app_id": "x"},
        {"auth": "xoauth2"},
        {"auth": "client"},
        {"auth": "client", "provider": "google"},
        {"transport": "smtp"},
        {"transport": "smtp", "smtp_host": "smtp.desk.example", "smtp_security": "none"},
        {"address": "no address"},
    ],
)
def test_what_cannot_work_or_is_not_safe_is_not_saved(
    as_admin: Client, support: Team, changes: dict[str, Any]
):
    assert save(as_admin, entered(support, **changes)).status_code == 422
    assert not Mailbox.objects.exists()


def test_two_mailboxes_cannot_share_an_address(as_admin: Client, support: Team):
    save(as_admin, entered(support))

    assert save(as_admin, entered(support)).status_code == 422


def test_there_is_one_mailbox_for_all_other_mail(as_admin: Client, support: Team, mailbox: Mailbox):
    save(as_admin, entered(support, is_default="on"))

    assert Mailbox.objects.get(is_default=True).address == "help@desk.example"


def test_replies_of_a_mailbox_quote_what_was_said_if_somebody_says_so(
    as_admin: Client, support: Team
):
    save(as_admin, entered(support))
    mailbox = Mailbox.objects.get()
    assert not mailbox.quotes_history

    save(as_admin, entered(support, quotes_history="on"), mailbox)

    mailbox.refresh_from_db()
    assert mailbox.quotes_history


def test_another_place_is_read_from_its_beginning(as_admin: Client, support: Team):
    save(as_admin, entered(support))
    mailbox = Mailbox.objects.get()
    MailboxSource.objects.update(uid_validity=7, last_uid=99)

    save(as_admin, entered(support, name="Other"), mailbox)
    assert MailboxSource.objects.get().last_uid == 99
    save(as_admin, entered(support, folder="Support"), mailbox)

    source = MailboxSource.objects.get()
    assert (source.uid_validity, source.last_uid) == (None, 0)


def test_a_preset_fills_the_form(as_admin: Client, support: Team):
    page = as_admin.get(reverse("desk:settings_mailbox_new"), {"preset": "microsoft"}).text

    assert "outlook.office365.com" in page
    assert '<option value="microsoft" selected>' in page


def test_who_signs_in_by_the_browser_needs_no_user_name_of_its_own(as_admin: Client, support: Team):
    save(as_admin, entered(support, auth="xoauth2", provider="microsoft", user="", secret=""))

    assert MailboxSource.objects.get().user == "help@desk.example"


@pytest.mark.parametrize(
    "changes",
    [{"provider": "google"}, {"account": "ben@desk.example"}, {"address": "x@desk.example"}],
)
def test_what_one_account_was_given_is_not_used_for_another(
    as_admin: Client, support: Team, changes: dict[str, Any]
):
    fields = entered(support, auth="xoauth2", provider="microsoft", secret="")
    save(as_admin, fields)
    token = encrypt("refresh-1")
    MailboxSource.objects.update(refresh_token=token, signed_in_as="help@desk.example")
    mailbox = Mailbox.objects.get()
    save(as_admin, {**fields, "name": "Other"}, mailbox)
    assert MailboxSource.objects.get().refresh_token == token

    save(as_admin, {**fields, **changes}, mailbox)

    source = MailboxSource.objects.get()
    assert (source.refresh_token, source.signed_in_as) == ("", "")


def test_the_page_tells_who_changed_what_and_of_secrets_only_that(
    as_admin: Client, admin: Agent, support: Team
):
    Agent.objects.filter(pk=admin.pk).update(language="en")
    save(as_admin, entered(support))
    mailbox = Mailbox.objects.get()
    changes = {"host": "imap2.desk.example", "secret": "another-password", "is_active": ""}

    save(as_admin, entered(support, **changes), mailbox)
    save(as_admin, entered(support, **{**changes, "secret": ""}), mailbox)

    page = as_admin.get(reverse("desk:settings_mailbox", args=[mailbox.pk])).text
    history = page[page.index('id="changes"') :]
    assert "IMAP server: imap.desk.example → imap2.desk.example" in history
    assert "In use: yes → no" in history
    assert "Password: changed" in history
    assert history.count("Admin") == 2
    assert "password" not in str(list(mailbox.changes.values_list("changes", flat=True)))


def test_older_changes_are_on_further_pages(as_admin: Client, support: Team):
    save(as_admin, entered(support))
    mailbox = Mailbox.objects.get()
    for number in range(21):
        save(as_admin, entered(support, name=f"Name {number}."), mailbox)
    address = reverse("desk:settings_mailbox", args=[mailbox.pk])

    first, second = (as_admin.get(address, {"page": page}).text for page in (1, 2))

    assert "Name 19. → Name 20." in first
    assert "→ Name 0." not in first
    assert "→ Name 0." in second


def test_testing_says_who_is_signed_in_and_which_folders_there_are(
    as_admin: Client, mailbox: Mailbox, server: ImapServer
):
    source = server.source_of(mailbox, folder=server.new_folder())

    page = as_admin.post(reverse("desk:settings_mailbox_check", args=[mailbox.pk])).text

    assert source.folder in page
    assert f"{USER}" in page
    assert PASSWORD not in page


def test_testing_tells_what_is_wrong_and_what_to_do(
    as_admin: Client, admin: Agent, mailbox: Mailbox, server: ImapServer
):
    Agent.objects.filter(pk=admin.pk).update(language="en")
    server.source_of(mailbox, folder="INBOX", secret=encrypt("wrong-horse"))

    page = as_admin.post(reverse("desk:settings_mailbox_check", args=[mailbox.pk])).text

    assert "refused the user name or the password" in page
    assert "app password" in page
    assert "wrong-horse" not in page


def test_the_list_says_how_each_mailbox_is(as_admin: Client, admin: Agent, mailbox: Mailbox):
    Agent.objects.filter(pk=admin.pk).update(language="en")
    MailboxSource.objects.create(
        mailbox=mailbox,
        kind="imap",
        host="x",
        last_error="token_refused",
        last_error_at=timezone.now(),
        failures=3,
    )

    page = as_admin.get(reverse("desk:settings_mailboxes")).text

    assert "no longer accepts the sign-in" in page
    assert "Sign in again" in page
    assert "3 times in a row" in page


def test_fetch_now_makes_the_mailbox_due(as_admin: Client, mailbox: Mailbox):
    later = timezone.now() + timedelta(minutes=10)
    source = MailboxSource.objects.create(
        mailbox=mailbox, kind="imap", host="x", next_fetch_at=later
    )

    as_admin.post(reverse("desk:settings_mailbox_fetch", args=[mailbox.pk]))

    source.refresh_from_db()
    assert source.next_fetch_at <= timezone.now()


def test_administrators_hear_once_that_a_mailbox_is_silent(admin: Agent, mailbox: Mailbox):
    now = timezone.now()
    source = MailboxSource.objects.create(
        mailbox=mailbox, kind="imap", host="x", watched_since=now - timedelta(minutes=14)
    )
    assert tell_of_silent_mailboxes(now=now) == 0

    told = [tell_of_silent_mailboxes(now=now + timedelta(minutes=each)) for each in (2, 3, 60)]

    assert told == [1, 0, 0]
    notification = Notification.objects.get(kind="mailbox_silent")
    assert (notification.agent, notification.label) == (admin, mailbox.address)
    assert notification.path == reverse("desk:settings_mailbox", args=[mailbox.pk])
    # It works again, and fails again.
    again = now + timedelta(hours=2)
    MailboxSource.objects.filter(pk=source.pk).update(alerted_at=None, last_success_at=again)
    assert tell_of_silent_mailboxes(now=again + timedelta(minutes=16)) == 1


def test_a_silent_mailbox_is_named_in_readyz_and_fails_nothing(client: Client, mailbox: Mailbox):
    hour_ago = timezone.now() - timedelta(hours=1)
    MailboxSource.objects.create(mailbox=mailbox, kind="imap", host="x", watched_since=hour_ago)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["parts"]["mailboxes"]["status"] == "late"


def test_letters_of_a_mailbox_leave_by_its_own_server(mailbox: Mailbox):
    MailboxSource.objects.create(
        mailbox=mailbox,
        transport="smtp",
        smtp_host="smtp.desk.example",
        smtp_user="sender",
        smtp_secret=encrypt("smtp-password"),
    )

    connection = connection_for(OutboundEmail(from_email=mailbox.sender))

    assert (connection.host, connection.port, connection.use_tls) == (
        "smtp.desk.example",
        587,
        True,
    )
    assert (connection.username, connection.password) == ("sender", "smtp-password")
    assert connection_for(OutboundEmail(from_email="other@desk.example")) is None
