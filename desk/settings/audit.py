"""Who changed what, and who looked at what. For those who may read the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Agent
from accounts.permissions import Permission
from audit.looking import note_look
from audit.models import Access, Change
from audit.selectors import Asked, changes, looks
from audit.tables import AUDITED
from common.keyset import Order, page_of
from common.numbers import whole_number
from common.spreadsheets import Cell, Encoding, csv_rows, mark_of
from customers.models import Customer
from desk import access
from desk.settings.audit_lines import lines_of, who_of
from desk.settings.audit_words import KINDS

SHOWN = 50
EXPORTED_AT_ONCE = 1000
LONGEST_CELL = 30_000
NEWEST_FIRST = Order(("at",), is_ascending=False)
ANY = ("", gettext_lazy("any"))
WHO = pgettext_lazy("filter of the audit log", "Who")
WHAT = pgettext_lazy("filter of the audit log", "What")


class AuditForm(forms.Form):
    """What to cut a log down by."""

    agent = forms.TypedChoiceField(label=WHO, required=False, coerce=int)
    since = forms.DateField(
        label=pgettext_lazy("filter of the audit log", "From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=pgettext_lazy("filter of the audit log", "Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    # What a link asks for: one record, or all about one customer.
    row = forms.CharField(required=False, widget=forms.HiddenInput, max_length=18)
    customer = forms.CharField(required=False, widget=forms.HiddenInput, max_length=18)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        people = Agent.objects.order_by("name", "pk").values_list("pk", "name")
        self.fields["agent"].choices = [ANY, *people]  # type: ignore[attr-defined]

    @property
    def asked(self) -> Asked:
        """What is asked for; a field that says nothing readable cuts nothing down."""
        self.is_valid()
        fields = self.cleaned_data
        until = fields.get("until")
        return Asked(
            agent=fields.get("agent") or None,
            table=fields.get("table") or "",
            kind=fields.get("kind") or "",
            row=whole_number(fields.get("row")),
            customer=whole_number(fields.get("customer")),
            since=_midnight(fields.get("since")),
            until=_midnight(until + timedelta(days=1) if until else None),
            words=fields.get("words") or "",
        )


class ChangesForm(AuditForm):
    """The log of changes has kinds of records, and says something."""

    table = forms.ChoiceField(label=WHAT, required=False)
    words = forms.CharField(
        label=pgettext_lazy("filter of the audit log", "Words"), required=False, max_length=100
    )
    field_order = ["agent", "table", "words", "since", "until"]

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        kinds = sorted((str(KINDS[table].word), table) for table in AUDITED if table in KINDS)
        self.fields["table"].choices = [ANY, *((table, word) for word, table in kinds)]  # type: ignore[attr-defined]


class LooksForm(AuditForm):
    """The log of looks has ways of looking."""

    kind = forms.ChoiceField(
        label=WHAT,
        required=False,
        choices=[ANY, *Access.Kind.choices],
    )
    field_order = ["agent", "kind", "since", "until"]


def index(request: HttpRequest) -> HttpResponse:
    """What was changed, the newest first."""
    form = ChangesForm(request.GET)
    asked = form.asked
    page = page_of(changes(asked), NEWEST_FIRST, after=request.GET.get("after", ""), size=SHOWN)
    context = {
        **_around(request, form, asked, older=page.older, has_newer=page.has_newer),
        "lines": lines_of(page.rows),
        "current": "changes",
    }
    return render(request, "desk/settings/audit.html", context)


def looks_index(request: HttpRequest) -> HttpResponse:
    """What was looked at, the newest first."""
    form = LooksForm(request.GET)
    asked = form.asked
    page = page_of(looks(asked), NEWEST_FIRST, after=request.GET.get("after", ""), size=SHOWN)
    names = _names_of_customers(page.rows)
    context = {
        **_around(request, form, asked, older=page.older, has_newer=page.has_newer),
        "can_erase": access.agent(request).may(Permission.PRIVACY),
        "looks": [(look, names.get(look.customer)) for look in page.rows],
        "current": "looks",
    }
    return render(request, "desk/settings/audit_looks.html", context)


def export(request: HttpRequest) -> StreamingHttpResponse:
    """All the changes that are asked for, as a table."""
    headings = [_("When"), str(WHO), str(WHAT), _("Changes"), _("Page or task"), _("Request")]
    found = changes(ChangesForm(request.GET).asked)
    return _table(request, "changes", headings, found, _rows_of_changes)


def export_looks(request: HttpRequest) -> StreamingHttpResponse:
    """All the looks that are asked for, as a table."""
    headings = [_("When"), str(WHO), str(WHAT), _("Customer"), _("Ticket")]
    return _table(request, "looks", headings, looks(LooksForm(request.GET).asked), _rows_of_looks)


def _around(
    request: HttpRequest, form: AuditForm, asked: Asked, *, older: str, has_newer: bool
) -> dict[str, Any]:
    query = {name: text for name, text in request.GET.items() if text and name != "after"}
    return {
        "form": form,
        "query": urlencode(query),
        "older_url": f"?{urlencode({**query, 'after': older})}" if older else "",
        "newer_url": f"?{urlencode(query)}" if has_newer else "",
        "customer": Customer.objects.filter(pk=asked.customer).first() if asked.customer else None,
        "is_cut_down": bool(query),
        "now": timezone.now(),
    }


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def _names_of_customers(found: Iterable[Access]) -> dict[int | None, str]:
    keys = [look.customer for look in found if look.customer is not None]
    return dict(Customer.objects.filter(pk__in=keys).values_list("pk", "name"))


# As a table -----------------------------------------------------------------------------------


def _table(
    request: HttpRequest,
    name: str,
    headings: list[str],
    found: QuerySet[Any],
    rows_of: Callable[[list[Any]], Iterable[list[Cell]]],
) -> StreamingHttpResponse:
    agent = access.agent(request)
    note_look(Access.Kind.LOG, thing=f"{name}?{request.GET.urlencode()}"[:500])
    response = StreamingHttpResponse(
        _csv(headings, found, rows_of, agent), content_type="text/csv; charset=utf-8"
    )
    day = timezone.localdate()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day:%Y-%m-%d}.csv"'
    return response


def _csv(
    headings: list[str],
    found: QuerySet[Any],
    rows_of: Callable[[list[Any]], Iterable[list[Cell]]],
    agent: Agent,
) -> Iterator[bytes]:
    """Piece by piece: it is sent when the page's language and zone are over."""
    encoding = Encoding.UTF_8
    yield mark_of(encoding) + csv_rows([headings], encoding).content
    after = ""
    while True:
        with translation.override(agent.language), timezone.override(agent.time_zone):
            page = page_of(found, NEWEST_FIRST, after=after, size=EXPORTED_AT_ONCE)
            yield csv_rows(rows_of(page.rows), encoding).content
        after = page.older
        if not after:
            return


def _rows_of_changes(found: list[Change]) -> Iterator[list[Cell]]:
    for line in lines_of(found, longest=LONGEST_CELL):
        said = "\n".join(line.said)[:LONGEST_CELL]
        change = line.change
        yield [change.at, who_of(change), line.sentence, said, change.via, change.request]


def _rows_of_looks(found: list[Access]) -> Iterator[list[Cell]]:
    names = _names_of_customers(found)
    for look in found:
        customer = "" if look.customer is None else names.get(look.customer) or f"#{look.customer}"
        yield [look.at, look.name, look.get_kind_display(), customer, look.ticket]
