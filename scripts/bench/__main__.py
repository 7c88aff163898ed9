"""`make bench`: how fast the desk is, as ratios to the least this machine can do, measured in turn.

The numbers themselves say little (machines differ and are noisy); the ratios are what counts. The
last line is JSON. Sizes: `make bench ARGS="--tickets 100000"`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
# Words that `manage.py generate_load` says so often, by messages.
SEARCHES = {
    "absent": "麒麟",
    "absent_english": "xylophone",
    "one_in_20000": "瑠璃",
    "one_in_2000": "解約",
    "one_in_200": "返品",
    "one_in_200_english": "refund",
    "very_common": "した",
    "one_character": "品",
    "four_characters": "返品した",
    "beginning_of_a_word": "refun",
    "two_words": "返品 プリンター",
    "customer": "from:山田",
}
# What managers read, for the usual thirty days.
REPORTS = {
    "overview": "/reports/",
    "wallboard": "/reports/wallboard/",
    "promises": "/reports/promises/",
    "times": "/reports/times/",
    "arrivals": "/reports/arrivals/",
    "backlog": "/reports/arrivals/open/",
    "quality": "/reports/quality/",
    "customers": "/reports/customers/",
    "people": "/reports/people/",
    "tickets_behind_a_number": "/reports/tickets/?measure=contact",
    "definitions": "/reports/definitions/",
}


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        bench = Bench(stack, options)
        results = {
            "tickets": options.tickets,
            "pages": bench.pages(),
            "search": bench.search(),
            "figures": bench.figures,
            "reports": bench.reports(),
            "form": bench.form(),
            "arithmetic": bench.arithmetic(),
            "sweep": bench.sweep(),
            "empty_sweep": bench.part("steady", "empty", options.live),
            "two_sweepers": bench.part("steady", "together", options.due),
            "steady_breaches": bench.part("steady", "steady", 200),
            "acknowledgement": bench.acknowledgement(),
            "mail_in": bench.part("incoming", "mail_in", options.mails),
            "bulk": bench.part("bulk", options.bulk),
            "breach_lag": bench.breach_lag(),
            "guessing": bench.part("guessing", max(60, options.requests)),
        }
        # Last, because it fills the desk further.
        results["grown"] = bench.grown(results)
    print(json.dumps(results, indent=2))
    print(json.dumps(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument(
        "--grow-to",
        type=int,
        default=0,
        help="so many tickets for a second look at pages, search and reports",
    )
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--seconds", type=int, default=20, help="of posting, one a second")
    parser.add_argument("--live", type=int, default=100_000, help="commitments still to come")
    parser.add_argument("--mails", type=int, default=300, help="mails that come in")
    parser.add_argument("--bulk", type=int, default=100, help="tickets changed at once")
    parser.add_argument("--due", type=int, default=10_000, help="promises due in one second")
    return parser.parse_args()


class Bench:
    """One desk with its own servers, filled once, measured from outside."""

    def __init__(self, stack: ExitStack, options: argparse.Namespace) -> None:
        self.options = options
        self.stack = stack
        self.data_dir = Path(tempfile.mkdtemp(prefix="yakusoku-bench-"))
        stack.callback(shutil.rmtree, self.data_dir, ignore_errors=True)
        self.port, self.smtp_port = _free_port(), _free_port()
        self._start_servers()
        self._set_environment()
        self._fill()
        self.mails = _start_sink(self.smtp_port, stack)
        self._start("-m", "gunicorn", "--config", "python:helpdesk.gunicorn_conf", "helpdesk.wsgi")
        _wait_for(self.port)

    # What is measured

    def pages(self) -> dict[str, Any]:
        """The pages an agent opens all day, against 50 ORM rows in a bare table.

        The queue with 50 rows, also from its middle on, its broken promises, and a ticket with few and
        with 200 messages.
        """
        session = _signed_in(self.session)
        numbers = cycle(self.numbers)
        deep = f"/desk/?{urlencode({'after': self.place})}"
        *taken, floor, bare = _alternate(
            self.options.requests,
            lambda: self._get("/desk/", cookie=session, expect="ticket-row"),
            lambda: self._get(deep, cookie=session, expect="ticket-row"),
            lambda: self._get("/desk/?due=broken", cookie=session, expect="ticket-row"),
            lambda: self._get(
                f"/desk/tickets/{next(numbers)}/", cookie=session, expect="ticket-head"
            ),
            lambda: self._get(f"/desk/tickets/{self.long}/", cookie=session, expect="ticket-head"),
            lambda: self._get("/floor/list/", cookie=session, expect="<table>"),
            lambda: self._get("/floor/view/", cookie="", expect="xxx"),
        )
        names = (
            "queue_page",
            "queue_page_deep",
            "queue_page_broken",
            "ticket_page",
            "ticket_page_200_messages",
        )
        return {
            "floor_list_ms": _median(floor),
            "floor_view_ms": _median(bare),
            **{name: _against(floor, mine) for name, mine in zip(names, taken, strict=True)},
        }

    def search(self) -> dict[str, Any]:
        """The first page of results for words of every frequency, against 50 ORM rows in a table."""
        session = _signed_in(self.session)
        paths = [f"/desk/search/?{urlencode({'q': words})}" for words in SEARCHES.values()]
        asked = [partial(self._get, path, cookie=session, expect="search-help") for path in paths]
        *taken, floor = _alternate(
            max(10, self.options.requests // 3),
            *asked,
            lambda: self._get("/floor/list/", cookie=session, expect="<table>"),
        )
        found = {name: _against(floor, mine) for name, mine in zip(SEARCHES, taken, strict=True)}
        return {"floor_list_ms": _median(floor), **found}

    def reports(self) -> dict[str, Any]:
        """The managers' pages, against 50 ORM rows in a table."""
        session = _signed_in(self.managers_session)
        asked = [
            partial(self._get, path, cookie=session, expect="<h1") for path in REPORTS.values()
        ]
        *taken, floor = _alternate(
            max(10, self.options.requests // 3),
            *asked,
            lambda: self._get("/floor/list/", cookie=session, expect="<table>"),
        )
        read = {name: _against(floor, mine) for name, mine in zip(REPORTS, taken, strict=True)}
        return {"floor_list_ms": _median(floor), **read}

    def grown(self, before: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """The same pages, searches and reports with more tickets, and how much slower that makes
        them."""
        size = self.options.grow_to
        if size <= self.options.tickets:
            return {}
        began = time.monotonic()
        _in_django(self.environment, "scripts.bench.sweeping", "grow", size - self.options.tickets)
        filled = round(time.monotonic() - began)
        figures = self._count_figures(size)
        # The server has long closed an idle connection; http.client opens it again by itself.
        _connection(self.port).close()
        after = {"pages": self.pages(), "search": self.search(), "reports": self.reports()}
        return {
            "tickets": size,
            "seconds_to_fill": filled,
            "figures": figures,
            **after,
            # Of the ratios to the floor, which does not grow: the machine may be busier by now.
            "growth": {
                name: round(measured["ratio_to_floor"] / before[part][name]["ratio_to_floor"], 2)
                for part, figures in after.items()
                for name, measured in figures.items()
                if isinstance(measured, dict)
            },
        }

    def form(self) -> dict[str, Any]:
        """GET and POST of the public form against a form with four INSERTs in one commit."""
        mine, floor = _alternate(
            self.options.requests, lambda: self._post_inquiry(), lambda: self._post_floor()
        )
        rate, floor_rate = self._rate(self._post_inquiry), self._rate(self._post_floor)
        return {
            **_against(floor, mine),
            "floor_ms": _median(floor),
            "posts_per_second": round(rate, 1),
            "floor_posts_per_second": round(floor_rate, 1),
        }

    def acknowledgement(self) -> dict[str, Any]:
        """From the answered post to the letter at the mail server, one post a second."""
        self._start(
            *(
                "-m",
                "celery",
                "-A",
                "helpdesk",
                "worker",
                "--concurrency",
                "2",
                "-Q",
                "celery,sweep",
            ),
            "--without-gossip",
            "--without-mingle",
        )
        self._start("manage.py", "pump")
        time.sleep(8)
        self._wait_for_silence()
        posted: dict[str, float] = {}
        for number in range(self.options.seconds):
            began = time.monotonic()
            address = f"delay{number}@example.com"
            # The server has long closed an idle connection; http.client opens it again by itself.
            _connection(self.port).close()
            self._post_inquiry(address)
            posted[address] = time.monotonic()
            time.sleep(max(0.0, 1 - (time.monotonic() - began)))
        time.sleep(3)
        delays = [1000 * (self.mails[a] - at) for a, at in posted.items() if a in self.mails]
        return {**_spread(delays), "posts": len(posted), "arrived": len(delays)}

    def sweep(self) -> dict[str, Any]:
        """Rows a second in one process, with all that follows, against one UPDATE."""
        rate, floor = _in_django(
            self.environment, "scripts.bench.sweeping", "rate", self.options.due
        )
        return {
            "rows": self.options.due,
            "rows_per_second": rate,
            "floor_rows_per_second": floor,
            "ratio_to_floor": round(floor / rate, 1),
        }

    def arithmetic(self) -> dict[str, Any]:
        """Additions of working time and replays of a log, in one process without a database."""
        return self.part("arithmetic")

    def part(self, module: str, *arguments: object) -> dict[str, Any]:
        """What a module of this package measures on its own, in a process of its own."""
        return dict(_in_django(self.environment, f"scripts.bench.{module}", *arguments))

    def breach_lag(self) -> dict[str, Any]:
        """Detected minus due when many promises fall due in one second and the pump runs."""
        return dict(_in_django(self.environment, "scripts.bench.sweeping", "lag", 1000))

    # The desk

    def _start_servers(self) -> None:
        from helpdesk.embedded import database_url, postgres, redis, redis_url
        from helpdesk.embedded.start import start
        from helpdesk.processes import stop

        for program in (postgres.program(self.data_dir), redis.program(self.data_dir)):
            process = start(program, log=self.data_dir / f"{program.name}.log")
            self.stack.callback(stop, process, first=program.stop_signal, patience=5)
        postgres.create_database(self.data_dir)
        self.database_url, self.redis_url = database_url(self.data_dir), redis_url(self.data_dir)

    def _set_environment(self) -> None:
        self.environment = {
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DJANGO_SETTINGS_MODULE": "scripts.bench.settings",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "FORM_POSTS_PER_TEN_MINUTES": "1000000",
            "LANGUAGE_CODE": "en",
            "DEMO": "0",
            "LOG_LEVEL": "ERROR",
        }

    def _fill(self) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "prepare"], cwd=ROOT, env=self.environment, check=True
        )
        self.session, self.managers_session, self.numbers, self.long, self.place = _in_django(
            self.environment, "scripts.bench.sweeping", "people", self.options.tickets
        )
        self.figures = self._count_figures(self.options.tickets)

    def _count_figures(self, tickets: int) -> dict[str, Any]:
        """Bring facts and tallies up to date: how long it took."""
        return dict(_in_django(self.environment, "scripts.bench.sweeping", "figures", tickets))

    def _start(self, *arguments: str) -> None:
        log = (self.data_dir / "processes.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.stack.callback(_end, process)

    # Requests

    def _get(self, path: str, *, cookie: str, expect: str) -> None:
        headers = {"Cookie": cookie, "Accept-Language": "en"}
        connection = _connection(self.port)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        except http.client.RemoteDisconnected:
            # Kept alive for longer than the server does while data was filled in.
            connection.close()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200 or expect not in text:
            raise SystemExit(f"{path} answered {answer.status}: {text[:400]}")

    def _post_inquiry(self, email: str = "") -> None:
        email = email or f"bench{time.monotonic_ns()}@example.com"
        self._post(
            "/contact/",
            name="Emma Clarke",
            email=email,
            subject="Where is my refund",
            body="I sent the parcel back two weeks ago and have heard nothing since.",
        )

    def _post_floor(self) -> None:
        self._post(
            "/floor/form/",
            name="Emma Clarke",
            email="emma@example.com",
            subject="Where is my refund",
            body="I sent the parcel back two weeks ago and have heard nothing since.",
        )

    def _post(self, path: str, **fields: str) -> None:
        connection = _connection(self.port)
        connection.request("GET", path, headers={"Accept-Language": "en"})
        answer = connection.getresponse()
        text = answer.read().decode()
        cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
        fields |= dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', text))
        connection.request(
            "POST",
            path,
            urlencode(fields),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": cookie,
                "Accept-Language": "en",
                "Origin": f"http://127.0.0.1:{self.port}",
            },
        )
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 302:
            raise SystemExit(f"{path} answered {answer.status}: {text[:800]}")

    def _rate(self, act: Callable[[], None], *, clients: int = 4, seconds: float = 5) -> float:
        counts = [0] * clients
        end = time.monotonic() + seconds

        def client(number: int) -> None:
            while time.monotonic() < end:
                act()
                counts[number] += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / seconds

    def _wait_for_silence(self) -> None:
        """The letters of the earlier measurements leave first."""
        before = -1
        while before != len(self.mails):
            before = len(self.mails)
            time.sleep(3)


