"""The supervisor: small parts first, then one real desk that is hurt in every part."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpdesk.processes import Program, identity, is_alive
from helpdesk.supervisor.announcement import DEMO_PASSWORD, DEMO_PEOPLE, announcement
from helpdesk.supervisor.brake import LONGEST, Brake
from helpdesk.supervisor.child import LONGEST_LOG, Child
from helpdesk.supervisor.emptying import ask_for_the_end, has_ended
from helpdesk.supervisor.plan import Plan, StartError, is_loopback, make_plan, warnings
from helpdesk.supervisor.ports import free_port, is_free
from helpdesk.supervisor.register import AlreadyRunningError, Register
from helpdesk.supervisor.words import WORDS, columns, padded, words
from tests.prepared import put_prepared_cluster

PARTS = ("postgres", "redis", "web", "events", "worker", "beat", "pump")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="yakusoku-", ignore_cleanup_errors=True) as directory:
        path = Path(directory).resolve() / "data"
        path.mkdir(mode=0o700)
        yield path


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def plan_with(data_dir: Path, **variables: str) -> Plan:
    return make_plan({"DATA_DIR": str(data_dir), **variables})


def sleeper(data_dir: Path, *, seconds: float = 60, code: int = 0) -> Child:
    """A child that ends by itself with the given code."""
    script = f"import time, sys; print('はい', flush=True); time.sleep({seconds}); sys.exit({code})"
    program = Program(
        name="web",
        command=[sys.executable, "-c", script],
        environment={"PYTHONIOENCODING": "utf-8"},
        directory=data_dir,
    )
    return Child(program, logs=data_dir)


def wait_for(condition: Callable[[], Any], *, seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found


# The brake


def test_the_brake_doubles_each_wait_up_to_half_a_minute() -> None:
    brake = Brake()
    waits = [brake.delay(lived=1) for _ in range(9)]
    assert waits[:4] == [0.5, 1, 2, 4]
    assert waits[-1] == LONGEST


def test_a_minute_of_life_releases_the_brake() -> None:
    brake = Brake()
    for _ in range(5):
        brake.delay(lived=0)
    assert brake.delay(lived=61) == 0.5


# Ports


def test_a_taken_port_gives_way_to_the_next_free_one(taken_port: int) -> None:
    assert not is_free("127.0.0.1", taken_port)
    assert free_port("127.0.0.1", wanted=taken_port) > taken_port


def test_web_and_events_get_different_ports_and_the_person_hears_of_it(
    data_dir: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE_CODE", "en")
    environment = {"DATA_DIR": str(data_dir), "PORT": str(taken_port)}
    plan = make_plan(environment)
    assert taken_port < plan.port < plan.events_port
    assert plan.environment["BASE_URL"] == f"http://127.0.0.1:{plan.port}"
    assert plan.environment["EVENTS_URL"] == f"http://127.0.0.1:{plan.events_port}/events/"
    assert f"Port {taken_port} is taken" in warnings(plan, environment)[0]


@pytest.mark.parametrize("port", ["web", "0", "65535", "-1", "８０００", "80 00"])
def test_a_port_that_is_none_is_refused_in_a_sentence(data_dir: Path, port: str) -> None:
    with pytest.raises(StartError, match=re.escape(port)):
        plan_with(data_dir, PORT=port)


# What is decided before anything starts


def test_demo_passwords_never_meet_the_network(data_dir: Path) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "desk.example.com"):
        with pytest.raises(StartError, match="DEMO=0"):
            plan_with(data_dir, HOST=host, DEMO="1")
    assert plan_with(data_dir, HOST="0.0.0.0", DEMO="0").host == "0.0.0.0"


def test_only_this_machine_is_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "10.0.0.1", "example.com", "127.0.0.1.evil.com")))


def test_addresses_that_are_given_are_used_and_nothing_is_embedded(data_dir: Path) -> None:
    plan = plan_with(data_dir, DATABASE_URL="postgres://db/desk", REDIS_URL="redis://cache/0")
    assert not plan.own_database
    assert not plan.own_redis
    assert plan.environment["DATABASE_URL"] == "postgres://db/desk"
    assert plan.environment["REDIS_URL"] == "redis://cache/0"


# What is said


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["ja"].keys() == WORDS["en"].keys()
    for key, japanese in WORDS["ja"].items():
        assert set(re.findall(r"{\w+", japanese)) == set(re.findall(r"{\w+", WORDS["en"][key])), key


def test_the_language_follows_language_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGUAGE_CODE", raising=False)
    assert words("manager") == "マネージャー"
    monkeypatch.setenv("LANGUAGE_CODE", "en")
    assert words("manager") == "manager"


def test_japanese_columns_line_up() -> None:
    assert columns("約束ok") == 6
    assert columns(padded("約束", 10)) == columns(padded("desk", 10)) == 10


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_announcement_tells_all_a_newcomer_needs(
    data_dir: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE_CODE", language)
    plan = plan_with(data_dir, DEMO="1")
    text = announcement(plan, secret_link=f"{plan.base_url}/r/abc/")
    for needed in (
        f"{plan.base_url}/dev/demo/",
        f"{plan.base_url}/desk/",
        f"{plan.base_url}/contact/",
        f"{plan.base_url}/r/abc/",
        f"{plan.base_url}/dev/mail/",
        DEMO_PASSWORD,
        str(data_dir),
        "Ctrl-C",
        *(address for address, _ in DEMO_PEOPLE),
    ):
        assert needed in text


def test_a_desk_without_administrator_tells_where_the_first_one_begins(data_dir: Path) -> None:
    plan = plan_with(data_dir)
    link = f"{plan.base_url}/desk/setup/begin/abc/"
    assert f"  {words('begin')}\n    {link}\n" in announcement(plan, secret_link=link)
    assert words("begin") not in announcement(plan, secret_link="")


def test_without_demo_no_password_is_told(data_dir: Path) -> None:
    text = announcement(plan_with(data_dir), secret_link="")
    assert DEMO_PASSWORD not in text
    assert "/dev/" not in text
    assert str(data_dir / "mail") in text


# One child


def test_a_child_that_dies_is_found_and_waits_for_its_next_start(data_dir: Path) -> None:
    child = sleeper(data_dir, seconds=0, code=3)
    child.start()
    assert wait_for(child.find_dead) == 3
    assert not child.is_due()
    wait_for(child.is_due)
    assert "はい" in child.log.read_text(encoding="utf-8")


def test_a_child_that_will_not_stop_is_stopped_with_its_own_children(data_dir: Path) -> None:
    script = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.fork(), flush=True)\n"
        "time.sleep(60)"
    )
    program = Program(
        name="worker",
        command=[sys.executable, "-c", script],
        environment={},
        directory=data_dir,
    )
    child = Child(program, logs=data_dir)
    child.start()
    assert child.process
    wait_for(lambda: len(child.log.read_text().split()) == 2)
    pids = [child.process.pid, max(int(text) for text in child.log.read_text().split())]
    child.ask_to_stop()
    child.wait(until=time.monotonic() + 0.5)
    wait_for(lambda: not any(is_alive(pid) for pid in pids))


def test_a_log_stays_bounded_and_keeps_what_came_last(data_dir: Path) -> None:
    child = sleeper(data_dir)
    child.log.write_bytes(b"x" * LONGEST_LOG + b"last")
    child.shorten_log()
    assert child.log.stat().st_size == 0
    assert (data_dir / "web.log.1").read_bytes().endswith(b"last")


# One supervisor


def test_a_second_supervisor_learns_where_the_first_one_is(data_dir: Path) -> None:
    first = Register(data_dir)
    first.write(url="http://127.0.0.1:8123", children=[])
    with pytest.raises(AlreadyRunningError) as refusal:
        Register(data_dir)
    assert (refusal.value.url, refusal.value.pid) == ("http://127.0.0.1:8123", os.getpid())
    first.release()
    Register(data_dir).release()


def test_survivors_of_a_killed_supervisor_are_stopped_and_strangers_are_not(data_dir: Path) -> None:
    register = Register(data_dir)
    survivor, stranger = (subprocess.Popen(["sleep", "60"], start_new_session=True) for _ in "12")
    children = [
        {"pid": survivor.pid, "identity": identity(survivor.pid), "signal": signal.SIGTERM},
        {"pid": stranger.pid, "identity": "another start time", "signal": signal.SIGTERM},
    ]
    (data_dir / "supervisor.json").write_text(json.dumps({"children": children}))
    try:
        register.stop_survivors()
        assert survivor.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
    finally:
        register.release()
        stranger.kill()
        stranger.wait()


def test_reset_deletes_our_data_and_nobody_elses(data_dir: Path) -> None:
    (data_dir / "precious").write_text("keep")
    assert run_supervisor(data_dir, "reset").returncode == 1
    assert (data_dir / "precious").exists()
    Register(data_dir).release()
    assert run_supervisor(data_dir, "reset").returncode == 0
    assert not data_dir.exists()


def run_supervisor(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helpdesk.supervisor", *arguments],
        env=desk_environment(data_dir),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def desk_environment(data_dir: Path, **variables: str) -> dict[str, str]:
    """The shell of somebody who has just cloned the repository."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "LANG": "C.UTF-8",
        "DATA_DIR": str(data_dir),
        **variables,
    }


