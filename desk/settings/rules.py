"""What the desk does by itself: rules as sentences, what they would do, and what they did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from common.keyset import Order, page_of
from common.numbers import whole_number
from desk import access
from desk.forms import MoveForm
from desk.settings.calendar_form import NotationField
from rules.actions import DOINGS
from rules.conditions import WAYS, all_asked
from rules.exceptions import BadRule
from rules.models import Happening, Rule, Run, Since
from rules.previewing import COUNTED, matching, preview
from rules.running import TIME, run_by_hand, undo_batch
from rules.sentences import sentence
from rules.services import delete_rule, move_rule, save_rule, switch_rule
from sla.notation import read_duration, write_duration

ROW = re.compile(r"(c|a)-(\d{1,3})-(?:of|do)")
LOG_PAGE = 50


@dataclass(frozen=True)
class Row:
    """A condition or an action in the form. `name` is what its button takes it away by."""

    name: str
    label: str
    fields: list[forms.BoundField]
    hidden: forms.BoundField


class RuleForm(forms.Form):
    """When, on what and what. Conditions and actions are rows; buttons add and remove them."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    events = forms.MultipleChoiceField(
        label=pgettext_lazy("rule", "When"),
        choices=Happening.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    since = forms.ChoiceField(label=gettext_lazy("Counted from"), choices=Since.choices)
    after = NotationField(
        label=gettext_lazy("How long"),
        read=read_duration,
        max_length=6,
        help_text=gettext_lazy("Hours and minutes, day and night, such as 4:00."),
    )
    needs_all = forms.TypedChoiceField(
        label=gettext_lazy("Which conditions"),
        choices=[("yes", gettext_lazy("All are met")), ("no", gettext_lazy("One is met"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )

    def __init__(self, data: Any = None, *, rule: Rule, is_of_time: bool) -> None:
        self.asked = all_asked()
        initial = {
            "name": rule.name,
            "events": rule.events,
            "since": rule.since,
            "after": write_duration(int(rule.after.total_seconds())) if rule.pk else "4:00",
            "needs_all": "yes" if rule.needs_all else "no",
        }
        super().__init__(data, initial=initial)
        for name in ("events",) if is_of_time else ("since", "after"):
            del self.fields[name]
        kept = _stored(rule) if data is None else _posted(data)
        if data is not None:
            posted = data.copy()
            for rows, key in ((kept["c"], "of"), (kept["a"], "do")):
                for name, row in rows.items():
                    # Also of the row that has just been added.
                    posted[f"{name}-{key}"] = row[key]
            self.data = posted
        self.conditions = [self._condition(name, row) for name, row in kept["c"].items()]
        self.actions = [self._action(name, row) for name, row in kept["a"].items()]

    @property
    def head(self) -> list[forms.BoundField]:
        """The fields before the conditions."""
        return [self[name] for name in ("name", "events", "since", "after") if name in self.fields]

    @property
    def new_conditions(self) -> list[tuple[str, str]]:
        """What may be asked, to be added."""
        return [(key, capfirst(str(asked.label))) for key, asked in self.asked.items()]

    @property
    def new_actions(self) -> list[tuple[str, str]]:
        """What may be done, to be added."""
        return [(key, str(doing.label)) for key, doing in DOINGS.items()]

    def values(self) -> dict[str, Any]:
        """The values to keep."""
        said, after = self.cleaned_data, self.cleaned_data.get("after")
        return {
            "name": said["name"],
            "events": said.get("events", []),
            "since": said.get("since", ""),
            "after": timedelta(seconds=after or 0),
            "needs_all": said["needs_all"],
            "conditions": [
                {
                    "of": row.hidden.value(),
                    "way": self._said(row, "way"),
                    "value": self._said(row, "value"),
                }
                for row in self.conditions
            ],
            "actions": [
                {"do": row.hidden.value(), "value": self._said(row, "value")}
                for row in self.actions
            ],
        }

    def _said(self, row: Row, part: str) -> str:
        return str(self.cleaned_data.get(f"{row.name}-{part}", "")).strip()

    def _condition(self, name: str, row: Mapping[str, str]) -> Row:
        asked = self.asked[row["of"]]
        way = forms.ChoiceField(
            label=_("Comparison"), choices=[(each, WAYS[each]) for each in asked.ways]
        )
        parts: list[tuple[str, forms.Field]] = [("way", way)]
        if not asked.said:
            parts.append(("value", _input(asked.choices, is_number=asked.is_number)))
        return self._row(name, "of", row, capfirst(str(asked.label)), parts)

    def _action(self, name: str, row: Mapping[str, str]) -> Row:
        doing = DOINGS[row["do"]]
        value = _input(doing.choices, is_long=doing.is_long)
        return self._row(name, "do", row, str(doing.label), [("value", value)])

    def _row(
        self,
        name: str,
        key: str,
        row: Mapping[str, str],
        label: str,
        parts: list[tuple[str, forms.Field]],
    ) -> Row:
        self.fields[f"{name}-{key}"] = forms.CharField(
            initial=row[key], widget=forms.HiddenInput, required=False
        )
        for part, field in parts:
            field.initial = row.get(part, "")
            self.fields[f"{name}-{part}"] = field
        return Row(
            name, label, [self[f"{name}-{part}"] for part, _field in parts], self[f"{name}-{key}"]
        )


def _input(choices: Any, *, is_long: bool = False, is_number: bool = False) -> forms.Field:
    if choices is not None:
        return forms.ChoiceField(label=_("Value"), choices=list(choices().items()))
    if is_number:
        return forms.IntegerField(label=_("Value"), min_value=1, max_value=1000)
    widget = forms.Textarea(attrs={"rows": 3}) if is_long else forms.TextInput()
    return forms.CharField(label=_("Value"), max_length=2000 if is_long else 200, widget=widget)


def _stored(rule: Rule) -> dict[str, dict[str, Mapping[str, str]]]:
    known = all_asked()
    conditions = [each for each in rule.conditions if each["of"] in known]
    actions = [each for each in rule.actions if each["do"] in DOINGS]
    return {
        "c": {f"c-{number}": row for number, row in enumerate(conditions)},
        "a": {f"a-{number}": row for number, row in enumerate(actions)},
    }


def _posted(data: Any) -> dict[str, dict[str, Mapping[str, str]]]:
    """The rows there were, but for one that is taken away, and one more if that is asked for."""
    rows: dict[str, dict[str, Mapping[str, str]]] = {"c": {}, "a": {}}
    known = {"c": (all_asked(), "of"), "a": (DOINGS, "do")}
    numbers = sorted((match[1], int(match[2])) for name in data if (match := ROW.fullmatch(name)))
    for kind, number in numbers:
        there, key = known[kind]
        value = data.get(f"{kind}-{number}-{key}")
        if value in there and data.get("remove") != f"{kind}-{number}":
            rows[kind][f"{kind}-{number}"] = {key: value}
    for kind, (there, key) in known.items():
        if data.get("add") == kind and data.get(f"new-{kind}") in there:
            next_number = 1 + max((number for of, number in numbers if of == kind), default=-1)
            rows[kind][f"{kind}-{next_number}"] = {key: data[f"new-{kind}"]}
    return rows


def index(request: HttpRequest) -> HttpResponse:
    """All rules, in the order in which they act."""
    rules = [(rule, sentence(rule)) for rule in Rule.objects.all()]
    return render(request, "desk/settings/rules.html", {"rules": rules})


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in: for something that happens, or with ?time=1 for something that lasts."""
    is_of_time = "time" in request.GET
    return _page(request, Rule(), RuleForm(rule=Rule(), is_of_time=is_of_time), is_of_time)


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one; it does nothing until it is switched on."""
    return _save(request, Rule(), is_of_time="time" in request.GET)


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The sentence, what it would do now, and the form."""
    rule = access.rule(pk)
    return _page(request, rule, RuleForm(rule=rule, is_of_time=rule.is_of_time), rule.is_of_time)


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it."""
    rule = access.rule(pk)
    return _save(request, rule, is_of_time=rule.is_of_time)


def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """On or off."""
    rule = access.rule(pk)
    switch_rule(rule, is_active=request.POST.get("on") == "yes")
    said = _("“%(name)s” is on.") if rule.is_active else _("“%(name)s” is off.")
    messages.success(request, said % {"name": rule.name})
    return redirect("desk:settings_rule", pk=pk)


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    rule, form = access.rule(pk), MoveForm(request.POST)
    if form.is_valid():
        move_rule(rule, by=int(form.cleaned_data["by"]))
    return redirect("desk:settings_rules")


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, with its log."""
    rule = access.rule(pk)
    delete_rule(rule)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": rule.name})
    return redirect("desk:settings_rules")


def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Do it now to the tickets that were shown, as far as they match still."""
    rule, now = access.rule(pk), timezone.now()
    ids = list(matching(rule, now=now).values_list("pk", flat=True)[:COUNTED])
    batch = run_by_hand(rule, ids, now=now)
    done = Run.objects.filter(batch=batch, outcome=Run.Outcome.DONE).count()
    said = ngettext("%(count)s ticket was changed.", "%(count)s tickets were changed.", done)
    messages.success(request, said % {"count": done})
    return redirect("desk:settings_rule_log", pk=pk)


def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was done together, where nobody has gone on since."""
    rule = access.rule(pk)
    run = access.rule_run(rule, request.POST.get("run", ""))
    undone = undo_batch(run.batch) if run.batch else 0
    said = ngettext("%(count)s ticket is as it was.", "%(count)s tickets are as they were.", undone)
    messages.success(request, said % {"count": undone})
    return redirect("desk:settings_rule_log", pk=pk)


def log(request: HttpRequest, pk: int) -> HttpResponse:
    """What the rule did, the newest first; with ?ticket= to one ticket."""
    rule = access.rule(pk)
    runs = Run.objects.filter(rule=rule).select_related("ticket")
    number = whole_number(request.GET.get("ticket", ""))
    if number is not None:
        runs = runs.filter(ticket__number=number)
    newest = Order((), is_ascending=False)
    page = page_of(runs, newest, after=request.GET.get("after", ""), size=LOG_PAGE)
    only = f"ticket={number}&" if number is not None else ""
    context = {
        "rule": rule,
        "runs": [(each, why(each.because)) for each in page.rows],
        "number": number,
        "batches": _undoable(page.rows),
        "older_url": f"?{only}after={page.older}" if page.older else "",
        "newer_url": f"?{only}" if page.has_newer else "",
        "now": timezone.now(),
    }
    return render(request, "desk/settings/rule_log.html", context)


def why(because: str) -> str:
    """What made it act, in words."""
    if because in Happening:
        return str(Happening(because).label)
    return _("its time had come") if because == TIME else _("done by hand")


def _undoable(runs: Any) -> set[int]:
    """The first run shown of each batch of which something can be undone still."""
    seen, first = set(), set()
    for each in runs:
        if each.batch and each.outcome == Run.Outcome.DONE and each.batch not in seen:
            seen.add(each.batch)
            first.add(each.pk)
    return first


def _save(request: HttpRequest, rule: Rule, *, is_of_time: bool) -> HttpResponse:
    form = RuleForm(request.POST, rule=rule, is_of_time=is_of_time)
    if {"add", "remove"} & request.POST.keys():
        # Nothing is kept yet, and nothing is complained about.
        form.full_clean()
        form.errors.clear()
        return _page(request, rule, form, is_of_time)
    if form.is_valid():
        try:
            save_rule(rule, values=form.values(), by=access.agent(request))
        except BadRule as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    if not form.is_valid():
        return _page(request, rule, form, is_of_time, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": rule.name})
    return redirect("desk:settings_rule", pk=rule.pk)


def _page(
    request: HttpRequest, rule: Rule, form: RuleForm, is_of_time: bool, *, status: int = 200
) -> HttpResponse:
    kept = access.rule(rule.pk) if rule.pk else None
    context = {
        "rule": kept or Rule(),
        "sentence": sentence(kept) if kept else "",
        "preview": preview(kept, now=timezone.now()) if kept and not form.is_bound else None,
        "form": form,
        "is_of_time": is_of_time,
    }
    return render(request, "desk/settings/rule.html", context, status=status)
