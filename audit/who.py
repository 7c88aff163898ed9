"""Who is at work, told to the database with each statement that writes an audited table.

Nothing is said to other statements, so that pages that only read, and tickets, pay nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from audit.tables import AUDITED


@dataclass(frozen=True, kw_only=True)
class Who:
    """An agent, or nobody who is signed in; and the page, task or command by whose name."""

    agent: int | None = None
    name: str = ""
    via: str = ""
    request: str = ""


Ask = Callable[[], Who]
_asked: ContextVar[Ask | None] = ContextVar("who_is_at_work", default=None)
# As Django writes it. Looking through a long statement takes as long as a short one takes to run.
_WRITTEN_BY_DJANGO = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
_WRITES = re.compile(
    rf"\b(?:INTO|UPDATE|FROM|TRUNCATE)\s+(?:TABLE\s+|ONLY\s+)*\"?(?:{'|'.join(AUDITED)})\b",
    re.IGNORECASE,
)


@contextmanager
def acting(ask: Ask) -> Iterator[None]:
    """What is written meanwhile was done by whom `ask` names; it is asked only when needed."""
    token = _asked.set(ask)
    try:
        yield
    finally:
        _asked.reset(token)


def who_is_at_work() -> Who:
    """Whoever said so; else the command that this process runs."""
    ask = _asked.get()
    return ask() if ask else Who(via=_command())


def _command() -> str:
    """Such as "manage.py prepare"; empty for a process of another kind."""
    program, *arguments = sys.argv or [""]
    is_ours = Path(program).name == "manage.py" and arguments
    return f"manage.py {arguments[0]}" if is_ours else ""


def tell_from_now_on(connection: BaseDatabaseWrapper) -> None:
    """Have this connection say who is at work."""
    if _told not in connection.execute_wrappers:
        connection.execute_wrappers.append(_told)


def _told(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    if isinstance(sql, str) and not sql.startswith("SELECT") and _is_audited(sql):
        sql = f"{_saying(is_template=params is not None)}; {sql}"
    return execute(sql, params, many, context)


def _is_audited(sql: str) -> bool:
    """Whether the statement may write an audited table."""
    if by_django := _WRITTEN_BY_DJANGO.match(sql):
        return by_django[1] in AUDITED
    return _WRITES.search(sql) is not None


def _saying(*, is_template: bool) -> str:
    """One statement before the other, in one message: it holds without a transaction, too, and is
    over with it."""
    text = json.dumps(asdict(who_is_at_work())).replace("'", "''")
    statement = f"SELECT set_config('yakusoku.audit', '{text}', true)"
    return statement.replace("%", "%%") if is_template else statement
