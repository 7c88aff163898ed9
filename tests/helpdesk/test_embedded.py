"""The embedded PostgreSQL and Redis: real servers in a directory of their own."""

import contextlib
import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import environ
import kombu
import psycopg2
import pytest
import redis as redis_client

from helpdesk import embedded
from helpdesk.embedded import postgres, redis
from helpdesk.embedded.account import EmbeddedError, own_directory, service_account
from helpdesk.embedded.addresses import redis_socket, socket_directory
from helpdesk.embedded.start import start
from helpdesk.processes import Program, command_line, is_alive, stop

AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="yakusoku-", ignore_cleanup_errors=True) as directory:
        yield Path(directory).resolve()


@pytest.fixture
def long_data_dir(data_dir: Path) -> Path:
    path = data_dir / "約束" / ("A long name, with Capitals & spaces " * 3).strip()
    path.mkdir(parents=True)
    assert len(str(path)) > 100
    return path


@contextlib.contextmanager
def running(program: Program, data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = start(program, log=data_dir / f"{program.name}.log")
    try:
        yield process
    finally:
        stop(process, first=program.stop_signal, patience=10)


def query(data_dir: Path, *statements: str) -> list[tuple[Any, ...]]:
    """The rows of the last statement, asked at the address that Django's settings would use."""
    address = environ.Env.db_url_config(embedded.database_url(data_dir))
    with contextlib.closing(
        psycopg2.connect(host=address["HOST"], user=address["USER"], dbname=address["NAME"])
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


@contextlib.contextmanager
def broker(data_dir: Path) -> Iterator["redis_client.Redis"]:
    with redis_client.from_url(embedded.redis_url(data_dir)) as client:
        yield client


def in_a_child(work: Callable[[], None], *, user: pwd.struct_passwd | None = None) -> int:
    """Run `work` in a fork, as `user` when one is given, and return its exit code."""
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        if user:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        work()
    except BaseException as failure:  # The fork must never return into pytest.
        os.write(2, f"{failure!r}\n".encode())
        os._exit(1)
    os._exit(0)


def test_addresses_keep_capitals_spaces_and_japanese(long_data_dir: Path, data_dir: Path) -> None:
    for directory in (long_data_dir, data_dir / "Büro 約束"):
        address = environ.Env.db_url_config(embedded.database_url(directory))
        assert address["HOST"] == str(socket_directory(directory))
        assert (address["NAME"], address["USER"]) == ("yakusoku", "yakusoku")


def test_celery_reads_the_same_socket_as_redis_py(data_dir: Path) -> None:
    with running(redis.program(data_dir), data_dir):
        with kombu.Connection(embedded.celery_url(embedded.redis_url(data_dir))) as connection:
            connection.SimpleQueue("greetings").put("こんにちは")
        with broker(data_dir) as client:
            assert client.llen("greetings") == 1


def test_an_address_of_another_redis_is_left_alone() -> None:
    assert embedded.celery_url("redis://cache:6379/1") == "redis://cache:6379/1"


def test_the_cluster_knows_japanese_and_listens_on_no_network(data_dir: Path) -> None:
    with running(postgres.program(data_dir), data_dir):
        postgres.create_database(data_dir)
        assert query(
            data_dir,
            "select datcollate, datctype, pg_encoding_to_char(encoding), "
            "current_setting('listen_addresses'), current_setting('data_checksums'), "
            "current_setting('fsync') from pg_database where datname = 'yakusoku'",
        ) == [("C.UTF-8", "C.UTF-8", "UTF8", "", "on", "on")]
        # Under plain C this list is empty and Japanese search finds nothing.
        trigrams = query(data_dir, "create extension pg_trgm", "select show_trgm('返品したい')")
        assert len(trigrams[0][0]) > 3


def test_data_survives_a_stop_and_a_kill(data_dir: Path) -> None:
    with running(postgres.program(data_dir), data_dir):
        postgres.create_database(data_dir)
        query(data_dir, "create table promise (what text)", "insert into promise values ('call')")
    with running(postgres.program(data_dir), data_dir) as process:
        postgres.create_database(data_dir)
        assert query(data_dir, "select what from promise") == [("call",)]
        process.kill()
        process.wait()
        assert (data_dir / "postgres" / "postmaster.pid").exists()
        with running(postgres.program(data_dir), data_dir):
            assert query(data_dir, "select what from promise") == [("call",)]


def test_redis_keeps_its_queue_over_a_kill(data_dir: Path) -> None:
    with running(redis.program(data_dir), data_dir) as process:
        with broker(data_dir) as client:
            client.lpush("celery", "task")
            settings = client.config_get("*")
        assert settings["maxmemory-policy"] == "noeviction"
        assert (settings["appendonly"], settings["port"]) == ("yes", "0")
        process.kill()
        process.wait()
        with running(redis.program(data_dir), data_dir), broker(data_dir) as client:
            assert client.llen("celery") == 1


def test_a_server_of_an_earlier_run_is_stopped_before_a_new_one_starts(data_dir: Path) -> None:
    for program in (postgres.program(data_dir), redis.program(data_dir)):
        with running(program, data_dir) as earlier, running(program, data_dir):
            assert earlier.poll() is not None


def test_a_pid_file_that_names_a_stranger_does_no_harm(data_dir: Path) -> None:
    with running(postgres.program(data_dir), data_dir):
        pass
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = data_dir / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{data_dir}/postgres\n")
        with running(postgres.program(data_dir), data_dir):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_path_longer_than_a_socket_may_be_works(long_data_dir: Path) -> None:
    assert not socket_directory(long_data_dir).is_relative_to(long_data_dir)
    with (
        running(postgres.program(long_data_dir), long_data_dir),
        running(redis.program(long_data_dir), long_data_dir),
    ):
        postgres.create_database(long_data_dir)
        assert query(long_data_dir, "select 1") == [(1,)]
        assert socket_directory(long_data_dir).stat().st_mode & 0o077 == 0
        with broker(long_data_dir) as client:
            assert client.ping()
    redis_socket(long_data_dir).parent.rmdir()


def test_servers_end_when_whoever_started_them_is_killed(data_dir: Path) -> None:
    def start_and_vanish() -> None:
        for program in (postgres.program(data_dir), redis.program(data_dir)):
            process = start(program, log=data_dir / "log")
            (data_dir / f"{program.name}.pid").write_text(str(process.pid))
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_child(start_and_vanish) == -signal.SIGKILL
    pids = [int((data_dir / f"{name}.pid").read_text()) for name in ("postgres", "redis")]
    deadline = time.monotonic() + 10
    while any(is_alive(pid) and command_line(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_ordinary_user_cannot_be_given_somebody_elses_directory(data_dir: Path) -> None:
    (data_dir / "run").symlink_to(data_dir)
    with pytest.raises(EmbeddedError, match="not a directory"):
        own_directory(data_dir / "run", account=None)


@needs_root
def test_root_refuses_sockets_in_a_directory_that_another_user_made(data_dir: Path) -> None:
    squatted = data_dir / "run"
    squatted.mkdir()
    os.chown(squatted, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(EmbeddedError, match="nobody"):
        own_directory(squatted, account=service_account(data_dir))


@needs_root
def test_root_runs_the_servers_as_a_user_of_their_own(data_dir: Path) -> None:
    with (
        running(postgres.program(data_dir), data_dir) as database,
        running(redis.program(data_dir), data_dir) as queue,
    ):
        owners = {Path(f"/proc/{process.pid}").stat().st_uid for process in (database, queue)}
        assert owners == {pwd.getpwnam("yakusoku-postgres").pw_uid}


@needs_root
def test_an_ordinary_user_starts_both_servers_and_root_keeps_them_theirs(
    data_dir: Path, fresh_user: pwd.struct_passwd
) -> None:
    home = data_dir / "home"
    home.mkdir()
    data_dir.chmod(0o755)
    os.chown(home, fresh_user.pw_uid, fresh_user.pw_gid)

    def use_both() -> None:
        with running(postgres.program(home), home), running(redis.program(home), home):
            postgres.create_database(home)
            query(home, "create table promise ()")
            with broker(home) as client:
                client.ping()

    assert in_a_child(use_both, user=fresh_user) == 0
    with running(postgres.program(home), home):
        assert query(home, "select count(*) from promise") == [(0,)]
    assert in_a_child(use_both_again(home), user=fresh_user) == 0


def use_both_again(home: Path) -> Callable[[], None]:
    def work() -> None:
        with running(postgres.program(home), home):
            query(home, "select * from promise")

    return work


@pytest.fixture
def fresh_user() -> Iterator[pwd.struct_passwd]:
    name = f"yakusoku-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/false", name], check=True)
    try:
        yield pwd.getpwnam(name)
    finally:
        subprocess.run(["userdel", name], check=True)
