"""Bringing in what another desk has: customers as CSV, or all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team
from audit.looking import note_look
from audit.models import Access
from common.spreadsheets import Encoding, csv_rows, mark_of
from desk import access
from reports.live import live_page
from transfers.bundles import BundleError
from transfers.models import ImportJob, Source, State
from transfers.reading.customers import (
    DELIMITERS,
    ENCODINGS,
    Table,
    columns,
    look_at,
    preview,
)
from transfers.working import ask_for_import, begin, ring
from transfers.writing import Duplicates

MOST_BYTES = 60 * 2**20
SHOWN = 50
FAULTS_SHOWN = 20
MOST_COLUMNS = 60
OTHER_DESKS = [(each.value, each.label) for each in Source if each is not Source.CUSTOMERS]
WHAT: dict[str, Any] = {
    "organization": gettext_lazy("Organisations"),
    "customer": gettext_lazy("Customers"),
    "agent": gettext_lazy("Agents"),
    "ticket": gettext_lazy("Tickets"),
    "attachment": gettext_lazy("Files"),
}
OUTCOMES: dict[str, Any] = {
    "new": gettext_lazy("New"),
    "known": gettext_lazy("There already"),
    "same": gettext_lazy("The same person twice"),
    "updated": gettext_lazy("Updated"),
    "unknown": gettext_lazy("Not here; kept by name"),
    "missing": gettext_lazy("Missing"),
}


def _checked(file: UploadedFile[Any]) -> UploadedFile[Any]:
    if (file.size or 0) > MOST_BYTES:
        message = _("This file is larger than %(size)d MB. Use the command on the server.")
        raise forms.ValidationError(message % {"size": MOST_BYTES // 2**20})
    return file


class CustomersForm(forms.Form):
    """A list of customers."""

    table = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "UTF-8 or Shift_JIS, with headings in its first line. You choose what each column means before anything is stored."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )

    def clean_table(self) -> UploadedFile[Any]:
        return _checked(self.cleaned_data["table"])


class DeskForm(forms.Form):
    """The export of another desk."""

    source = forms.ChoiceField(label=gettext_lazy("Other desk"), choices=OTHER_DESKS)
    archive = forms.FileField(
        label=gettext_lazy("Its export"),
        help_text=gettext_lazy(
            "A zip with the files of the export, of at most 60 MB. Larger ones are brought in by the command import_desk on the server."
        ),
        widget=forms.FileInput(attrs={"accept": ".zip,.json,.xml,.csv,.sql,.mbox"}),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team that gets the tickets"),
        queryset=Team.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("The default team"),
    )
    is_dry_run = forms.BooleanField(
        label=gettext_lazy("Only say what would come"), required=False, initial=True
    )

    def clean_archive(self) -> UploadedFile[Any]:
        return _checked(self.cleaned_data["archive"])


class MappingForm(forms.Form):
    """What each column means, and what becomes of customers who are there already."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Between the columns"), choices=list(DELIMITERS.items())
    )
    duplicates = forms.ChoiceField(
        label=gettext_lazy("Customers who are there already"),
        help_text=gettext_lazy(
            "They are known by their number in the other system, their email address or their telephone number."
        ),
        choices=[
            (Duplicates.SKIP, gettext_lazy("Leave them as they are")),
            (Duplicates.UPDATE, gettext_lazy("Bring them up to date")),
            (
                Duplicates.NEW,
                gettext_lazy("Leave them; make a new one if only the telephone is the same"),
            ),
        ],
    )

    def __init__(self, *args: Any, headings: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, heading in enumerate(headings[:MOST_COLUMNS]):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=heading or _("Column %(number)s") % {"number": number + 1},
                choices=columns(),
                required=False,
            )

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """One for each column of the file."""
        return [self[name] for name in self.fields if name.startswith("column_")]

    @property
    def options(self) -> dict[str, Any]:
        """How the file is to be read."""
        found = self.cleaned_data
        return {
            **{name: found[name] for name in ("encoding", "delimiter", "duplicates")},
            "mapping": {
                name.removeprefix("column_"): column
                for name, column in found.items()
                if name.startswith("column_") and column
            },
        }


def index(request: HttpRequest) -> HttpResponse:
    """To upload, and what was brought in so far."""
    access.check_may_everything(access.agent(request))
    return _index(request, CustomersForm(), DeskForm())


