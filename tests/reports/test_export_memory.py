"""A long list as a file, in a process of its own, whose memory hardly grows."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from reports.exports.working import ask_for_export
from tests.factories import AgentFactory, TeamFactory, a_ticket
from tests.processes import environment_of_these_tests, run_python
from tickets.models import Ticket
from tickets.services.handling import solve

ROWS = 6_000
# Far less than so many rows take when they are read at once.
MOST_KILOBYTES = 12 * 1024
SCRIPT = """
import json, resource
from pathlib import Path
from reports.exports.models import Export
from reports.exports.working import continue_export

def most_kilobytes():
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says goes on counting from the process that started this one.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

export = Export.objects.select_related("agent").get()
before = most_kilobytes()
while continue_export():
    pass
export.refresh_from_db()
told = {"state": export.state, "rows": export.rows_done, "size": export.size}
print(json.dumps({**told, "before": before, "kilobytes": most_kilobytes() - before}))
"""


def multiply(ticket: Ticket, number: int) -> None:
    """So many more like it, each with a clock and a number of its own."""
    clock, rest = _columns(type(ticket.clock)), _columns(Ticket, but=("number", "clock_id"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH clocks AS (INSERT INTO sla_clock ({clock}) SELECT {clock} FROM sla_clock,"
            " generate_series(1, %s) WHERE id = %s RETURNING id)"
            f" INSERT INTO tickets_ticket ({rest}, number, clock_id)"
            f" SELECT {rest}, nextval('ticket_number'), clocks.id"
            " FROM clocks, tickets_ticket WHERE tickets_ticket.id = %s",
            [number, ticket.clock_id, ticket.pk],
        )


def _columns(model: type, *, but: tuple[str, ...] = ()) -> str:
    fields = [each.column for each in model._meta.concrete_fields]
    return ", ".join(f'"{name}"' for name in fields if name not in {"id", *but})


@pytest.mark.usefixtures("fresh_desk")
def test_an_export_of_thousands_of_rows_stays_small_in_memory() -> None:
    TeamFactory(is_default=True)
    manager = AgentFactory(role="manager")
    # A ticket that is open needs a promise; one that is solved does not.
    multiply(solve(a_ticket(), agent=manager), ROWS - 1)
    ask_for_export(agent=manager, kind="queue", query="state=resolved", encoding="utf-8")

    told = json.loads(run_python(SCRIPT, environment=environment_of_these_tests()))

    assert (told["state"], told["rows"]) == ("done", ROWS)
    assert told["kilobytes"] < MOST_KILOBYTES
