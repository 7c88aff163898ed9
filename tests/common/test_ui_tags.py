"""What the template tags make of people, times and the words of strangers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import engines
from django.utils import timezone, translation

from common.templatetags.ui import avatar_hue, honorific, initials, linked, split_quoted

NOW = datetime(2026, 11, 21, 5, 25, tzinfo=UTC)


@dataclass(frozen=True)
class Commitment:
    due_at: datetime
    state: str = "active"
    ended_at: datetime | None = None


@pytest.fixture(autouse=True)
def japanese_in_tokyo() -> Iterator[None]:
    with translation.override("ja"), timezone.override(ZoneInfo("Asia/Tokyo")):
        yield


def render(source: str, **context: object) -> str:
    template = engines["django"].from_string("{% load ui %}" + source)
    return str(template.render(context))


# People


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("山田花子", "山田花子様"),
        ("山田 花子", "山田 花子 様"),
        ("山田花子様", "山田花子様"),
        ("山田 花子 様", "山田 花子 様"),
        ("山田花子様様", "山田花子様"),
        ("John Smith", "John Smith 様"),
        ("", ""),
        (None, ""),
        ("様", ""),
    ],
)
def test_a_person_is_honoured_exactly_once(written: str | None, shown: str) -> None:
    assert honorific(written) == shown


def test_a_name_is_left_alone_in_english() -> None:
    with translation.override("en"):
        assert honorific("Hana Yamada") == "Hana Yamada"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("佐藤 愛子", "佐"),
        ("Ben Carter", "BC"),
        ("mallory", "M"),
        ("Ana de la Cruz", "AC"),
        ("", "?"),
    ],
)
def test_initials_are_short_in_any_script(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_persons_colour_does_not_depend_on_the_honorific() -> None:
    assert avatar_hue("山田 花子 様") == avatar_hue("山田 花子")


# Times


def test_an_instant_is_shown_in_the_active_language_and_zone() -> None:
    shown = render(
        "{{ at|instant }} {{ at|instant_with_zone }} {{ at|short_instant:now }}", at=NOW, now=NOW
    )

    assert shown == "2026年11月21日(土) 14:25 2026年11月21日(土) 14:25(日本時間) 今日 14:25"


def test_a_missing_instant_shows_nothing() -> None:
    assert (
        render("{{ at|instant }}{{ at|short_instant }}{{ at|iso }}{{ at|duration }}", at=None) == ""
    )


def test_an_open_due_time_carries_words_for_people_and_instants_for_machines() -> None:
    shown = render("{% due at now=now %}", at=NOW + timedelta(minutes=35), now=NOW)

    assert "due--soon" in shown
    assert "あと35分" in shown
    assert 'data-at="2026-11-21T06:00:00+00:00"' in shown
    assert '<time datetime="2026-11-21T06:00:00+00:00"' in shown


@pytest.mark.parametrize(
    ("minutes", "state"), [(61, "later"), (60, "soon"), (0, "soon"), (-1, "late")]
)
def test_an_open_due_time_is_late_only_after_it_has_passed(minutes: int, state: str) -> None:
    commitment = Commitment(NOW + timedelta(minutes=minutes))

    assert f"due--{state}" in render("{% due owed now=now %}", owed=commitment, now=NOW)


@pytest.mark.parametrize(
    ("commitment", "state"),
    [
        (Commitment(NOW, "paused"), "paused"),
        (Commitment(NOW, "met", NOW), "kept"),
        (Commitment(NOW, "breached", NOW), "broken"),
        (Commitment(NOW - timedelta(hours=1), "breached"), "late"),
        (Commitment(NOW, "cancelled", NOW), "cancelled"),
    ],
)
def test_a_commitment_shows_its_own_state(commitment: Commitment, state: str) -> None:
    assert f"due--{state}" in render("{% due owed now=now %}", owed=commitment, now=NOW)


def test_nothing_owed_shows_nothing() -> None:
    assert render("{% due owed %}", owed=None).strip() == ""


# The words of strangers


def test_a_body_is_escaped() -> None:
    shown = render("{% body_text text %}", text='<img src=x onerror="alert(1)"> & more')

    assert "<img" not in shown
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; more" in shown


def test_web_addresses_become_links_that_tell_nothing_to_their_target() -> None:
    shown = linked("詳細は https://example.com/a?b=1&c=2をご覧ください。")

    assert (
        '<a href="https://example.com/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">'
        "https://example.com/a?b=1&amp;c=2</a>をご覧ください。" in shown
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.com/page.", "https://example.com/page"),
        ("(https://example.com/page)", "https://example.com/page"),
        ("https://example.com/Ruby_(gem)", "https://example.com/Ruby_(gem)"),
        ("「https://example.com/」", "https://example.com/"),
    ],
)
def test_punctuation_stays_with_the_sentence(text: str, address: str) -> None:
    assert f'href="{address}"' in linked(text)


@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,x", "ftp://example.com"])
def test_only_web_addresses_become_links(text: str) -> None:
    assert "<a " not in linked(text)


def test_a_quotation_mark_cannot_leave_the_attribute() -> None:
    shown = linked("https://example.com/'onmouseover='alert(1)")

    assert "'" not in shown


def test_the_quoted_end_is_folded_with_the_line_that_introduces_it() -> None:
    body = split_quoted(
        "ありがとうございます。\n\n2026年11月20日 サポート <help@example.com>:\n> 山田様\n＞ お世話に\n\n"
    )

    assert body.written == "ありがとうございます。"
    assert body.quoted.startswith("2026年11月20日")
    assert body.quoted.endswith("お世話に")


def test_a_quotation_answered_below_is_not_folded() -> None:
    text = "> いつですか\n明日です。"

    assert split_quoted(text) == (text, "")


def test_a_message_that_is_all_quotation_is_shown() -> None:
    assert split_quoted("> only this") == ("> only this", "")


def test_the_fold_says_how_much_is_in_it() -> None:
    with translation.override("en"):
        shown = render("{% body_text text %}", text="Thanks.\n> one\n> two")

    assert "Show 2 quoted lines" in shown


def test_the_language_of_a_message_reaches_the_browser() -> None:
    shown = render('{% body_text "骨" language="ja" %}')

    assert 'lang="ja"' in shown


# Icons and fields


def test_an_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "clock" %}')
    assert 'aria-label="期限"' in render('{% icon "clock" label="期限" %}')


class Inquiry(forms.Form):
    email = forms.EmailField(help_text="ご返信の宛先です。")
    phone = forms.CharField(required=False)


def test_a_field_says_what_is_needed_and_what_went_wrong() -> None:
    form = Inquiry({"email": "hana"})

    email, phone = form["email"].as_field_group(), form["phone"].as_field_group()

    assert 'aria-describedby="id_email_helptext id_email_error"' in email
    assert 'id="id_email_helptext"' in email
    assert 'id="id_email_error"' in email
    assert 'aria-invalid="true"' in email
    assert "field__need--required" in email
    assert "field__need--required" not in phone


def test_the_error_summary_leads_to_each_field() -> None:
    shown = render('{% include "components/error_summary.html" %}', form=Inquiry({"email": "hana"}))

    assert 'href="#id_email"' in shown
    assert 'role="alert"' in shown


def test_a_note_never_reaches_the_customers_page() -> None:
    shown = render(
        '{% include "components/message.html" with kind="note" for_customer=True body="secret" author="Ben" %}'
    )

    assert "secret" not in shown
