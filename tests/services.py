"""A PostgreSQL and a Redis for the tests, started before Django reads its settings.

Load it with `-p tests.services`. With DATABASE_URL or REDIS_URL set, that server is not started.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpdesk.embedded import database_url, postgres, redis, redis_url
from helpdesk.embedded.start import start
from helpdesk.processes import Program, stop
from tests.prepared import TEMPLATE, put_prepared_cluster


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start what is missing. A wrapper, because pytest-django reads the settings in this hook."""
    with ExitStack() as stack:
        _start_services(stack)
        early_config.add_cleanup(stack.pop_all().close)
    return (yield)


def _start_services(stack: ExitStack) -> None:
    # Never the DATA_DIR of the shell: tests must not touch a desk that somebody uses.
    data_dir = Path(tempfile.mkdtemp(prefix="yakusoku-tests-"))
    stack.callback(shutil.rmtree, data_dir, ignore_errors=True)
    os.environ["DATA_DIR"] = str(data_dir)
    # WhiteNoise warns of a missing directory, and a warning fails a test.
    (data_dir / "static").mkdir()
    if "DATABASE_URL" not in os.environ:
        put_prepared_cluster(data_dir)
        os.environ["TEST_DATABASE_TEMPLATE"] = TEMPLATE
        _keep_running(postgres.program(data_dir, durable=False), stack)
        postgres.create_database(data_dir)
        os.environ["DATABASE_URL"] = database_url(data_dir)
    if "REDIS_URL" not in os.environ:
        _keep_running(redis.program(data_dir), stack)
        os.environ["REDIS_URL"] = redis_url(data_dir)


def _keep_running(program: Program, stack: ExitStack) -> None:
    process = start(program, log=Path(os.environ["DATA_DIR"]) / f"{program.name}.log")
    stack.callback(stop, process, first=program.stop_signal, patience=5)
