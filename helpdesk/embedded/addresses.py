"""Where the embedded servers are reached: pure arithmetic on the data directory's path."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

DATABASE = "yakusoku"
# Owns everything, and prepares it; the other one runs the desk: see helpdesk.ownership.
DATABASE_USER = "yakusoku"
DESK_USER = "yakusoku_desk"
POSTGRES_PORT = 5432

# A unix socket's path holds 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET_PATH = 100
# Not XDG_RUNTIME_DIR: a cron job does not see that variable and would look elsewhere.
SHORT_RUNTIME = Path("/tmp")  # noqa: S108 - the directory's owner is checked before it is used


def database_url(data_dir: Path, *, user: str = DATABASE_USER) -> str:
    """The embedded database's address as DATABASE_URL is written."""
    # The directory stands in the path, not in the host: a URL's host part loses its capitals.
    return f"postgres://{user}@/{quote(str(socket_directory(data_dir)), safe='')}/{DATABASE}"


def redis_url(data_dir: Path) -> str:
    """The embedded Redis's address as redis-py reads it."""
    return f"unix://{quote(str(redis_socket(data_dir)))}?db=0"


def celery_url(address: str) -> str:
    """A Redis address as Celery reads it: it has a scheme of its own for unix sockets."""
    if not address.startswith("unix://"):
        return address
    return address.replace("unix://", "redis+socket://", 1).replace("db=", "virtual_host=")


def redis_socket(data_dir: Path) -> Path:
    """The socket Redis listens on."""
    return socket_directory(data_dir) / "redis.sock"


def socket_directory(data_dir: Path) -> Path:
    """The directory of both sockets: beside the data, or a short one for a long path."""
    inside = data_dir.resolve() / "run"
    longest = os.fsencode(inside / f".s.PGSQL.{POSTGRES_PORT}")
    if len(longest) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    return SHORT_RUNTIME / f"yakusoku-{name}"
