"""A bridge between a chat and the desk, in one file and with nothing but Python.

    CHANNEL_URL=https://desk.example/api/v1/channels/1/messages/ TOKEN=… SECRET=whsec_… \
        python bridge.py 8080

It takes the answers of the desk at http://0.0.0.0:8080/ , checks their signature and prints them;
and every line that is typed is brought to the desk as a message of the person "U1".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
import urllib.request
import uuid
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE = 5 * 60
REMEMBERED = 1000


def is_genuine(headers: Any, body: bytes, secret: str, *, now: float | None = None) -> bool:
    """Whether the desk has sent this, and lately (Standard Webhooks)."""
    name, second = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not second.isdigit() or abs((now or time.time()) - int(second)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{second}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(wanted, each) for each in given)


class Seen:
    """The same delivery may come twice; it has the same name then."""

    def __init__(self) -> None:
        self.names: OrderedDict[str, None] = OrderedDict()

    def is_new(self, name: str) -> bool:
        """Whether it has not come before; from here on it has."""
        if name in self.names:
            return False
        self.names[name] = None
        if len(self.names) > REMEMBERED:
            self.names.popitem(last=False)
        return True


def serve(port: int, secret: str, show: Any = print) -> ThreadingHTTPServer:
    """Take deliveries from now on, in a thread of its own."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            genuine = is_genuine(self.headers, body, secret)
            if genuine and seen.is_new(self.headers["webhook-id"]):
                told = json.loads(body)
                if told["type"] == "channel.message":
                    data = told["data"]
                    show(f"to {data['identity']}: {data['message']['body']}")
                else:
                    show(told["type"])
            # Anything but 2xx is sent again later.
            self.send_response(204 if genuine else 401)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing but the answers is printed."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def bring(url: str, token: str, *, identity: str, text: str, external_id: str) -> Any:
    """Bring a message to the desk. Under the same external_id it is taken once."""
    said = {"identity": identity, "text": text, "external_id": external_id}
    request = urllib.request.Request(  # noqa: S310 - the address is our own setting
        url,
        data=json.dumps(said).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": external_id,
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    serve(int(sys.argv[1]), os.environ["SECRET"])
    for line in sys.stdin:
        bring(
            os.environ["CHANNEL_URL"],
            os.environ["TOKEN"],
            identity="U1",
            text=line.strip(),
            external_id=str(uuid.uuid4()),
        )
