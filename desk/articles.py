"""What those type who write articles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, Language, Team
from knowledge.models import (
    BODY_LENGTH,
    TITLE_LENGTH,
    Article,
    ArticleText,
    Audience,
    Collection,
)
from topics.models import Topic


class PlaceForm(forms.Form):
    """Where an article stands, and who reads it."""

    collection = forms.ModelChoiceField(
        label=_("Collection"),
        queryset=Collection.objects.all(),
        empty_label=None,
        error_messages={"required": _("Choose the collection. If there is none, make one first.")},
    )
    topic = forms.ModelChoiceField(
        label=_("Topic"),
        queryset=Topic.objects.filter(is_active=True),
        required=False,
        empty_label="–",
        help_text=_("Articles on one topic refer to each other."),
    )
    audience = forms.ChoiceField(label=_("Who reads it"), choices=Audience.choices)
    teams = forms.ModelMultipleChoiceField(
        label=_("Only these teams"),
        queryset=Team.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For internal articles. None: everybody at the desk."),
    )
    seen = forms.IntegerField(min_value=0, max_value=10**9, widget=forms.HiddenInput)

    @property
    def place(self) -> Mapping[str, Any]:
        """Where it is to stand."""
        return {name: self.cleaned_data[name] for name in PLACE}


def place_form_of(article: Article) -> PlaceForm:
    """The form, with what an article holds."""
    return PlaceForm(
        initial={
            "collection": article.collection_id,
            "topic": article.topic_id,
            "audience": article.audience,
            "teams": article.teams.all(),
            "seen": article.revision,
        }
    )


def text_form_of(text: ArticleText) -> TextForm:
    """The form, with what a text holds."""
    return TextForm(initial={"title": text.title, "body": text.body, "seen": text.revision})


PLACE = ("collection", "topic", "audience", "teams")


class TextForm(forms.Form):
    """What an article says in one language."""

    title = forms.CharField(
        label=_("Title"),
        max_length=TITLE_LENGTH,
        error_messages={"required": _("Give the article a title.")},
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=BODY_LENGTH,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=_(
            "## heading, ### smaller heading, - list, 1. list, **bold**, [words](address),"
            " | table |, > quotation. An empty line begins a paragraph."
        ),
    )
    seen = forms.IntegerField(min_value=0, max_value=10**9, widget=forms.HiddenInput)

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_body(self) -> str:
        return str(self.cleaned_data["body"]).replace("\r\n", "\n").rstrip()

    # What is seen by whoever gets the form once more, because it has been overtaken.
    seen_now: int | None = None

    @property
    def seen_to_send(self) -> object:
        """The revision that the form is sent with; whoever has compared the two may save."""
        return self["seen"].value() if self.seen_now is None else self.seen_now


class NewArticleForm(TextForm, PlaceForm):
    """An article with its first text."""

    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    slug = forms.CharField(
        label=_("Address of its page"),
        max_length=80,
        required=False,
        help_text=_("What stands in links, such as return-an-item. Empty: made of the title."),
    )
    field_order = ("title", "body", "language", "collection", "topic", "audience", "teams", "slug")

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        first = {"language": get_language() or "ja", "audience": Audience.PUBLIC, "seen": 0}
        super().__init__(data, initial={**first, **(initial or {})})
        self.fields["seen"].required = False


class CollectionForm(forms.Form):
    """One collection."""

    name_ja = forms.CharField(label=_("Name in Japanese"), max_length=60, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=60, required=False)
    description_ja = forms.CharField(
        label=_("Explanation in Japanese"), max_length=200, required=False
    )
    description_en = forms.CharField(
        label=_("Explanation in English"), max_length=200, required=False
    )
    is_active = forms.BooleanField(
        label=_("Shown"),
        required=False,
        help_text=_("While it is not, customers read none of its articles."),
    )
    slug = forms.CharField(
        label=_("Address of its page"),
        max_length=60,
        required=False,
        help_text=_("What stands in links, such as first-steps. It cannot be changed later."),
    )

    def __init__(self, data: Any = None, *, collection: Collection) -> None:
        super().__init__(data, initial={n: getattr(collection, n) for n in self.base_fields})
        if collection.pk:
            del self.fields["slug"]


class SynonymForm(forms.Form):
    """All groups, one in each line."""

    words = forms.CharField(
        label=_("Words that mean the same, one group in each line"),
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("With commas between them, such as: 請求書, インボイス, invoice"),
    )
    seen = forms.CharField(required=False, strip=False, max_length=50_000, widget=forms.HiddenInput)


def may_read(agent: Agent, article: Article) -> bool:
    """Whether they can still open what they have just placed."""
    return Article.objects.visible_to(agent).filter(pk=article.pk).exists()