def create_customers(request: HttpRequest) -> HttpResponse:
    """Take a list of customers, and ask what its columns mean."""
    agent = access.agent(request)
    access.check_may_everything(agent)
    form = CustomersForm(request.POST, request.FILES)
    if not form.is_valid():
        return _index(request, form, DeskForm(), status=422)
    file = form.cleaned_data["table"]
    try:
        table = look_at(file)
    except BundleError as error:
        form.add_error("table", str(error))
        return _index(request, form, DeskForm(), status=422)
    file.seek(0)
    job = ask_for_import(
        by=agent,
        source=Source.CUSTOMERS,
        name=file.name,
        file=file,
        options=table.options,
        waits=True,
    )
    return redirect("desk:settings_import_job", pk=job.pk)


def create_desk(request: HttpRequest) -> HttpResponse:
    """Take the export of another desk, and begin."""
    agent = access.agent(request)
    access.check_may_everything(agent)
    form = DeskForm(request.POST, request.FILES)
    if not form.is_valid():
        return _index(request, CustomersForm(), form, status=422)
    file = form.cleaned_data["archive"]
    job = ask_for_import(
        by=agent,
        source=form.cleaned_data["source"],
        name=file.name,
        file=file,
        options={"team": form.cleaned_data["team"].pk} if form.cleaned_data["team"] else {},
        is_dry_run=form.cleaned_data["is_dry_run"],
    )
    ring()
    return redirect("desk:settings_import_job", pk=job.pk)


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """What the columns mean; once it has begun, how far it is."""
    job = access.import_job(access.agent(request), pk)
    if job.state == State.ASKED:
        return _mapping(request, job)
    return live_page(
        request,
        "desk/settings/import_job.html",
        "desk/settings/_import_job.html",
        {"job": job, "is_over": not job.is_working, "counts": _counts(job)},
        more={"faults": job.faults.all()[:FAULTS_SHOWN]},
    )


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Look again with other columns, or begin."""
    job = access.import_job(access.agent(request), pk)
    if job.state != State.ASKED:
        messages.info(request, _("It has begun already."))
        return redirect("desk:settings_import_job", pk=pk)
    table = _table(job, request.POST.get("encoding", ""), request.POST.get("delimiter", ""))
    form = MappingForm(request.POST, headings=table.headings)
    if not form.is_valid():
        return _mapping(request, job, form=form, table=table, status=422)
    if "look" in request.POST:
        ImportJob.objects.filter(pk=job.pk).update(options=form.options)
        return redirect("desk:settings_import_job", pk=pk)
    if not form.options["mapping"]:
        form.add_error(None, _("Say of at least one column what it means."))
        return _mapping(request, job, form=form, table=table, status=422)
    begin(job, options=form.options, is_dry_run="try" in request.POST)
    return redirect("desk:settings_import_job", pk=pk)


def faults(request: HttpRequest, pk: int) -> HttpResponse:
    """What could not be taken, with each line as it was written, as CSV."""
    job = access.import_job(access.agent(request), pk)
    rows = [[_("Line"), _("What is wrong"), _("As it was written")]]
    rows += [list(each) for each in job.faults.values_list("place", "message", "original")]
    content = mark_of(Encoding.UTF_8) + csv_rows(rows, Encoding.UTF_8).content
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-errors.csv"'
    response["Cache-Control"] = "private, no-store"
    note_look(Access.Kind.DOWNLOAD, thing=f"import {job.pk}")
    return response


def _index(
    request: HttpRequest, customers: CustomersForm, desk: DeskForm, *, status: int = 200
) -> HttpResponse:
    jobs = ImportJob.objects.select_related("agent")[:SHOWN]
    context = {"customers": customers, "desk": desk, "jobs": jobs}
    return render(request, "desk/settings/import.html", context, status=status)


def _table(job: ImportJob, encoding: str, delimiter: str) -> Table:
    with job.file.open("rb") as file:
        return look_at(file, encoding=encoding, delimiter=delimiter)


def _mapping(
    request: HttpRequest,
    job: ImportJob,
    *,
    form: MappingForm | None = None,
    table: Table | None = None,
    status: int = 200,
) -> HttpResponse:
    options = job.options
    table = table or _table(job, options["encoding"], options["delimiter"])
    if form is None:
        chosen = {f"column_{number}": column for number, column in options["mapping"].items()}
        initial = {"duplicates": Duplicates.SKIP, **options, **chosen}
        form = MappingForm(initial=initial, headings=table.headings)
    with job.file.open("rb") as file:
        lines = preview(file, options)
    context = {"job": job, "form": form, "lines": lines}
    return render(request, "desk/settings/import_mapping.html", context, status=status)


def _counts(job: ImportJob) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (label, [(OUTCOMES[name], number) for name, number in job.counts[kind].items()])
        for kind, label in WHAT.items()
        if kind in job.counts
    ]
