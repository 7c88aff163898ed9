"""What was erased stays erased: a backup from before brings it back, and is brought in line.

Each erasure is also a line in a file beside the desk's data, which a restore leaves alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from privacy.models import Erasure

FILE = "erasures.jsonl"
COLUMNS = ("customer", "records", "digests", "at", "counts")


def place() -> Path:
    """The file, whether or not it is there."""
    return Path(settings.DATA_DIR) / FILE


def note(*erasures: Erasure) -> None:
    """Add them to the file, each once."""
    known = {told["customer"] for told in noted()}
    new = [_told(each) for each in erasures if each.customer not in known]
    place().parent.mkdir(parents=True, exist_ok=True)
    with place().open("a", encoding="utf-8") as file:
        place().chmod(0o600)
        file.writelines(f"{json.dumps(told, cls=DjangoJSONEncoder)}\n" for told in new)


def note_all() -> None:
    """Have all that the database knows in the file: before another database takes its place."""
    note(*Erasure.objects.order_by("pk"))


def noted(path: Path | None = None) -> Iterator[dict[str, Any]]:
    """What the file says, the oldest first."""
    source = path or place()
    if not source.is_file():
        return
    with source.open(encoding="utf-8") as file:
        for line in filter(str.strip, file):
            told = json.loads(line)
            yield {**told, "at": datetime.fromisoformat(told["at"])}


def unknown(told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that this database does not know of."""
    known = set(Erasure.objects.values_list("customer", flat=True))
    return [each for each in told if each["customer"] not in known]


def _told(erasure: Erasure) -> dict[str, Any]:
    return {name: getattr(erasure, name) for name in COLUMNS}