# The whole desk


class RealDesk:
    """`python -m helpdesk.supervisor` as a person starts it."""

    def __init__(self, data_dir: Path, *, port: int) -> None:
        self.data_dir = data_dir
        # Not in the directory, which may be emptied.
        self.output = data_dir.with_name("terminal.log")
        variables = {"DEMO": "1", "PORT": str(port), "LANGUAGE_CODE": "en"}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "helpdesk.supervisor"],
                env=desk_environment(data_dir, **variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def record(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self.data_dir / "supervisor.json").read_text())
            return found
        return {}

    def pids(self) -> dict[str, int]:
        return {child["name"]: child["pid"] for child in self.record().get("children", [])}

    def readyz(self) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"{self.record()['url']}/readyz", timeout=5) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.loads(refusal.read())
        # On a port where nobody listens yet, a connection may come to answer itself.
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return 0, {}

    def is_announced(self) -> bool:
        """The block with the address has been printed."""
        assert self.process.poll() is None, self.said()
        return "Ctrl-C" in self.said()

    def is_whole(self) -> bool:
        """Every part is well by its own account."""
        assert self.process.poll() is None, self.said()
        status, health = self.readyz()
        return status == 200 and health["status"] == "ok" and set(self.pids()) == set(PARTS)

    def is_whole_without(self, pid: int) -> bool:
        return pid not in self.pids().values() and self.is_whole()

    def processes(self) -> set[int]:
        """Every process that works on this data directory."""
        marker = f"DATA_DIR={self.data_dir}\0".encode()
        found = set(self.pids().values())
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and marker in (entry / "environ").read_bytes() + b"\0":
                    found.add(int(entry.name))
        return {pid for pid in found if is_alive(pid)} - {os.getpid()}


