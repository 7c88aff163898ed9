"""Take over another desk, or a list of customers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Team
from helpdesk.ownership import become_owner
from rules.services import keep_listening
from transfers.bundles import BundleError, opened
from transfers.models import ImportJob, Source, State
from transfers.restoring import check_desk, restore_desk
from transfers.working import LostJob, ask_for_import, take, work_on


class Command(BaseCommand):
    help = (
        "Import what another desk has exported: a file, a folder or a zip. What came once does not"
        " come again, so a run that broke off is simply repeated. There is no way back: look with"
        " --dry-run first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=[*Source.values, "yakusoku"])
        parser.add_argument("path")
        parser.add_argument("--dry-run", action="store_true", help="say what would come")
        parser.add_argument(
            "--team", help="that gets the tickets, by its name; else the default team"
        )
        parser.add_argument("--job", type=int, help="go on with this import")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["source"] == "yakusoku":
            self._restore(Path(options["path"]), is_dry_run=options["dry_run"])
            return
        job = self._job(options)
        self.stdout.write(f"Import {job.pk}")
        try:
            job = take(job)
        except LostJob:
            raise CommandError("Somebody else works on this import, or it has ended.") from None
        work_on(job, tell=self._tell)
        job.refresh_from_db()
        self._report(job)

    def _restore(self, path: Path, *, is_dry_run: bool) -> None:
        """What export_desk has written, into an empty desk. Keys go on behind those that come, which
        the desk itself may not decide."""
        become_owner()
        try:
            with opened(path) as bundle:
                found = check_desk(bundle) if is_dry_run else restore_desk(bundle)
        except BundleError as error:
            raise CommandError(str(error)) from None
        for name, number in found.items():
            self.stdout.write(f"{name}: {number}")
        if not is_dry_run:
            keep_listening()

    def _job(self, options: dict[str, Any]) -> ImportJob:
        path = Path(options["path"]).resolve()
        if options["job"] is None:
            return ask_for_import(
                by=None,
                source=options["source"],
                name=path.name,
                path=str(path),
                options=self._team(options["team"]),
                is_dry_run=options["dry_run"],
            )
        job = ImportJob.objects.filter(pk=options["job"]).first()
        if job is None:
            raise CommandError("There is no such import.")
        return job

    def _team(self, name: str | None) -> dict[str, int]:
        if name is None:
            return {}
        team = Team.objects.filter(name=name).first()
        if team is None:
            raise CommandError(f"There is no team called {name}.")
        return {"team": team.pk}

    def _tell(self, job: ImportJob) -> None:
        self.stdout.write(f"{job.seen} records")

    def _report(self, job: ImportJob) -> None:
        for kind, outcomes in sorted(job.counts.items()):
            said = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
            self.stdout.write(f"{kind}: {said}")
        for fault in job.faults.all()[:20]:
            self.stderr.write(f"{fault.place}: {fault.message}")
        if job.fault_count > 20:
            self.stderr.write(f"… and {job.fault_count - 20} more")
        if job.state != State.DONE:
            raise CommandError(job.error or "The import broke off. Run it again with --job.")
