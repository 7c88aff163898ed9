"""Who runs the embedded servers, and the directories that user must reach."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import time
from pathlib import Path

from helpdesk.processes import Account

# PostgreSQL refuses to run as root. Redis runs as the same user: one account to explain.
SERVICE_USER = "yakusoku-postgres"


class EmbeddedError(Exception):
    """The embedded servers cannot run here; the message says what to do."""


def service_account(data_dir: Path) -> Account | None:
    """The user the servers run as when we are root; None when they run as ourselves."""
    if os.geteuid() != 0:
        return None
    cluster = data_dir / "postgres"
    if cluster.exists() and cluster.stat().st_uid != 0:
        # An ordinary user made this data: root keeps it theirs.
        return _account(pwd.getpwuid(cluster.stat().st_uid))
    return _account(_service_user())


def own_directory(path: Path, *, account: Account | None) -> None:
    """Make a directory that only the servers' user may enter, and refuse somebody else's."""
    owner = account.uid if account else os.geteuid()
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"{path} is not a directory. Remove it and start again.")
    if found.st_uid not in {owner, os.geteuid()}:
        raise EmbeddedError(
            f"{path} belongs to another user ({_name(found.st_uid)}). "
            "Start as that user, or choose another DATA_DIR."
        )
    path.chmod(0o700)
    if found.st_uid != owner:
        os.chown(path, owner, -1)


def make_reachable(path: Path) -> None:
    """Let other users pass through the directories above a path, and no more than pass."""
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)


def package_directory(package: str) -> Path:
    """Where a wheel's files are, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The package {package} is not installed. Run: make setup")
    return Path(spec.submodule_search_locations[0])


def open_package(package: str, *, sample: str) -> None:
    """Let the service user read a wheel that a strict umask has locked."""
    directory = package_directory(package)
    make_reachable(directory / sample)
    if (directory / sample).stat().st_mode & stat.S_IROTH:
        return
    for root in (directory, directory.with_name(f"{package}.libs")):
        for path in (root, *root.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | ((mode & stat.S_IXUSR) >> 6))


def _service_user() -> pwd.struct_passwd:
    """The dedicated user, made when it is missing."""
    for _ in range(20):
        try:
            return pwd.getpwnam(SERVICE_USER)
        except KeyError:
            _add_service_user()
    raise EmbeddedError(f"The system user {SERVICE_USER} could not be made with useradd.")


def _add_service_user() -> None:
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        raise EmbeddedError(
            "PostgreSQL does not run as root and useradd is missing here. Start as an ordinary "
            f"user, or make a system user named {SERVICE_USER}, or set DATABASE_URL and REDIS_URL."
        )
    made = subprocess.run(  # noqa: S603
        [useradd, "--system", "--no-create-home", "--shell", "/bin/false", SERVICE_USER],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        # Two first starts at once: the other one holds the lock of /etc/passwd.
        time.sleep(0.2)


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
