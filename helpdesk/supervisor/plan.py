"""What to start and where, decided from the environment before anything starts."""

import ipaddress
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from helpdesk.embedded import DESK_USER, database_url, redis_url
from helpdesk.supervisor.emptying import has_ended
from helpdesk.supervisor.ports import LAST_PORT, free_port
from helpdesk.supervisor.words import words

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMY = 1024**3


class StartError(Exception):
    """The desk cannot start like this; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One desk: its directory, addresses and the environment its processes get."""

    data_dir: Path
    host: str
    port: int
    events_port: int
    base_url: str
    demo: bool
    own_database: bool
    own_redis: bool
    environment: Mapping[str, str] = field(repr=False)
    # What the web process answers on; without one, it opens its own.
    listener: socket.socket | None = None

    @property
    def can_start_empty(self) -> bool:
        """Whether all that the demo left is ours to delete."""
        return self.demo and self.own_database and self.own_redis

    def without_demo(self) -> "Plan":
        """The same desk at the same address, empty."""
        environment = {**self.environment, "DEMO": "0", "CAN_START_EMPTY": "0"}
        return replace(self, demo=False, environment=environment)

    @property
    def logs(self) -> Path:
        """Where the processes' output goes."""
        return self.data_dir / "logs"


def data_directory(environment: Mapping[str, str]) -> Path:
    """The data directory that DATA_DIR names."""
    return Path(environment.get("DATA_DIR") or ROOT / ".data").expanduser().resolve()


def make_plan(environment: Mapping[str, str]) -> Plan:
    """Read the environment, refuse what is unsafe, and choose free ports."""
    host = environment.get("HOST") or "127.0.0.1"
    data_dir = data_directory(environment)
    # A demo that was ended does not come back to the desk that took its place.
    demo = is_true(environment.get("DEMO", "")) and not has_ended(data_dir)
    if demo and not is_loopback(host):
        raise StartError(words("demo_refused", host=host))
    wanted = _wanted_port(environment)
    port = free_port(host, wanted=wanted)
    events_port = free_port(host, wanted=port + 1)
    base_url = environment.get("BASE_URL") or f"http://{in_url(host)}:{port}"
    own_database, own_redis = (not environment.get(name) for name in ("DATABASE_URL", "REDIS_URL"))
    return Plan(
        data_dir=data_dir,
        host=host,
        port=port,
        events_port=events_port,
        base_url=base_url,
        demo=demo,
        own_database=own_database,
        own_redis=own_redis,
        environment={
            **_inherited(environment),
            "DATA_DIR": str(data_dir),
            **_databases(environment, data_dir),
            "REDIS_URL": environment.get("REDIS_URL") or redis_url(data_dir),
            "HOST": host,
            "PORT": str(port),
            "BASE_URL": base_url,
            "EVENTS_URL": environment.get("EVENTS_URL")
            or f"http://{in_url(host)}:{events_port}/events/",
            "DEMO": "1" if demo else "0",
            "CAN_START_EMPTY": "1" if demo and own_database and own_redis else "0",
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "LANG": "C.UTF-8",
            # A worker asked to end hands its tasks back instead of finishing them all.
            "REMAP_SIGTERM": "SIGQUIT",
        },
    )


def warnings(plan: Plan, environment: Mapping[str, str]) -> list[str]:
    """What the person should know before the start, though it goes on."""
    found = []
    if plan.port != _wanted_port(environment):
        found.append(words("port_taken", wanted=_wanted_port(environment), port=plan.port))
    free = shutil.disk_usage(plan.data_dir).free
    if free < ROOMY:
        found.append(words("disk_low", path=plan.data_dir, megabytes=free // 1024**2))
    return found


def is_true(text: str) -> bool:
    """Whether a variable says yes, as django-environ reads it."""
    return text.strip().lower() in {"1", "true", "on", "ok", "y", "yes"}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def in_url(host: str) -> str:
    """A host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def python(*arguments: str) -> list[str]:
    """A command of this virtual environment's Python."""
    return [sys.executable, *arguments]


def _databases(environment: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """Two roles for one's own database: see helpdesk.ownership. Another one is used as it is given."""
    if given := environment.get("DATABASE_URL"):
        return {"DATABASE_URL": given}
    return {
        "DATABASE_URL": database_url(data_dir, user=DESK_USER),
        "DATABASE_OWNER_URL": database_url(data_dir),
    }


def _inherited(environment: Mapping[str, str]) -> dict[str, str]:
    # Six processes that each compile Django anew would take half a minute to start.
    return {name: text for name, text in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _wanted_port(environment: Mapping[str, str]) -> int:
    text = environment.get("PORT") or "8000"
    # The events process takes the next one.
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < LAST_PORT:
        raise StartError(words("bad_port", port=text))
    return int(text)