def _signed_in(session: str) -> str:
    """The cookie of a session."""
    return f"session={session}"


_connections = threading.local()


def _connection(port: int) -> http.client.HTTPConnection:
    """One kept-alive connection a thread."""
    if not hasattr(_connections, "open"):
        _connections.open = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    return _connections.open


def _alternate(times: int, *acts: Callable[[], None]) -> list[list[float]]:
    """Milliseconds of each act, taken in turns, so that a busy moment hits all alike."""
    for act in acts:
        for _ in range(5):
            act()
    taken: list[list[float]] = [[] for _ in acts]
    for _ in range(times):
        for number, act in enumerate(acts):
            began = time.perf_counter()
            act()
            taken[number].append(1000 * (time.perf_counter() - began))
    return taken


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median_ms": _median(values),
        "p95_ms": round(ordered[max(0, -(-95 * len(ordered) // 100) - 1)], 1),
        "p99_ms": round(ordered[max(0, -(-99 * len(ordered) // 100) - 1)], 1),
    }


def _against(floor: list[float], mine: list[float]) -> dict[str, float]:
    """How long it took, and how many times its floor that is."""
    ratio = statistics.median(mine) / statistics.median(floor)
    return {**_spread(mine), "ratio_to_floor": round(ratio, 2)}


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 1)


def _in_django(environment: dict[str, str], module: str, *arguments: object) -> Any:
    """Run a part of the bench where Django is set up; its last line is JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _start_sink(port: int, stack: ExitStack) -> dict[str, float]:
    """A mail server that remembers when the first letter to each address came."""
    from aiosmtpd.controller import Controller

    arrived: dict[str, float] = {}

    class Sink:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            for address in envelope.rcpt_tos:
                arrived.setdefault(address, time.monotonic())
            return "250 OK"

    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    stack.callback(controller.stop)
    return arrived


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not start")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    main()
