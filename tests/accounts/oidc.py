"""A small OpenID Connect provider on this machine: discovery, keys and tokens, signed as real ones."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

APP, SECRET = "yakusoku", "a-secret-of-the-provider"


class Oidc:
    """`claims` go into the next token over the usual ones; `key` signs it."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}/realms/company"
        self.key = self.known_key = rsa.generate_private_key(65537, 2048)
        self.claims: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.redeemed: list[dict[str, str]] = []
        self.calls: list[str] = []

    def sign_in(self, address: str) -> str:
        """What the person's browser does at our page: where it is sent back to."""
        self.asked = {name: texts[0] for name, texts in parse_qs(urlsplit(address).query).items()}
        return f"{urlsplit(self.asked['redirect_uri']).path}?code=c0de&state={self.asked['state']}"

    def answer(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        self.calls.append(path)
        if path.endswith("openid-configuration"):
            places = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return {"issuer": self.issuer, **{name: f"{self.issuer}/{name}" for name in places}}
        if path.endswith("jwks_uri"):
            key = jwt.algorithms.RSAAlgorithm.to_jwk(self.known_key.public_key(), as_dict=True)
            return {"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]}
        self.redeemed.append(fields)
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.token()}

    def token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": APP,
            "sub": "u1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
            "email_verified": True,
            **self.claims,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "k1"})


@contextmanager
def running_provider() -> Iterator[Oidc]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: texts[0] for name, texts in parse_qs(body).items()})

        def _answer(self, fields: dict[str, str]) -> None:
            said = json.dumps(provider.answer(self.path, fields)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Oidc(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
