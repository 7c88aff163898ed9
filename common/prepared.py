"""Queries that are built once: on the pages that are opened all day, building a query for the ORM
takes several times as long as PostgreSQL needs to answer it. See docs/decisions/0009."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

P = ParamSpec("P")
Row = TypeVar("Row")
# Stand-ins for what is given: values that no query has of its own.
INTEGERS = 1_911_000_000
MOMENT = datetime(1911, 11, 19, 1, 11, 11, tzinfo=UTC)


def prepared(build: Callable[P, QuerySet[Any, Row]]) -> Callable[P, list[Row]]:
    """The rows of the query that `build` makes of its arguments, built once in each process.

    Arguments that are whole numbers, texts or instants become parameters of the SQL, and may stand
    in it only as they are. All others (True, None, what can be the key of a dictionary) are part of
    the query: one is built for each. It may depend on nothing else, as on a language or a zone.
    Raises ValueError when an argument does not come out as a parameter: every later query would be
    a wrong one.
    """
    plans: dict[Hashable, _Plan] = {}

    @wraps(build)
    def rows(*args: P.args, **kwargs: P.kwargs) -> list[Row]:
        given = [*args, *kwargs.values()]
        key = (*map(_shape, given), *kwargs)
        plan = plans.get(key)
        if plan is None:
            stand_ins = list(map(_stand_in, range(len(given)), given))
            names = dict(zip(kwargs, stand_ins[len(args) :], strict=True))
            queryset = build(*stand_ins[: len(args)], **names)  # type: ignore[arg-type]
            plan = plans[key] = _Plan.of(queryset, given, stand_ins)
        return plan.rows(given)

    return rows


def _is_parameter(value: object) -> bool:
    return type(value) in {int, str, datetime}


def _shape(value: object) -> Any:
    return type(value) if _is_parameter(value) else value


def _stand_in(number: int, value: object) -> object:
    if type(value) is int:
        return INTEGERS + number
    if type(value) is datetime:
        return MOMENT.replace(microsecond=number)
    return f"\u2063{number}\u2063" if type(value) is str else value


@dataclass(frozen=True)
class _Plan:
    """SQL with its parameters, some of which are places in what is given."""

    queryset: QuerySet[Any, Any]
    compiler: SQLCompiler
    sql: str
    params: tuple[object, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(
        cls, queryset: QuerySet[Any, Any], given: Sequence[object], stand_ins: Sequence[object]
    ) -> _Plan:
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        wanted = {
            stand_ins[number]: number for number, value in enumerate(given) if _is_parameter(value)
        }
        places = [
            (place, wanted[param])
            for place, param in enumerate(params)
            if _is_parameter(param) and param in wanted
        ]
        missing = set(wanted.values()) - {number for _place, number in places}
        if missing:
            raise ValueError(f"arguments {sorted(missing)} are no parameters of {sql}")
        return cls(queryset, compiler, sql, tuple(params), tuple(places))

    def rows(self, given: Sequence[object]) -> list[Any]:
        params = list(self.params)
        for place, number in self.places:
            params[place] = given[number]
        sql = self.sql, tuple(params)
        compiler: Any = copy.copy(self.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        compiler.as_sql = lambda *_args, **_kwargs: sql
        # A copy that knows its SQL already. It is not handed out: further filters would do nothing.
        queryset = self.queryset.all()
        query: Any = queryset.query
        query.get_compiler = lambda *_args, **_kwargs: compiler
        return list(queryset)
