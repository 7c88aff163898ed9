"""What is handed out to somebody is all of theirs, and nothing of anybody else's."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from privacy.handing_out import (
    write_file,
)
from privacy.people import person_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten", "files")]


def read(person, *, with_notes=True):
    """All the file says, as one text, and its names."""
    target = io.BytesIO()
    write_file(person_of(person.customer), target, with_notes=with_notes)
    archive = zipfile.ZipFile(target)
    texts = [name + archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    return "\n".join(texts), archive


def test_all_of_hers_and_nothing_of_his_is_handed_out(alice, bob, aiko):
    told, archive = read(alice)

    assert [marker for marker in alice.markers if marker not in told] == []
    assert [marker for marker in bob.markers if marker in told] == []
    customer = json.loads(archive.read("customer.json"))
    assert {record["name"] for record in customer["records"]} == {
        "山田 alicenamezq",
        "aliceothernamezq",
    }
    [ticket] = [ticket for ticket in alice.tickets if ticket.channel == "web"]
    first = json.loads(archive.read(f"tickets/{ticket.number}.json"))
    assert first["internal"]["notes"][0]["agent"] == "Aiko"
    assert {promise["state"] for promise in first["promises"]} >= {"met"}

    public, _ = read(alice, with_notes=False)
    internal = ("note", "problem", "known", "next", "step", "forward", "hold")
    assert [where for where in internal if f"alice{where}zq" in public] == []
    assert "alicebodyzq" in public
