"""How articles are arranged and found, and what readers say. Keepers of articles change it."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from desk import access
from desk.articles import CollectionForm, SynonymForm
from desk.forms import MoveForm
from knowledge.exceptions import ArticleError, Overtaken
from knowledge.models import Collection
from knowledge.reporting import period
from knowledge.services import arranging
from tickets.models import Channel, Ticket

DAYS = (7, 30, 90)


def report(request: HttpRequest) -> HttpResponse:
    """What readers seek, what they do not find, and what helps them."""
    days = next((each for each in DAYS if str(each) == request.GET.get("days")), 30)
    since = timezone.localdate() - timedelta(days=days - 1)
    seen = period(access.agent(request), since=since)
    asked = Ticket.objects.filter(channel=Channel.WEB, opened_at__date__gte=since).count()
    context = {
        "period": seen,
        "share": round(100 * seen.solved / (seen.solved + asked)) if seen.solved else 0,
        "came": seen.solved + asked,
        "days": days,
        "choices": DAYS,
        "since": since,
    }
    return render(request, "desk/article_report.html", context)


def index(request: HttpRequest) -> HttpResponse:
    """All collections in their order."""
    access.check_keeps_articles(access.agent(request))
    return render(request, "desk/collections.html", {"collections": Collection.objects.all()})


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in."""
    access.check_keeps_articles(access.agent(request))
    collection = Collection()
    return _page(request, collection, CollectionForm(collection=collection))


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one."""
    access.check_keeps_articles(access.agent(request))
    return _save(request, Collection())


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, with what it holds."""
    collection = access.collection(access.agent(request), pk)
    return _page(request, collection, CollectionForm(collection=collection))


def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change it."""
    return _save(request, access.collection(access.agent(request), pk))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, when it is empty."""
    collection = access.collection(access.agent(request), pk)
    try:
        arranging.delete_collection(collection)
    except ArticleError as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:collection", pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": collection.name})
    return redirect("desk:collection_list")


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    collection = access.collection(access.agent(request), pk)
    form = MoveForm(request.POST)
    if form.is_valid():
        arranging.move_collection(collection, by=int(form.cleaned_data["by"]))
    return redirect("desk:collection_list")


def synonyms(request: HttpRequest) -> HttpResponse:
    """All groups of words."""
    access.check_keeps_articles(access.agent(request))
    written = arranging.written_synonyms()
    form = SynonymForm(initial={"words": written})
    return render(request, "desk/synonyms.html", {"form": form, "seen": written})


def update_synonyms(request: HttpRequest) -> HttpResponse:
    """Change them."""
    access.check_keeps_articles(access.agent(request))
    form = SynonymForm(request.POST)
    status = 422
    if form.is_valid():
        seen = form.cleaned_data["seen"].replace("\r\n", "\n")
        try:
            arranging.save_synonyms(form.cleaned_data["words"], seen=seen)
        except Overtaken as refusal:
            form.add_error(None, str(refusal))
            status = HTTPStatus.CONFLICT
        except ArticleError as refusal:
            form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        now = arranging.written_synonyms() if status == HTTPStatus.CONFLICT else ""
        context = {"form": form, "now": now, "seen": now or request.POST.get("seen", "")}
        return render(request, "desk/synonyms.html", context, status=status)
    messages.success(request, _("Saved. Searches follow at once."))
    return redirect("desk:synonyms")


def _save(request: HttpRequest, collection: Collection) -> HttpResponse:
    form = CollectionForm(request.POST, collection=collection)
    if form.is_valid():
        try:
            arranging.save_collection(collection, values=form.cleaned_data)
        except ArticleError as refusal:
            form.add_error(refusal.field, str(refusal))
    if not form.is_valid():
        return _page(request, collection, form, status=422)
    messages.success(request, _("“%(name)s” is saved.") % {"name": collection.name})
    return redirect("desk:collection_list")


def _page(
    request: HttpRequest, collection: Collection, form: CollectionForm, *, status: int = 200
) -> HttpResponse:
    context = {"collection": collection, "form": form}
    return render(request, "desk/collection.html", context, status=status)
