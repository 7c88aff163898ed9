"""The settings, the secret key, the disk and the files beside the program."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from accounts.models import Agent, Role
from common.secrets import Unreadable, decrypt, is_of_an_old_key
from common.static_files import are_served
from helpdesk.backup.contents import SECRET_KEY
from helpdesk.doctor.database import PREPARE
from helpdesk.doctor.findings import Findings, broken, fine, warning
from helpdesk.supervisor.plan import is_loopback
from integrations import secret_fields as webhook_fields
from integrations.models import Webhook
from mail.models import MailboxSource
from mail.secret_fields import SECRETS

ROOMY = 1024**3
FULL = 200 * 1024**2
SHORTEST_KEY = 50
OTHERS_MAY = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
NOWHERE = ("localhost", "example.com", "example.org", "example.net")


def addresses() -> Findings:
    """Whether customers can reach the desk by the address that stands in letters."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    if host not in settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        yield broken(
            "addresses",
            _("ALLOWED_HOSTS lacks %(host)s, the host of BASE_URL.") % {"host": host},
            _("Whoever opens a link of a letter is turned away."),
            f"ALLOWED_HOSTS={','.join([host, *settings.ALLOWED_HOSTS])}",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield warning(
            "addresses",
            _("ALLOWED_HOSTS allows every name."),
            _("Others can make the desk answer under a name of theirs."),
            f"ALLOWED_HOSTS={host},127.0.0.1,localhost",
        )
    if is_loopback(host) and not is_loopback(settings.HOST):
        yield warning(
            "addresses",
            _("BASE_URL is %(url)s, which only this machine reaches.") % {"url": settings.BASE_URL},
            _("Links in letters lead nowhere for customers."),
            "BASE_URL=https://help.example.com",
        )
    if not settings.IS_HTTPS and not is_loopback(host):
        yield warning(
            "addresses",
            _("BASE_URL is %(url)s, without encryption.") % {"url": settings.BASE_URL},
            _("Passwords and what customers write can be read on the way."),
            _("Put a proxy with TLS before it; see docs/operations.md"),
        )


def proxy() -> Findings:
    """Whether the desk believes its proxy."""
    if not settings.IS_HTTPS:
        return
    if not getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        yield warning(
            "proxy",
            _("BASE_URL is https, but BEHIND_TLS_PROXY is not set."),
            _("The desk takes every request for an unencrypted one and does not send HSTS."),
            "BEHIND_TLS_PROXY=1",
        )
    if not settings.TRUSTED_PROXY_COUNT:
        yield warning(
            "proxy",
            _("BASE_URL is https, but TRUSTED_PROXY_COUNT is 0."),
            _("All visitors seem to be the proxy, so they use up one limit together."),
            "TRUSTED_PROXY_COUNT=1",
        )


def demo() -> Findings:
    """Whether something meant for one's own machine is open to others."""
    is_public = not is_loopback(settings.HOST) or settings.IS_HTTPS
    if settings.DEMO and is_public:
        yield broken(
            "demo",
            _("The demo is on, and others reach this desk."),
            _("The passwords of the demo people are public."),
            "DEMO=0",
        )
    if settings.DEBUG and is_public:
        yield broken(
            "debug",
            _("DEBUG is on, and others reach this desk."),
            _("Error pages show what is inside."),
            "DEBUG=0",
        )


def sending() -> Findings:
    """Whether letters can leave at all."""
    backend = settings.EMAIL_BACKEND.rpartition(".")[0].rpartition(".")[2]
    if backend == "filebased" and not settings.DEMO:
        yield warning(
            "sending",
            _("Letters are written to files in %(path)s.") % {"path": settings.EMAIL_FILE_PATH},
            _("Nobody gets them."),
            "EMAIL_URL=smtp+tls://user:password@mail.example.com:587",
        )
    if backend == "smtp" and (said := _refusal(settings.EMAIL_HOST, settings.EMAIL_PORT)):
        yield warning(
            "sending",
            _("The mail server %(host)s does not answer: %(said)s")
            % {"host": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}", "said": said},
            _("Letters wait until it does."),
            _("Look at EMAIL_URL and the firewall"),
        )
    if not settings.DEMO and settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">") in NOWHERE:
        yield warning(
            "sending",
            _("Letters come from %(address)s.") % {"address": settings.DEFAULT_FROM_EMAIL},
            _("Nobody can answer there, and mail servers refuse it."),
            "DEFAULT_FROM_EMAIL=support@…",
        )


