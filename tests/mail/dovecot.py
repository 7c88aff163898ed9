"""A real Dovecot on this machine: TLS with a certificate of its own, passwords and access tokens."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from helpdesk.supervisor.ports import free_port

PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
SECONDS_TO_START = 20.0
needs_dovecot = pytest.mark.skipif(
    PROGRAM is None or os.geteuid() != 0,
    reason="needs Dovecot (Debian: dovecot-imapd, dovecot-lmtpd), started by root",
)
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1, 127.0.0.2
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:~/Maildir
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/homes/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Processed {{
    auto = create
  }}
}}
"""
INTROSPECTION = """
introspection_url = http://127.0.0.1:{port}/
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""


@dataclass
class Dovecot:
    port: int
    tls_port: int
    lmtp_port: int
    authority: Path
    # Which token is good for which user.
    tokens: dict[str, str]
    presented: list[str]

    def put(self, user: str, *mails: EmailMessage) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as server:
            for mail in mails:
                server.sendmail("hana@example.jp", [user], mail.as_bytes())


@contextmanager
def dovecot(folder: Path, *, user: str, password: str) -> Iterator[Dovecot]:
    """One that lasts as long as the block."""
    with _introspection() as (asked_at, tokens, presented):
        ports = [free_port("127.0.0.1", wanted=wanted) for wanted in (19_243, 19_293, 19_224)]
        running = Dovecot(*ports, _certificate(folder), tokens, presented)
        _write_configuration(folder, running, asked_at, f"{user}:{{PLAIN}}{password}\n")
        process = subprocess.Popen([PROGRAM or "", "-F", "-c", str(folder / "dovecot.conf")])
        try:
            _wait_for(running, process)
            yield running
        finally:
            process.terminate()
            process.wait(20)


def _certificate(folder: Path) -> Path:
    """server.pem and server.key, signed by themselves; returned is what has to be trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.key").write_bytes(private)
    return pem


def _write_configuration(folder: Path, running: Dovecot, asked_at: int, users: str) -> None:
    homes = folder / "homes"
    homes.mkdir()
    shutil.chown(homes, "mail", "mail")
    # Dovecot's processes run as users of their own.
    for each in (folder, *folder.parents):
        if each.is_relative_to("/tmp") and each != Path("/tmp"):
            each.chmod(each.stat().st_mode | 0o011)
    (folder / "users").write_text(users)
    (folder / "oauth2.conf").write_text(INTROSPECTION.format(port=asked_at))
    (folder / "dovecot.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            port=running.port,
            tls_port=running.tls_port,
            lmtp_port=running.lmtp_port,
        )
    )
    for name in ("users", "oauth2.conf"):
        (folder / name).chmod(0o644)


@contextmanager
def _introspection() -> Iterator[tuple[int, dict[str, str], list[str]]]:
    """Whom the mail server asks about a token (RFC 7662)."""
    tokens: dict[str, str] = {}
    presented: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            token = asked.get("token", [""])[0]
            presented.append(token)
            user = tokens.get(token)
            body = json.dumps({"active": user is not None, "username": user or ""}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, tokens, presented
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _wait_for(running: Dovecot, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    context = ssl.create_default_context(cafile=str(running.authority))
    while time.monotonic() < until and process.poll() is None:
        try:
            with (
                socket.create_connection(("127.0.0.1", running.tls_port), timeout=2) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as safe,
            ):
                if safe.recv(4) == b"* OK":
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("Dovecot did not start")
