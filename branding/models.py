from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGES = tuple(dict(settings.LANGUAGES))


def all_languages() -> list[str]:
    """Every language there is."""
    return list(LANGUAGES)


class Brand(models.Model):
    """How the company looks to its customers. There is one row, or none: then all is as delivered."""

    THE_ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE)
    name_ja = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    # Like #1a4f8b; empty: the colour as delivered.
    accent_light = models.CharField(max_length=7, blank=True)
    accent_dark = models.CharField(max_length=7, blank=True)
    # A cleaned picture, and what is sent with it; see branding.logos.
    logo = models.BinaryField(null=True, blank=True)
    logo_type = models.CharField(max_length=20, blank=True)
    logo_width = models.PositiveSmallIntegerField(default=0)
    logo_height = models.PositiveSmallIntegerField(default=0)
    logo_digest = models.CharField(max_length=16, blank=True)
    logo_has_name = models.BooleanField(default=False)
    # What customers can read; agents have their own.
    languages = models.JSONField(default=all_languages)
    default_language = models.CharField(max_length=8, blank=True)
    # The sites that may show the form in a frame, such as https://www.example.com.
    frame_origins = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_brand")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language, else in the other one, else as it was configured."""
        return self.name_in(get_language() or "")

    def name_in(self, language: str) -> str:
        """The same for a language."""
        is_english = language.startswith("en")
        names = (self.name_en, self.name_ja) if is_english else (self.name_ja, self.name_en)
        return names[0] or names[1] or settings.BRAND_NAME

    @property
    def offered_languages(self) -> list[str]:
        """What customers can choose from, at least one."""
        return [code for code in LANGUAGES if code in self.languages] or all_languages()

    @property
    def language(self) -> str:
        """For whoever asks for none of those that are offered."""
        wished = self.default_language or settings.LANGUAGE_CODE
        return wished if wished in self.offered_languages else self.offered_languages[0]


class Notice(models.Model):
    """A sentence that everybody should read before they ask, from one time until another."""

    class Place(models.TextChoices):
        HELP = "help", _("Help centre")
        FORM = "form", _("Form")
        REQUEST = "request", _("Customer's page")
        SIGN_IN = "sign_in", _("Sign-in page of the desk")

    text_ja = models.CharField(max_length=300, blank=True)
    text_en = models.CharField(max_length=300, blank=True)
    link = models.URLField(max_length=500, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    places = models.JSONField(default=list)

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text_ja="") | ~Q(text_en=""), name="notice_says_something"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=models.F("starts_at")),
                name="notice_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """In the active language, else in the other one."""
        is_english = (get_language() or "").startswith("en")
        texts = (self.text_en, self.text_ja) if is_english else (self.text_ja, self.text_en)
        return texts[0] or texts[1]

    def is_shown(self, now: datetime) -> bool:
        """Whether its time has come and not gone."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)
