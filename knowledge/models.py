from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Agent, Language, Team
from common.token_fields import TokensField
from topics.models import Topic, both, in_this_language

TITLE_LENGTH = 120
BODY_LENGTH = 30_000
COMMENT_LENGTH = 1000
QUERY_LENGTH = 80


class Audience(models.TextChoices):
    PUBLIC = "public", _("Everybody")
    INTERNAL = "internal", _("Only the desk")


class Collection(models.Model):
    """A shelf of the help centre. Its articles are shown to customers while it is active."""

    # In addresses; it never changes.
    slug = models.SlugField(max_length=60, unique=True)
    position = models.PositiveIntegerField(default=0)
    name_ja = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    description_ja = models.CharField(max_length=200, blank=True)
    description_en = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name_ja="") | ~Q(name_en=""), name="collection_has_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language, else in the other one."""
        return in_this_language(both(self.name_ja, self.name_en))

    @property
    def description(self) -> str:
        """In the active language, else in the other one."""
        return in_this_language(both(self.description_ja, self.description_en))


class ArticleQuerySet(models.QuerySet["Article"]):
    def public(self) -> ArticleQuerySet:
        """What anybody may read, as far as it is published."""
        return self.filter(audience=Audience.PUBLIC, collection__is_active=True)

    def visible_to(self, agent: Agent) -> ArticleQuerySet:
        """All of it for managers and administrators; for everybody else what is not kept for teams
        that they are not in."""
        return self.within_reach_of(None if agent.sees_everything else agent.pk)

    def within_reach_of(self, member: int | None) -> ArticleQuerySet:
        """The same by the key of an agent; None for those who see all."""
        if member is None:
            return self
        kept = Article.teams.through.objects.filter(article=OuterRef("pk"))
        own = kept.filter(team__memberships__agent=member)
        return self.filter(~Exists(kept) | Exists(own))


class Article(models.Model):
    """An answer that is written once. What it says stands in its texts, one for each language."""

    # In addresses; it never changes.
    slug = models.SlugField(max_length=80, unique=True)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="articles")
    topic = models.ForeignKey(
        Topic, null=True, blank=True, on_delete=models.SET_NULL, related_name="articles"
    )
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.PUBLIC)
    # Who of the desk may read an internal one; none: everybody at the desk.
    teams = models.ManyToManyField(Team, blank=True, related_name="articles")
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    # Counts the changes of where it stands: see knowledge.services.writing.
    revision = models.PositiveIntegerField(default=0)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience__in=["public", "internal"]), name="article_audience_is_known"
            )
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_internal(self) -> bool:
        return self.audience == Audience.INTERNAL


class ArticleTextQuerySet(models.QuerySet["ArticleText"]):
    def published(self) -> ArticleTextQuerySet:
        return self.filter(published_at__isnull=False)

    def public(self) -> ArticleTextQuerySet:
        """What customers may read."""
        return self.published().filter(
            article__audience=Audience.PUBLIC, article__collection__is_active=True
        )

    def one_of_each(self, language: str) -> ArticleTextQuerySet:
        """Each published article once: in this language, else in the other one."""
        same = ArticleText.objects.published().filter(
            article=OuterRef("article"), language=language
        )
        return self.filter(Q(language=language) | ~Exists(same))


class ArticleText(models.Model):
    """What an article says in one language: the draft, and what was published of it.

    Customers read `published_title` and `published_body`; they stay as they are until somebody
    publishes the draft.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=8, choices=Language)
    title = models.CharField(max_length=TITLE_LENGTH)
    body = models.TextField(max_length=BODY_LENGTH)
    published_title = models.CharField(max_length=TITLE_LENGTH, blank=True)
    published_body = models.TextField(max_length=BODY_LENGTH, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    # Of what is published; of the draft, for the desk.
    title_tokens = TokensField(default=list)
    tokens = TokensField(default=list)
    draft_tokens = TokensField(default=list)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    # Counts what was done to it: who saves names the one they have seen.
    revision = models.PositiveIntegerField(default=0)

    objects = ArticleTextQuerySet.as_manager()

    class Meta:
        ordering = ["article", "language"]
        constraints = [
            models.UniqueConstraint(fields=["article", "language"], name="one_text_of_a_language"),
            models.CheckConstraint(
                condition=Q(language__in=["ja", "en"]), name="text_language_is_known"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="text_has_a_title"),
            models.CheckConstraint(
                condition=Q(published_at=None, published_title="", published_body="")
                | (Q(published_at__isnull=False) & ~Q(published_title="")),
                name="published_text_has_a_title",
            ),
        ]
        indexes = [
            GinIndex(fields=["tokens"], name="article_tokens"),
            GinIndex(fields=["draft_tokens"], name="article_draft_tokens"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def has_newer_draft(self) -> bool:
        """Whether customers do not read yet what was written last."""
        written = (self.title, self.body)
        return self.is_published and written != (self.published_title, self.published_body)


class ArticleVersion(models.Model):
    """What was done to a text, and what it said then. Only ever added to."""

    class What(models.TextChoices):
        SAVED = "saved", _("Saved as a draft")
        PUBLISHED = "published", pgettext_lazy("what was done", "Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        RESTORED = "restored", _("Restored as a draft")

    text = models.ForeignKey(ArticleText, on_delete=models.CASCADE, related_name="versions")
    what = models.CharField(max_length=10, choices=What)
    at = models.DateTimeField()
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(max_length=TITLE_LENGTH)
    body = models.TextField(max_length=BODY_LENGTH)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(what__in=["saved", "published", "withdrawn", "restored"]),
                name="version_what_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} at {self.at:%Y-%m-%d %H:%M}"


class SynonymGroup(models.Model):
    """Words that mean the same, in whichever language: who seeks one finds all."""

    words = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return ", ".join(self.words)


class SearchCount(models.Model):
    """How often visitors asked for something on a day. Who they were is kept nowhere."""

    day = models.DateField()
    # Folded and cut: see knowledge.services.counting.
    query = models.CharField(max_length=QUERY_LENGTH)
    language = models.CharField(max_length=8, choices=Language)
    searches = models.PositiveIntegerField(default=0)
    # How many articles were found the last time.
    results = models.PositiveIntegerField(default=0)
    # How often one of them was opened.
    openings = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "query", "language"], name="search_counted_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.query} on {self.day}"


class Feedback(models.Model):
    """Whether an article helped one reader. `reader` is a digest that means nothing elsewhere."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="feedback")
    language = models.CharField(max_length=8, choices=Language)
    reader = models.CharField(max_length=64)
    has_helped = models.BooleanField()
    comment = models.CharField(max_length=COMMENT_LENGTH, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["article", "language", "reader"], name="one_vote_of_a_reader"
            )
        ]
        indexes = [models.Index(F("article"), F("at").desc(), name="feedback_of_an_article")]

    def __str__(self) -> str:
        return f"{'helped' if self.has_helped else 'did not help'}: {self.article_id}"


class SelfService(models.Model):
    """Somebody was about to write to us, and an article answered it: nothing was sent."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="self_services")
    language = models.CharField(max_length=8, choices=Language)
    reader = models.CharField(max_length=64)
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["article", "reader", "day"], name="self_service_once_a_day"
            )
        ]
        indexes = [models.Index(F("day"), name="self_service_by_day")]

    def __str__(self) -> str:
        return f"{self.article_id} on {self.day}"
