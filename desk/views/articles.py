"""Writing articles: everybody at the desk writes drafts, keepers publish."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Language
from desk import access
from desk.articles import (
    NewArticleForm,
    PlaceForm,
    TextForm,
    may_read,
    place_form_of,
    text_form_of,
)
from desk.forms import MoveForm
from knowledge.exceptions import ArticleError, Overtaken
from knowledge.models import ArticleText, ArticleVersion, Collection
from knowledge.reporting import STATES, article_lines, comments_on
from knowledge.searching import readable
from knowledge.selectors import may_keep_articles
from knowledge.services import writing
from tickets.articles import answer_to_keep, link_article
from tickets.models import Ticket

MOST_VERSIONS = 50
OF_INDEX = ("title_tokens", "tokens", "draft_tokens")


def index(request: HttpRequest) -> HttpResponse:
    """The articles this agent may read, with what is missing."""
    agent = access.agent(request)
    text, state = readable(request.GET.get("q", "")), request.GET.get("state", "")
    collections = list(Collection.objects.all())
    chosen = next((c for c in collections if str(c.pk) == request.GET.get("collection")), None)
    lines = article_lines(agent, text=text, collection=chosen.pk if chosen else None, state=state)
    context = {
        "lines": lines,
        "text": text,
        "state": state if state in STATES else "",
        "states": _states(),
        "collections": collections,
        "chosen": chosen,
        "may_keep": may_keep_articles(agent),
        "may_order": chosen is not None and not text and not state,
    }
    return render(request, "desk/articles.html", context)


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The article as its readers see it, internal ones too, with what they say of it."""
    agent = access.agent(request)
    article = access.article(agent, pk)
    texts = {text.language: text for text in article.texts.defer(*OF_INDEX)}
    wanted = request.GET.get("lang", "") or get_language() or "ja"
    text = texts.get(wanted) or next(iter(texts.values()))
    tickets = Ticket.objects.visible_to(agent).filter(ticket_articles__article=article)
    context = {
        "article": article,
        "text": text,
        "languages": [(each, label, each in texts) for each, label in Language.choices],
        "teams": article.teams.all(),
        "comments": comments_on(article),
        "tickets": tickets.distinct().order_by("-number")[:20],
    }
    return render(request, "desk/article.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """A form to fill in; with ?ticket= it begins with the last answer there."""
    ticket = _ticket(request, request.GET.get("ticket", ""))
    initial: dict[str, Any] = {}
    if ticket is not None:
        subject, answer = answer_to_keep(ticket)
        initial = {"title": subject[:120], "body": answer, "topic": ticket.topic_id}
        initial["language"] = ticket.language
    return _new_page(request, NewArticleForm(initial=initial), ticket)


def create(request: HttpRequest) -> HttpResponse:
    """Keep a new one, as a draft or published."""
    agent, form = access.agent(request), NewArticleForm(request.POST)
    ticket = _ticket(request, request.POST.get("ticket", ""))
    if not form.is_valid() or request.POST.get("outcome") == "preview":
        is_preview = request.POST.get("outcome") == "preview"
        return _new_page(request, form, ticket, status=200 if is_preview else 422)
    fields = form.cleaned_data
    said = {name: fields[name] for name in ("language", "title", "body", "slug")}
    try:
        article = writing.create_article(place=form.place, by=agent, **said)
    except ArticleError as refusal:
        form.add_error(refusal.field, str(refusal))
        return _new_page(request, form, ticket, status=422)
    if ticket is not None:
        link_article(ticket, article, by=agent)
    if not may_read(agent, article):
        messages.success(request, _("The draft is saved. Only its teams can read it."))
        return redirect("desk:article_list")
    return _saved(request, access.article_text(article, fields["language"]))


def edit(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """The draft of one language, beside where the article stands."""
    text = access.article_text(access.article(access.agent(request), pk), language)
    return _page(request, text, text_form_of(text))


def update(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """Keep the draft, publish it, or show how it would look."""
    agent = access.agent(request)
    article = access.article(agent, pk)
    text, form = access.article_text(article, language), TextForm(request.POST)
    if request.POST.get("outcome") == "preview":
        return _page(request, text, form, previewed=request.POST.get("body", ""))
    if not form.is_valid():
        return _page(request, text, form, status=422)
    try:
        text = writing.save_draft(article, language, by=agent, **form.cleaned_data)
    except Overtaken as refusal:
        form.add_error(None, str(refusal))
        text = access.article_text(article, language)
        form.seen_now = text.revision
        return _page(request, text, form, status=HTTPStatus.CONFLICT, has_moved_on=True)
    return _saved(request, text)


def preview(request: HttpRequest) -> HttpResponse:
    """How the text would look: a part of the page."""
    context = {"title": request.POST.get("title", "")[:120], "body": _body(request)}
    return render(request, "desk/_article_preview.html", context)


def create_withdrawal(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """Customers read it no more."""
    agent = access.agent(request)
    text = access.article_text(access.kept_article(agent, pk), language)
    if text.pk:
        writing.withdraw(text, by=agent)
        messages.success(request, _("Withdrawn. The text is a draft again."))
    return redirect("desk:article_edit", pk=pk, language=language)


def create_restoration(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """What it said before is the draft again."""
    agent = access.agent(request)
    text = access.article_text(access.article(agent, pk), language)
    writing.restore(access.article_version(text, request.POST.get("version", "")), by=agent)
    messages.success(request, _("This is the draft now. Nothing is published by that."))
    return redirect("desk:article_edit", pk=pk, language=language)


def update_place(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """Another collection, topic or audience."""
    agent = access.agent(request)
    article, form = access.kept_article(agent, pk), PlaceForm(request.POST)
    text = access.article_text(article, language)
    if not form.is_valid():
        return _page(request, text, text_form_of(text), place=form, status=422)
    try:
        writing.place_article(article, place=form.place, seen=form.cleaned_data["seen"], by=agent)
    except Overtaken as refusal:
        messages.error(request, str(refusal))
        return _page(request, text, text_form_of(text), status=HTTPStatus.CONFLICT)
    messages.success(request, _("Saved."))
    if not may_read(agent, article):
        return redirect("desk:article_list")
    return redirect("desk:article_edit", pk=pk, language=language)


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down in its collection."""
    article, form = access.kept_article(access.agent(request), pk), MoveForm(request.POST)
    if form.is_valid():
        writing.move_article(article, by=int(form.cleaned_data["by"]))
    return redirect(f"{_list_address()}?collection={article.collection_id}")


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, when nobody can have read it."""
    article = access.kept_article(access.agent(request), pk)
    try:
        writing.delete_article(article)
    except ArticleError as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:article", pk=pk)
    messages.success(request, _("The article is deleted."))
    return redirect("desk:article_list")


def _saved(request: HttpRequest, text: ArticleText) -> HttpResponse:
    """Publish what was just saved if that was asked, and say what became of it."""
    agent = access.agent(request)
    try:
        if request.POST.get("outcome") == "publish" and may_keep_articles(agent):
            writing.publish(text, by=agent)
            messages.success(request, _("Published. This is what readers see now."))
        else:
            messages.success(request, _("The draft is saved."))
    except ArticleError as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:article_edit", pk=text.article_id, language=text.language)


def _new_page(
    request: HttpRequest, form: NewArticleForm, ticket: Ticket | None, *, status: int = 200
) -> HttpResponse:
    if request.POST.get("outcome") == "preview":
        form.is_valid()
        form.errors.clear()
    context = {
        "form": form,
        "ticket": ticket,
        "collections": Collection.objects.exists(),
        "may_keep": may_keep_articles(access.agent(request)),
        "previewed": _body(request),
        "title": request.POST.get("title", "")[:120],
    }
    return render(request, "desk/article_new.html", context, status=status)


def _page(
    request: HttpRequest,
    text: ArticleText,
    form: TextForm,
    *,
    place: PlaceForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    article = text.article
    if "previewed" in more:
        form.is_valid()
        form.errors.clear()
    context = {
        "article": article,
        "text": text,
        "form": form,
        "place": place or place_form_of(article),
        "may_keep": may_keep_articles(access.agent(request)),
        "was_published": writing.was_published(article),
        "languages": Language.choices,
        "in_language": Language(text.language).label,
        "versions": _versions(text),
        **more,
    }
    return render(request, "desk/article_edit.html", context, status=status)


def _versions(text: ArticleText) -> list[ArticleVersion]:
    versions = ArticleVersion.objects.filter(text=text.pk).select_related("by")
    return list(versions[:MOST_VERSIONS]) if text.pk else []


def _ticket(request: HttpRequest, number: str) -> Ticket | None:
    """The ticket that an article is made of, if one is named. Raises Http404."""
    return access.ticket(access.agent(request), number) if number else None


def _body(request: HttpRequest) -> str:
    return request.POST.get("body", "")[:30_000]


def _list_address() -> str:
    return reverse("desk:article_list")


def _states() -> list[tuple[str, str]]:
    return [
        ("", _("All")),
        ("published", _("Published")),
        ("draft", _("Drafts")),
        ("changed", _("Changed since publishing")),
        ("gap", _("A language is missing")),
    ]