@pytest.mark.slow
def test_a_desk_starts_heals_each_part_and_stops_without_a_trace(
    data_dir: Path, taken_port: int
) -> None:
    desk = RealDesk(data_dir, port=taken_port)
    try:
        wait_for(desk.is_whole, seconds=90)
        wait_for(desk.is_announced, seconds=20)
        for expected in (f"Port {taken_port} is taken", DEMO_PASSWORD, "/r/"):
            assert expected in desk.said()
        assert desk.record()["url"] in run_supervisor(data_dir).stdout
        for name in PARTS:
            kill_and_see_it_back(desk, name)
        stop_and_see_nothing_left(desk)
    finally:
        desk.process.kill()
        desk.process.wait()


def kill_and_see_it_back(desk: RealDesk, name: str) -> None:
    pid = desk.pids()[name]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: desk.is_whole_without(pid), seconds=60)
    wait_for(lambda: f"{WORDS['en'][name]} runs again." in desk.said())


def stop_and_see_nothing_left(desk: RealDesk) -> None:
    before = desk.processes()
    assert len(before) > len(PARTS)
    started = time.monotonic()
    desk.process.terminate()
    assert desk.process.wait(15) == 0
    assert time.monotonic() - started < 10
    wait_for(lambda: not any(is_alive(pid) for pid in before), seconds=2)
    assert not (desk.data_dir / "supervisor.json").exists()


@pytest.mark.slow
def test_a_killed_desk_keeps_its_data_until_the_demo_is_ended_and_an_empty_one_starts(
    data_dir: Path, taken_port: int
) -> None:
    put_prepared_cluster(data_dir)
    first = RealDesk(data_dir, port=taken_port)
    try:
        wait_for(first.is_announced, seconds=90)
        secret_key = (data_dir / "secret_key").read_text()
        # One that cannot hear the kernel's farewell, so that the next start has to find it.
        deaf = first.pids()["pump"]
        os.kill(deaf, signal.SIGSTOP)
        first.process.kill()
        first.process.wait()
        wait_for(lambda: first.processes() <= {deaf}, seconds=15)
        assert is_alive(deaf)
    finally:
        first.process.kill()
        first.process.wait()
    again = RealDesk(data_dir, port=taken_port)
    try:
        wait_for(again.is_announced, seconds=60)
        assert not is_alive(deaf)
        assert (data_dir / "secret_key").read_text() == secret_key
        end_the_demo_and_see_an_empty_desk_start(again)
        assert (data_dir / "secret_key").read_text() == secret_key
    finally:
        again.process.terminate()
        again.process.wait(15)
    assert "Traceback" not in again.said()
    assert make_plan(desk_environment(data_dir, DEMO="1")).demo is False


def end_the_demo_and_see_an_empty_desk_start(desk: RealDesk) -> None:
    """Whoever comes meanwhile is not sent away, but waits. Migrating anew would take long here."""
    web, url = desk.pids()["web"], desk.record()["url"]
    ask_for_the_end(desk.data_dir)
    wait_for(lambda: WORDS["en"]["emptying"] in desk.said())
    wait_for(lambda: not is_alive(web), seconds=20)
    host, _, port = url.removeprefix("http://").partition(":")
    socket.create_connection((host, int(port)), timeout=5).close()
    wait_for(lambda: desk.said().count(WORDS["en"]["postgres"]) == 2, seconds=30)
    assert has_ended(desk.data_dir)
    assert desk.record()["url"] == url