def key() -> Findings:
    """Whether the secret key is one, and opens what was locked with it."""
    if len(settings.SECRET_KEY) < SHORTEST_KEY or len(set(settings.SECRET_KEY)) < 5:
        yield warning(
            "secret key",
            _("SECRET_KEY is short."),
            _("Who guesses it opens every customer's page."),
            "openssl rand -base64 50",
        )
    path = Path(settings.DATA_DIR) / SECRET_KEY
    if path.exists() and path.stat().st_mode & OTHERS_MAY:
        yield broken(
            "secret key",
            _("Others on this machine can read %(path)s.") % {"path": path},
            _("Whoever has the key opens every customer's page."),
            f"chmod 600 {path}",
        )


def secrets() -> Findings:
    """Whether the passwords of mailboxes and the secrets of webhooks can be read."""
    old = lost = 0
    of_mailboxes = MailboxSource.objects.values_list(*SECRETS)
    of_webhooks = Webhook.objects.values_list(*webhook_fields.SECRETS)
    for stored in (text for row in (*of_mailboxes, *of_webhooks) for text in row):
        try:
            decrypt(stored)
        except Unreadable:
            lost += 1
        else:
            old += is_of_an_old_key(stored)
    if lost:
        yield broken(
            "secrets",
            _("%(count)s passwords of mailboxes or webhooks cannot be read.") % {"count": lost},
            _(
                "They were stored under another SECRET_KEY; these mailboxes and webhooks are silent."
            ),
            _("Put the earlier key into SECRET_KEY_FALLBACKS, or enter the passwords again"),
        )
    if old:
        yield warning(
            "secrets",
            _("%(count)s passwords of mailboxes or webhooks are stored under an earlier key.")
            % {"count": old},
            _("They are lost when that key leaves SECRET_KEY_FALLBACKS; using them renews them."),
            _("Wait until every mailbox and webhook has been used once"),
        )


def people() -> Findings:
    """Whether anybody can change the settings."""
    if not Agent.objects.filter(is_active=True, role=Role.ADMINISTRATOR).exists():
        yield warning(
            "people",
            _("There is no administrator."),
            _("Nobody can change the settings or invite people."),
            ".venv/bin/python manage.py createsuperuser",
        )


def disk() -> Findings:
    """Whether there is room for what comes."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    said = _("%(megabytes)s MB are free on %(path)s.") % {
        "megabytes": f"{free // 1024**2:,}",
        "path": settings.DATA_DIR,
    }
    why = _("On a full disk nothing can be written: no inquiry, no promise.")
    command = f"du -xsh {settings.DATA_DIR}/*"
    if free < FULL:
        yield broken("disk", said, why, command)
    elif free < ROOMY:
        yield warning("disk", said, why, command)
    else:
        yield fine("disk", said)


def data_directory() -> Findings:
    """Whether the files belong to us alone."""
    for path in (Path(settings.DATA_DIR), Path(settings.MEDIA_ROOT)):
        if path.exists() and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield warning(
                "data directory",
                _("Others on this machine can look into %(path)s.") % {"path": path},
                _("What customers send lies there."),
                f"chmod o-rwx {path}",
            )
    if not os.access(settings.DATA_DIR, os.W_OK):
        yield broken(
            "data directory",
            _("%(path)s cannot be written to.") % {"path": settings.DATA_DIR},
            _("Files of customers cannot be kept."),
            f"ls -ld {settings.DATA_DIR}",
        )


def static_files() -> Findings:
    """Whether stylesheets and scripts are those of this release."""
    if not settings.DEBUG and not are_served():
        yield broken(
            "static files",
            _("The static files are missing or of another release."),
            _("Pages come without their looks, or not at all."),
            PREPARE,
        )


def deployment() -> Findings:
    """What Django itself has to say about settings for the public."""
    found = checks.run_checks(include_deployment_checks=settings.IS_HTTPS)
    for message in found:
        if message.level >= checks.WARNING and not message.is_silenced():
            find = broken if message.level >= checks.ERROR else warning
            yield find(
                message.id or "check",
                str(message.msg),
                str(message.hint or _("Django warns of this.")),
                ".venv/bin/python manage.py check --deploy",
            )


def _refusal(host: str, port: int) -> str:
    """What keeps us from connecting; empty when nothing does."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError as error:
        return str(error)
    return ""
