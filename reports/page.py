"""How a report page answers: as a page, or one of its tables as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header

from common.spreadsheets import Cell, Encoding, csv_rows, mark_of
from reports.charts.parts import Value
from reports.tables import Table

BATCH = 500
Found = TypeVar("Found")


def report_page(
    request: HttpRequest, template: str, context: Mapping[str, Any]
) -> HttpResponseBase:
    """The page; where its address names one of its tables ("csv"), that table as a file."""
    asked = request.GET.get("csv", "")
    if asked:
        for table in found_in(context, Table):
            if table.name == asked:
                return table_as_csv(table, encoding_asked(request))
    return render(request, template, dict(context))


def encoding_asked(request: HttpRequest) -> Encoding:
    """How its reader wants the bytes."""
    asked = request.GET.get("encoding", "")
    return Encoding(asked) if asked in set(Encoding) else Encoding.UTF_8


def table_as_csv(table: Table, encoding: Encoding) -> StreamingHttpResponse:
    """Some lines at a time, however many there are."""
    response = StreamingHttpResponse(
        _written(table, encoding),
        content_type="text/csv; charset=utf-8"
        if encoding is Encoding.UTF_8
        else "text/csv; charset=shift_jis",
    )
    response["Content-Disposition"] = content_disposition_header(True, f"{table.name}.csv") or ""
    response["Cache-Control"] = "private, no-store"
    return response


def found_in(context: Mapping[str, Any], kind: type[Found]) -> Iterator[Found]:
    """What a page shows of one kind, in its order: figures, tables or charts."""
    for value in context.values():
        each: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
        yield from (one for one in each if isinstance(one, kind))


def _written(table: Table, encoding: Encoding) -> Iterator[bytes]:
    headings: list[Cell] = [table.first, *(str(heading.label) for heading in table.headings)]
    yield mark_of(encoding) + csv_rows([headings], encoding).content
    for start in range(0, len(table.rows), BATCH):
        rows: list[list[Cell]] = [
            [row.name, *(_cell(value) for value in row.values)]
            for row in table.rows[start : start + BATCH]
        ]
        yield csv_rows(rows, encoding).content


def _cell(value: Value | None) -> Cell:
    """What is said in words stays so; a number is one."""
    if value is None:
        return None
    if value.text:
        return value.text
    return int(value.number) if value.number == int(value.number) else value.number
