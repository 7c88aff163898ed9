from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Team


class Choice(TypedDict):
    """One answer to choose from. It is never deleted, because old tickets may have it; `is_off`
    says that it is offered no more."""

    key: str
    ja: str
    en: str
    is_off: bool


class Topic(models.Model):
    """What inquiries are about, and who gets those that are."""

    name_ja = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="topics")
    # Gets them first, if available; otherwise the team's method decides.
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="topics"
    )
    # Of the team's people, those who have this skill come first; empty: it takes none.
    skill = models.CharField(max_length=40, blank=True, default="", db_default="")
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name_ja="") | ~Q(name_en=""), name="topic_has_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the active language, else in the other one."""
        return in_this_language(self.names)

    @property
    def names(self) -> dict[str, str]:
        """In both languages; where one is missing, the other one."""
        return both(self.name_ja, self.name_en)


class Field(models.Model):
    """One thing to know of a ticket or of a customer. Values stand in their `fields`, by `key`."""

    class Of(models.TextChoices):
        TICKET = "ticket", _("Ticket")
        CUSTOMER = "customer", _("Customer")

    class Kind(models.TextChoices):
        TEXT = "text", _("Short text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        YES_NO = "yes_no", _("Yes or no")

    of = models.CharField(max_length=10, choices=Of)
    # Values are kept under it, so it never changes.
    key = models.SlugField(max_length=40, db_index=False)
    label_ja = models.CharField(max_length=60, blank=True)
    label_en = models.CharField(max_length=60, blank=True)
    help_ja = models.CharField(max_length=200, blank=True)
    help_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    choices = models.JSONField(default=list, blank=True)
    # Which tickets have it; none: every ticket.
    topics = models.ManyToManyField(Topic, blank=True, related_name="fields")
    is_required_to_solve = models.BooleanField(default=False)
    # Customers may see it and fill it in.
    is_for_customers = models.BooleanField(default=False)
    # The form is not taken in without it, where it is asked.
    is_required_for_customers = models.BooleanField(default=False, db_default=False)
    # It is asked only while this other field says that: the key of a choice, or yes or no.
    depends_on = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="dependents"
    )
    depends_value = models.CharField(max_length=40, blank=True, default="", db_default="")
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    # The keys of `topics`, set by topics.selectors, which reads them with the field.
    topic_ids: frozenset[int] = frozenset()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["of", "key"], name="field_key_once"),
            models.CheckConstraint(
                condition=Q(of__in=["ticket", "customer"]), name="field_of_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["text", "number", "date", "choice", "yes_no"]),
                name="field_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="choice") | Q(choices=[]), name="only_choices_have_choices"
            ),
            models.CheckConstraint(
                condition=Q(of="ticket") | Q(is_required_to_solve=False),
                name="only_tickets_are_solved",
            ),
            models.CheckConstraint(
                condition=~Q(label_ja="") | ~Q(label_en=""), name="field_has_a_label"
            ),
            models.CheckConstraint(
                condition=Q(depends_on=None, depends_value="")
                | (Q(depends_on__isnull=False) & ~Q(depends_value="")),
                name="field_depends_on_a_value",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """In the active language, else in the other one."""
        return in_this_language(self.labels)

    @property
    def labels(self) -> dict[str, str]:
        """In both languages; where one is missing, the other one."""
        return both(self.label_ja, self.label_en)

    @property
    def help_text(self) -> str:
        """In the active language, else in the other one."""
        return in_this_language(both(self.help_ja, self.help_en))

    @property
    def choices_offered(self) -> list[tuple[str, str]]:
        """What can be chosen: key and name in the active language."""
        return [
            (choice["key"], in_this_language(both(choice["ja"], choice["en"])))
            for choice in self.choices
            if not choice["is_off"]
        ]

    def belongs_to(self, topic_id: int | None) -> bool:
        """Whether a ticket of this topic has it."""
        return not self.topic_ids or topic_id in self.topic_ids


def both(ja: str, en: str) -> dict[str, str]:
    """A name in both languages; where one is missing, the other one."""
    return {"ja": ja or en, "en": en or ja}


def in_this_language(names: Mapping[str, str]) -> str:
    """The one of the active language."""
    return names["en" if (get_language() or "").startswith("en") else "ja"]
