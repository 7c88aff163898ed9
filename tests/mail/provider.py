"""A provider of mailboxes on this machine, where people sign in (RFC 6749, RFC 7636, OpenID)."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

CLIENT, SECRET = "the-client", "the-client-secret"
SCOPE = "openid https://outlook.office.com/IMAP.AccessAsUser.All"
REFUSED = (400, {"error": "invalid_grant", "error_description": "the-code is wrong"})


@dataclass
class SignInServer:
    """Who signs in there, and how it goes; `asked` are the forms that came to the token address."""

    account: str = "support@desk.example"
    # What comes back instead of a code, and what is said instead of tokens.
    error: str = ""
    answer: tuple[int, dict[str, Any]] | None = None
    # What is in the answer and the ID token instead of the usual.
    tokens: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, address: str) -> str:
        """Somebody's browser opens the page and signs in; return where it is sent."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        connection.request("GET", f"{parts.path}?{parts.query}")
        location = connection.getresponse().headers["Location"]
        connection.close()
        return location

    def authorized(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert asked["client_id"] == CLIENT
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = asked
        result = {"error": self.error, "error_description": "x"} if self.error else {"code": code}
        return f"{asked['redirect_uri']}?{urlencode({**result, 'state': asked['state']})}"

    def redeemed(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """What is said to whoever asks for tokens."""
        self.asked.append(form)
        if self.answer:
            return self.answer
        if (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        tokens = {"access_token": "access-1", "expires_in": 3600, "token_type": "Bearer"}
        if form["grant_type"] == "client_credentials":
            return 200, tokens
        asked = self.codes.pop(form["code"], None)
        if asked is None or not self._fits(asked, form):
            return REFUSED
        claims = {
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "preferred_username": self.account,
            **self.claims,
        }
        more = {"refresh_token": "refresh-1", "scope": SCOPE, "id_token": _unsigned(claims)}
        return 200, {**tokens, **more, **self.tokens}

    def _fits(self, asked: dict[str, str], form: dict[str, str]) -> bool:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (challenge, form["redirect_uri"]) == (asked["code_challenge"], asked["redirect_uri"])


@contextmanager
def sign_in_server() -> Iterator[SignInServer]:
    """One that lasts as long as the block."""
    provider = SignInServer()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = dict(parse_qsl(urlsplit(self.path).query))
            self.send_response(302)
            self.send_header("Location", provider.authorized(asked))
            self.end_headers()

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            status, answer = provider.redeemed(form)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: Any) -> None:
            return

    http_server = HTTPServer(("127.0.0.1", 0), Answering)
    provider.url = f"http://127.0.0.1:{http_server.server_port}"
    thread = Thread(target=http_server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        http_server.shutdown()
        http_server.server_close()
        thread.join()


def _unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*coded, b"signature"]).decode()
