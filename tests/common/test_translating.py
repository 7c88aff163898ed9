"""The tags of i18n say in each language what they should, however often they have been asked."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils import translation

ENGLISH, JAPANESE = "Send an inquiry", "お問い合わせ"


def said(template: Template, language: str, **context: object) -> str:
    with translation.override(language):
        return template.render(Context(context)).strip()


@pytest.mark.parametrize(
    "source",
    [
        '{% translate "Send an inquiry" %}',
        "{% translate 'Send an inquiry' %}",
        "{% translate words %}",
        '{% translate "Send an inquiry" as said %}{{ said }}',
        "{% blocktranslate %}Send an inquiry{% endblocktranslate %}",
        "{% blocktranslate trimmed %}\n  Send an inquiry\n{% endblocktranslate %}",
    ],
)
def test_one_template_speaks_every_language(source: str):
    template = Template("{% load i18n %}" + source)

    for language, words in [("en", ENGLISH), ("ja", JAPANESE), ("en", ENGLISH), ("ja", JAPANESE)]:
        assert said(template, language, words=ENGLISH) == words


def test_what_depends_on_the_page_is_said_anew():
    template = Template(
        "{% load i18n %}{% blocktranslate with n=n %}{{ n }} more{% endblocktranslate %}"
        " {% translate words %}"
    )

    assert said(template, "en", n=1, words="One") == "1 more One"
    assert said(template, "en", n=2, words="Two") == "2 more Two"


def test_fixed_words_are_looked_up_once(monkeypatch: pytest.MonkeyPatch):
    template = Template('{% load i18n %}{% translate "Send an inquiry" %}')
    assert said(template, "ja") == JAPANESE

    monkeypatch.setattr("django.utils.translation._trans.gettext", lambda message: "asked again")

    assert said(template, "ja") == JAPANESE
