"""The help centre: finding an answer, reading it, and saying whether it helped."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.rates import is_within_rate
from knowledge.models import COMMENT_LENGTH, Article
from knowledge.searching import readable
from knowledge.selectors import Reading, on_shelf, related, shelves, suggestions
from knowledge.selectors import search as search_articles
from knowledge.services.counting import (
    count_answer,
    count_opening,
    count_search,
    record_feedback,
)
from portal import access
from portal.pages import promise_if_asked_now
from portal.visitors import TEN_MINUTES, client_address
from topics.selectors import definitions

READER = "reader"
A_YEAR = 365 * 24 * 3600
COUNTED_SEARCHES = 60
VOTES = 30
# Where a reader came from, in the address of an article.
FROM_CONTACT = "contact"


class FeedbackForm(forms.Form):
    """Whether an article helped, and what was missing."""

    has_helped = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda value: value == "yes"
    )
    comment = forms.CharField(
        label=gettext_lazy("What were you looking for?"),
        max_length=COMMENT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "It helps us to write a better answer. Please leave out names and addresses: we cannot"
            " answer here."
        ),
    )


def search(request: HttpRequest) -> HttpResponse:
    """What customers may read about something; all collections when nothing is asked."""
    text, language = readable(request.GET.get("q", "")), _language()
    if not text:
        return render(request, "portal/help.html", {"shelves": shelves(language), **_person()})
    results = search_articles(text, language)
    if request.method == "GET" and _is_counted(request):
        count_search(text, language, results=len(results.found))
    more = f"?{urlencode({'q': text})}"
    context = {"text": text, "results": results, "more": more, **_person()}
    return render(request, "portal/help_search.html", context)


def suggest(request: HttpRequest) -> HttpResponse:
    """A part of the form: what may answer already what is being written there."""
    text = readable(request.GET.get("q", ""))
    context = {"found": suggestions(text, _language()), "origin": FROM_CONTACT}
    response = render(request, "portal/_suggestions.html", context)
    # It says what somebody typed.
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def collection(request: HttpRequest, slug: str) -> HttpResponse:
    """All articles of a collection."""
    shelf = access.collection(slug)
    articles = on_shelf(shelf, _language())
    if not articles:
        raise Http404
    context = {"collection": shelf, "articles": articles, **_person()}
    return render(request, "portal/collection.html", context)


def article(request: HttpRequest, slug: str) -> HttpResponse:
    """An article in the language of the page, or in the one that ?lang= names."""
    asked = request.GET.get("lang", "")
    with translation.override(asked if asked in dict(settings.LANGUAGES) else _language()):
        found = access.reading(slug, _language())
        if request.method == "GET" and (text := readable(request.GET.get("q", ""))):
            count_opening(text, _language())
        return _page(request, found)


def create_feedback(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether it helped. Said once more, it counts instead of what was said before."""
    asked = request.POST.get("lang", "")
    with translation.override(asked if asked in dict(settings.LANGUAGES) else _language()):
        found = access.reading(slug, _language())
        form = FeedbackForm(request.POST)
        if not form.is_valid():
            return _page(request, found, form=form, status=422)
        if not is_within_rate("vote", client_address(request), limit=VOTES, seconds=TEN_MINUTES):
            form.add_error(None, _("These were many answers in a short time. Try again later."))
            return _page(request, found, form=form, status=429)
        return _thank(request, found, form)


def _thank(request: HttpRequest, found: Reading, form: FeedbackForm) -> HttpResponse:
    browser, has_helped = _browser(request), form.cleaned_data["has_helped"]
    reader = _reader(browser, found.article)
    comment = form.cleaned_data["comment"].replace("\x00", " ")
    record_feedback(
        found.article, found.language, reader=reader, has_helped=has_helped, comment=comment
    )
    if has_helped and request.POST.get("from") == FROM_CONTACT:
        count_answer(found.article, found.language, reader=reader)
    said = {
        "lang": _language(),
        "said": "yes" if has_helped else ("told" if comment else "no"),
        **({"from": FROM_CONTACT} if request.POST.get("from") == FROM_CONTACT else {}),
    }
    address = reverse("portal:article", args=[found.article.slug])
    response = redirect(f"{address}?{urlencode(said)}#helpful")
    response.set_cookie(
        READER,
        signing.dumps(browser, salt=READER),
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _page(
    request: HttpRequest, found: Reading, *, form: FeedbackForm | None = None, status: int = 200
) -> HttpResponse:
    address, language = reverse("portal:article", args=[found.article.slug]), _language()
    context = {
        "reading": found,
        "collection": found.article.collection,
        "related": related(found, language),
        "form": form or FeedbackForm(),
        "said": request.GET.get("said", ""),
        "origin": FROM_CONTACT if request.GET.get("from") == FROM_CONTACT else "",
        "address": address,
        "base_url": settings.BASE_URL,
        "is_other_language": found.language != language,
        "others": [each for each in found.languages if each != found.language],
        # The switch leads to the page that speaks the chosen language.
        "here": address,
        "contact": _contact(found),
    }
    return render(request, "portal/article.html", context, status=status)


def _person() -> dict[str, object]:
    """The way to a person, which stands on every page."""
    return {"promise_at": promise_if_asked_now()}


def _contact(found: Reading) -> str:
    """The form, where it stands already what the question is about."""
    about = {"subject": _("About: %(title)s") % {"title": found.title}}
    topic = definitions().topic(found.article.topic_id)
    if topic and topic.is_active:
        about["topic"] = str(topic.pk)
    return f"{reverse('portal:inquiry_new')}?{urlencode(about)}"


def _is_counted(request: HttpRequest) -> bool:
    """What a person could ask; nobody fills the report alone."""
    address = client_address(request)
    return is_within_rate("search", address, limit=COUNTED_SEARCHES, seconds=TEN_MINUTES)


def _browser(request: HttpRequest) -> str:
    """What this browser was called when it first answered; a new name when it never did."""
    try:
        return str(signing.loads(request.COOKIES.get(READER, ""), salt=READER, max_age=A_YEAR))
    except signing.BadSignature:
        return uuid4().hex


def _reader(browser: str, found: Article) -> str:
    """The browser as this article knows it: from two articles nobody can tell that it is one."""
    return salted_hmac(READER, f"{browser}:{found.pk}", algorithm="sha256").hexdigest()


def _language() -> str:
    return translation.get_language() or "ja"
