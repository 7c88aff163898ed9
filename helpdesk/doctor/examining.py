"""One look at everything."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from helpdesk.doctor import database, machinery, surroundings
from helpdesk.doctor.findings import Finding, Findings, Level, broken

Examination = Callable[[], Findings]
OF_SURROUNDINGS: tuple[Examination, ...] = (
    surroundings.addresses,
    surroundings.proxy,
    surroundings.demo,
    surroundings.sending,
    surroundings.key,
    surroundings.disk,
    surroundings.data_directory,
    surroundings.static_files,
    surroundings.deployment,
)
OF_THE_SERVER: tuple[Examination, ...] = (
    database.text,
    database.clock,
    database.limits,
    database.safety,
    database.indexes,
    database.vacuuming,
    database.load,
    database.restores,
)
# These read tables of this release.
OF_THE_DESK: tuple[Examination, ...] = (
    machinery.processes,
    machinery.sweep,
    machinery.seals,
    machinery.letters,
    machinery.incoming,
    machinery.mailboxes,
    machinery.webhooks,
    machinery.backups,
    surroundings.secrets,
    surroundings.people,
)
OF_REDIS: tuple[Examination, ...] = (machinery.redis, machinery.queues)


def examine() -> list[Finding]:
    """Everything that was found, in the order in which it should be seen to."""
    server = database.reachable()
    found = [server]
    if server.level is not Level.BROKEN:
        migrations = list(database.migrations())
        found += [*migrations, *_all(OF_THE_SERVER)]
        if all(finding.level is not Level.BROKEN for finding in migrations):
            found += _all(OF_THE_DESK)
    found += _all((*OF_REDIS, *OF_SURROUNDINGS))
    return sorted(found, key=lambda finding: -finding.level)


def _all(examinations: tuple[Examination, ...]) -> list[Finding]:
    return [finding for examination in examinations for finding in _try(examination)]


def _try(examination: Examination) -> list[Finding]:
    """One that fails says so and does not keep the others from being made."""
    try:
        return list(examination())
    # Whatever it is, it is a finding.
    except Exception as error:
        return [
            broken(
                examination.__name__,
                _("This could not be looked at: %(error)s")
                % {"error": f"{type(error).__name__}: {error}".strip()},
                _("It may be broken, too."),
                ".venv/bin/python manage.py doctor",
            )
        ]
