"""The settings of the desk as one document, read and brought in."""

from __future__ import annotations

import json

from django.http import HttpResponse

from api import access
from api.endpoint import Asked, Endpoint, answer, call
from api.problems import invalid
from api.shapes import Anything, Flag, ListOf, Text, answered
from transfers.as_file.section import FileError
from transfers.as_file.whole import bring_in, written_settings

FILE = Anything(
    about="`format` (1) and the settings by kind, as *Settings → Settings as a file* writes them:"
    " without passwords, people and pictures."
)
CHANGED = answered(
    "ChangedSettings",
    {
        "is_dry_run": Flag(),
        "changes": ListOf(Text(10_000), 10_000, about="What is changed, in words"),
    },
)


class Settings(Endpoint):
    """All of them at once."""

    of = section = "settings"

    @call(
        "Read the settings of the desk",
        answer=FILE,
        about="For a token whose owner may do everything.",
    )
    def get(self, asked: Asked) -> HttpResponse:
        """As the file says them."""
        access.check_may_everything(asked.agent)
        return answer(json.loads(written_settings()))

    @call(
        "Make the settings what the document says",
        answer=CHANGED,
        body=FILE,
        query={"dry_run": Flag(about="true: only say what would be changed")},
        about="All of it or nothing; what it does not name stays as it is, and nothing is deleted.",
        example={
            "format": 1,
            "macros": [{"name": "Greeting", "body": "Hello {{customer}},"}],
        },
    )
    def put(self, asked: Asked) -> HttpResponse:
        """Answers with the changes."""
        access.check_may_everything(asked.agent)
        is_dry_run = asked.query.get("dry_run", False)
        try:
            changes = bring_in(json.dumps(asked.body), by=asked.agent, only_look=is_dry_run)
        except FileError as error:
            raise invalid("", "settings", str(error)) from error
        said = [change.said for change in changes]
        return answer({"is_dry_run": is_dry_run, "changes": said})
