"""What inquiries are about, and who gets them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent, Team
from desk import access
from desk.forms import MoveForm
from topics.exceptions import TopicError
from topics.models import Topic
from topics.services import delete_topic, move_topic, save_topic


class TopicForm(forms.Form):
    """One topic: its names and where its inquiries go."""

    name_ja = forms.CharField(label=gettext_lazy("Name in Japanese"), max_length=60, required=False)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=60, required=False)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team that gets them"),
        queryset=Team.objects.order_by("name"),
        empty_label=None,
    )
    agent = forms.ModelChoiceField(
        label=gettext_lazy("Who gets them first"),
        queryset=Agent.objects.filter(is_active=True).order_by("name"),
        required=False,
        empty_label="–",
        help_text=gettext_lazy(
            "While this person is away, whoever stands in. If nobody is available, the team's"
            " method decides."
        ),
    )
    skill = forms.CharField(
        label=gettext_lazy("Skill"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "When tickets find somebody by themselves, those of the team who have this skill come"
            " first. The others get them when none of those has room. Empty: it takes none."
        ),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Offered"),
        required=False,
        help_text=gettext_lazy("Tickets that have it keep it when it is switched off."),
    )

    def __init__(self, data: Any = None, *, topic: Topic) -> None:
        values = {
            name: getattr(topic, name) for name in ("name_ja", "name_en", "skill", "is_active")
        }
        super().__init__(data, initial={**values, "team": topic.team_id, "agent": topic.agent_id})


def index(request: HttpRequest) -> HttpResponse:
    """All topics in their order."""
    context = {"topics": Topic.objects.select_related("team", "agent")}
    return render(request, "desk/settings/topics.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    topic = Topic()
    return _page(request, topic, TopicForm(topic=topic))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    return _save(request, Topic())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    topic = access.topic(pk)
    return _page(request, topic, TopicForm(topic=topic))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it; inquiries that arrive from now on follow."""
    return _save(request, access.topic(pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, when nobody has it."""
    topic = access.topic(pk)
    try:
        delete_topic(topic)
    except TopicError as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:settings_topic", pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": topic.name})
    return redirect("desk:settings_topics")


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    topic, form = access.topic(pk), MoveForm(request.POST)
    if form.is_valid():
        move_topic(topic, by=int(form.cleaned_data["by"]))
    return redirect("desk:settings_topics")


def _save(request: HttpRequest, topic: Topic) -> HttpResponse:
    form = TopicForm(request.POST, topic=topic)
    if form.is_valid():
        try:
            save_topic(topic, values=form.cleaned_data)
        except TopicError as refusal:
            form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        return _page(request, topic, form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": topic.name})
    return redirect("desk:settings_topics")


def _page(
    request: HttpRequest, topic: Topic, form: TopicForm, *, status: int = 200
) -> HttpResponse:
    context = {"topic": topic, "form": form}
    return render(request, "desk/settings/topic.html", context, status=status)
