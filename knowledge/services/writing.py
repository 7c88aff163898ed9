"""The only writers of articles: drafts, what is published of them, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Agent
from common.markup import plain
from common.positions import move_within
from common.tokens import tokens
from knowledge.exceptions import ArticleError, Overtaken
from knowledge.models import Article, ArticleText, ArticleVersion, Audience

What = ArticleVersion.What
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80


@transaction.atomic
def create_article(  # noqa: PLR0913 - all of it is what an article begins with
    *,
    place: Mapping[str, Any],
    language: str,
    title: str,
    body: str,
    by: Agent,
    slug: str = "",
    now: datetime | None = None,
) -> Article:
    """Begin an article with a draft in one language. `place` is where it stands: collection, topic,
    audience, teams. Raises ArticleError for an address that is taken or none."""
    now = now or timezone.now()
    last = Article.objects.filter(collection=place["collection"]).aggregate(last=Max("position"))
    article = Article(
        slug=_slug(slug, title),
        position=(last["last"] or 0) + 1,
        created_at=now,
        created_by=by,
        updated_at=now,
    )
    try:
        with transaction.atomic():
            _place(article, place, by=by, now=now)
    except IntegrityError as error:
        sentence = _("There is an article at the address “%(slug)s” already.")
        raise ArticleError(sentence % {"slug": article.slug}, field="slug") from error
    save_draft(article, language, title=title, body=body, seen=0, by=by, now=now)
    return article


@transaction.atomic
def place_article(article: Article, *, place: Mapping[str, Any], seen: int, by: Agent) -> None:
    """Where it stands, and who reads it. Raises Overtaken when that is not what was `seen`."""
    held = Article.objects.select_for_update().get(pk=article.pk)
    if held.revision != seen:
        raise Overtaken(_("Somebody has changed where this article stands. Look at it once more."))
    _place(held, place, by=by, now=timezone.now())


@transaction.atomic
def move_article(article: Article, *, by: int) -> None:
    """One place up (-1) or down (1) in its collection."""
    move_within(Article.objects.filter(collection=article.collection_id), article, by=by)


@transaction.atomic
def save_draft(  # noqa: PLR0913 - all of it is what a draft is
    article: Article,
    language: str,
    *,
    title: str,
    body: str,
    seen: int,
    by: Agent,
    now: datetime | None = None,
) -> ArticleText:
    """Keep what was written; customers go on reading what is published. `seen` is the revision that
    its writer began with, 0 for a language that had none. Raises Overtaken when it is another."""
    now = now or timezone.now()
    text = _held(article, language)
    if text.revision != seen:
        raise Overtaken(
            _(
                "Somebody has saved this article since you opened it. Nothing of yours is lost:"
                " compare the two, and save again."
            )
        )
    if not text.revision or (text.title, text.body) != (title, body):
        _keep_draft(text, title=title, body=body, what=What.SAVED, by=by, now=now)
    return text


@transaction.atomic
def publish(text: ArticleText, *, by: Agent, now: datetime | None = None) -> None:
    """What the draft says is what customers read from now on."""
    now = now or timezone.now()
    text = _held(text.article, text.language)
    if not text.body.strip():
        raise ArticleError(_("Write the text before you publish it."), field="body")
    if text.is_published and not text.has_newer_draft:
        return
    text.published_title, text.published_body, text.published_at = text.title, text.body, now
    text.title_tokens = tokens(text.title)
    text.tokens = tokens(f"{text.title}\n{plain(text.body)}")
    _save(text, *PUBLISHED)
    _record(text, What.PUBLISHED, by=by, now=now)


@transaction.atomic
def withdraw(text: ArticleText, *, by: Agent, now: datetime | None = None) -> None:
    """Customers read it no more; the draft stays."""
    text = _held(text.article, text.language)
    if text.is_published:
        text.published_title, text.published_body, text.published_at = "", "", None
        text.title_tokens, text.tokens = [], []
        _save(text, *PUBLISHED)
        _record(text, What.WITHDRAWN, by=by, now=now or timezone.now())


@transaction.atomic
def restore(version: ArticleVersion, *, by: Agent, now: datetime | None = None) -> None:
    """What it said then is the draft again; customers see nothing of that until it is published."""
    text = _held(version.text.article, version.text.language)
    said = {"title": version.title, "body": version.body}
    _keep_draft(text, **said, what=What.RESTORED, by=by, now=now or timezone.now())


@transaction.atomic
def delete_article(article: Article) -> None:
    """For good. Raises ArticleError for one that customers may have read: it can be withdrawn."""
    if was_published(article):
        raise ArticleError(_("This article has been published. Withdraw it instead."))
    article.delete()


def was_published(article: Article) -> bool:
    """Whether anybody may know its address."""
    versions = ArticleVersion.objects.filter(text__article=article, what=What.PUBLISHED)
    return versions.exists()


PUBLISHED = ("published_title", "published_body", "published_at", "title_tokens", "tokens")
DRAFT = ("title", "body", "draft_tokens", "saved_at", "saved_by")


def _held(article: Article, language: str) -> ArticleText:
    """The text, held until the end of the transaction; a new one when there is none. The tokens are
    read as PostgreSQL shows them, so they are only ever written anew."""
    texts = article.texts.select_for_update(of=("self",)).select_related("article")
    text = texts.filter(language=language).defer("title_tokens", "tokens", "draft_tokens").first()
    return text or ArticleText(article=article, language=language)


def _keep_draft(
    text: ArticleText, *, title: str, body: str, what: str, by: Agent, now: datetime
) -> None:
    text.title, text.body = title, body
    text.draft_tokens = tokens(f"{title}\n{plain(body)}")
    text.saved_at, text.saved_by = now, by
    _save(text, *DRAFT)
    _record(text, what, by=by, now=now)


def _save(text: ArticleText, *fields: str) -> None:
    text.revision += 1
    if text.pk:
        text.save(update_fields=[*fields, "revision"])
        return
    try:
        with transaction.atomic():
            text.save(force_insert=True)
    except IntegrityError as error:
        raise Overtaken(
            _("Somebody has just begun this language. Look at it once more.")
        ) from error


def _record(text: ArticleText, what: str, *, by: Agent, now: datetime) -> None:
    ArticleVersion.objects.create(
        text=text, what=what, at=now, by=by, title=text.title, body=text.body
    )
    Article.objects.filter(pk=text.article_id).update(updated_at=now, updated_by=by)


def _place(article: Article, place: Mapping[str, Any], *, by: Agent, now: datetime) -> None:
    article.collection, article.topic = place["collection"], place["topic"]
    article.audience = place["audience"]
    article.updated_at, article.updated_by = now, by
    article.revision += 1
    article.save()
    article.teams.set(place["teams"] if article.audience == Audience.INTERNAL else [])


def _slug(slug: str, title: str) -> str:
    """As it was typed; or made of a Latin title, or of a number."""
    if slug and not (SLUG.fullmatch(slug) and len(slug) <= LONGEST_SLUG):
        raise ArticleError(
            _("An address consists of small Latin letters and digits, with hyphens between them."),
            field="slug",
        )
    made = slug or slugify(title)[:LONGEST_SLUG].strip("-_").replace("_", "-")
    if made and (slug or not Article.objects.filter(slug=made).exists()):
        return made
    last = Article.objects.aggregate(last=Max("pk"))["last"] or 0
    return f"{made[: LONGEST_SLUG - 20]}-{last + 1}" if made else f"article-{last + 1}"
