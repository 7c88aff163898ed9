"""The settings of a desk as a file: written on one desk, brought in on another."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.arranging import save_permission_set, save_team
from accounts.models import PermissionSet, Team
from branding.selectors import brand
from branding.services import save_brand
from mail.letter_editing import save_text
from mail.letter_texts import text_of
from mail.mailbox_editing import save_mailbox
from mail.models import MailboxSource
from rules.models import Recurrence, Rule
from rules.services import save_rule, switch_rule
from sla.editing import save_calendar, save_policy
from sla.models import BusinessCalendar, Policy
from sla.presets import CALENDARS, POLICIES
from tests.conftest import signed_in
from tests.factories import AgentFactory, TeamFactory, a_field, a_ticket, a_topic
from tests.html import Page
from tests.rules.recurrences import a_recurrence
from tickets.models import Macro
from tickets.services.macros import save_macro
from tickets.services.rating import save_rating_settings
from tickets.services.wording import save_state_words
from tickets.state_words import kept_words
from topics.models import Field, Topic
from transfers.as_file.section import FileError
from transfers.as_file.whole import bring_in, written_settings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support")]
SECRET = "an-imap-password"


@pytest.fixture
def furnished(admin, support: Team) -> None:
    """A desk with something of everything."""
    sales = TeamFactory(name="Sales", signature="Sales, {{brand}}")
    save_permission_set(PermissionSet(), name="Clerks", permissions=["mail", "people"], by=admin)
    save_brand(values={"name_ja": "青葉", "accent_light": "#1a4f8b"})
    calendar = save_calendar(calendar=None, name="London", hours=dict(CALENDARS[5].content))
    save_policy(
        policy=None,
        name="Quick",
        calendar=calendar,
        conditions={"team": [sales.pk], "channel": ["web"]},
        settings=dict(POLICIES[1].content),
    )
    topic = a_topic("Fault", "故障", team=sales)
    # What a field depends on stands behind it.
    cause = a_field("Cause", "原因", topics=[topic])
    known = a_field("Known", "既知", kind="yes_no")
    Field.objects.filter(pk=cause.pk).update(depends_on=known, depends_value="yes")
    later = {"promise_after": timedelta(hours=4), "ending": "promise", "team": sales}
    save_macro(Macro(), fields={"name": "Soon", "body": "By {{promise}}.", **later})
    own = {"name": "Mine", "body": "Hi", "owner": AgentFactory()}
    save_macro(Macro(), fields=own)
    reply = text_of("reply", "en")
    save_text("reply", "en", subject=f"{reply.subject}!", body=reply.body, by=admin)
    save_rating_settings(is_on=False, days_between=14, by=admin, now=timezone.now())
    save_state_words({**kept_words(), "new_en": "In"}, by=admin, now=timezone.now())
    rule = Rule(name="Faults", events=["opened"])
    rule.conditions = [
        {"of": "topic", "way": "is", "value": str(topic.pk)},
        {"of": "assignee", "way": "is", "value": "nobody"},
    ]
    macro = Macro.objects.get(name="Soon")
    actions = [("team", sales.pk), ("tell", "leads"), ("macro", macro.pk), ("assign", admin.pk)]
    rule.actions = [{"do": do, "value": str(value)} for do, value in actions]
    switch_rule(save_rule(rule, values={}, by=admin), is_active=True)
    a_recurrence(a_ticket(), keeper=admin)
    fields = {"address": "help@desk.example", "team": sales, "is_default": True}
    source = {"kind": "imap", "host": "imap.desk.example", "user": "help", "secret": SECRET}
    save_mailbox(None, fields={**fields, "trusted_servers": ["mx.desk.example"]}, source=source)


def emptied() -> None:
    """What a furnished desk has and an empty one has not goes away; the default ones have names of
    their own there."""
    Field.objects.update(depends_on=None, depends_value="")
    for model in (Rule, Recurrence, MailboxSource, Macro, Field, Topic):
        model.objects.all().delete()
    Policy.objects.filter(is_default=False).delete()
    BusinessCalendar.objects.filter(is_default=False).delete()
    BusinessCalendar.objects.update(name="Elsewhere")
    save_team(Team.objects.get(is_default=True), name="Elsewhere", is_default=True)


def changed(text: str, section: str, number: int, **values: object) -> str:
    content = json.loads(text)
    content[section][number] |= values
    return json.dumps(content)


def test_what_one_desk_wrote_makes_another_desk_the_same(furnished, admin, tmp_path):
    file = tmp_path / "settings.json"
    call_command("export_settings", file)
    written = file.read_text(encoding="utf-8")
    assert SECRET not in written
    assert "Mine" not in written
    emptied()
    assert written_settings() != written

    call_command("import_settings", file, stdout=StringIO())

    assert written_settings() == written
    assert Field.objects.get(label_en="Cause").depends_on.label_en == "Known"
    assert MailboxSource.objects.get().secret == ""
    # What they name are the things of this desk.
    rule, sales = Rule.objects.get(), Team.objects.get(name="Sales")
    assert rule.conditions[0]["value"] == str(Topic.objects.get().pk)
    assert rule.actions[2]["value"] == str(Macro.objects.get(name="Soon").pk)
    assert (rule.actions[0]["value"], rule.is_active) == (str(sales.pk), True)


def test_bringing_it_in_again_changes_nothing(furnished, admin):
    written = written_settings()
    versions = Policy.objects.get(name="Quick").versions.count()
    assert bring_in(written, by=admin) == []
    assert Policy.objects.get(name="Quick").versions.count() == versions
    assert MailboxSource.objects.get().secret != ""


def test_only_what_the_file_names_changes_and_it_is_said_in_words(furnished, admin):
    wanted = {"format": 1, "topics": [{"name_ja": "故障", "name_en": "Fault", "team": "Support"}]}
    before = written_settings()
    bring_in('{"format": 1, "brand": {"name_ja": "若葉"}}', by=admin, only_look=True)
    assert brand().name_ja == "青葉"
    looked = bring_in(json.dumps(wanted), by=admin, only_look=True)
    assert [change.said for change in looked] == ['種別 “故障 / Fault”: team: "Sales" → "Support"']
    assert written_settings() == before
    bring_in(json.dumps(wanted), by=admin)
    assert Topic.objects.get().team.name == "Support"
    assert Field.objects.count() == 2


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        ("topics", {"nmae": "x"}, "topics, 1"),
        ("topics", {"is_active": "yes"}, "topics, 1, is_active"),
        ("topics", {"skill": "x" * 41}, "topics, 1, skill"),
        ("topics", {"team": "Nobody"}, "topics, 故障 / Fault"),
        ("calendars", {"hours": {"tz": "Asia/Tokyo"}}, "calendars, "),
        ("calendars", {"hours": {"tz": "Asia/Tokyo", "weekly": {"monday": []}}}, "calendars, "),
        ("policies", {"settings": {}}, "policies, Quick"),
        ("policies", {"conditions": {"weather": ["rain"]}}, "policies, Quick"),
        ("policies", {"calendar": "Nowhere"}, "policies, Quick"),
        ("macros", {"body": "{{nonsense}}"}, "macros, Sales / Soon"),
        ("rules", {"actions": []}, "rules, 1, actions"),
        ("rules", {"actions": [{"do": "team", "value": "Nobody"}]}, "rules, Faults"),
        ("rules", {"conditions": [{"of": "topic"}]}, "rules, Faults"),
        ("rules", {"since": "opened"}, "rules, Faults"),
        ("rules", {"events": ["full moon"]}, "rules, Faults"),
        ("rules", {"after": 10**18}, "rules, Faults"),
        ("recurring_tickets", {"first_at": "0001-01-01T00:00:00+14:00"}, "recurring_tickets, "),
        ("recurring_tickets", {"first_at": "2026-10-05T10:00:00"}, "recurring_tickets, "),
        ("recurring_tickets", {"assignee": "x@example.com"}, "recurring_tickets, Check-in"),
        ("letters", {"body": "No link at all."}, "letters, reply / en"),
        # Its password is for the server that it was entered for.
        ("mailboxes", {"host": "imap.evil.example"}, "mailboxes, help@desk.example"),
        ("mailboxes", {"security": "none"}, "mailboxes, help@desk.example"),
    ],
)
def test_a_file_that_says_something_impossible_changes_nothing(
    furnished, admin, section, values, said
):
    before = written_settings()
    with pytest.raises(FileError) as refusal:
        bring_in(changed(before, section, 0, **values), by=admin)
    assert str(refusal.value).startswith(said)
    assert written_settings() == before


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": 2}', '{"format": 1, "tpics": []}'])
def test_what_is_no_file_of_settings_is_refused(admin, text):
    with pytest.raises(FileError):
        bring_in(text, by=admin)


def test_the_command_says_what_it_would_do_and_who_does_it(furnished, admin, tmp_path, capsys):
    file = tmp_path / "settings.json"
    file.write_text('{"format": 1, "ratings": {"is_on": true}}')
    call_command("import_settings", file, "--dry-run")
    assert "is_on: false → true" in capsys.readouterr().out
    AgentFactory(email="second@example.com", role="administrator")
    with pytest.raises(CommandError, match="--by"):
        call_command("import_settings", file)
    call_command("import_settings", file, "--by", admin.email)
    call_command("import_settings", file, "--by", admin.email)
    assert "Nothing to do." in capsys.readouterr().out


def test_on_the_page_one_reads_what_would_change_before_it_does(furnished, admin):
    client = signed_in(admin)
    written = client.get("/desk/settings/file/download/")
    assert "attachment" in written.headers["Content-Disposition"]
    wanted = changed(written.text, "topics", 0, skill="Engines").encode()
    answer = client.post("/desk/settings/file/compare/", {"file": uploaded(wanted)})
    assert "skill: &quot;&quot; → &quot;Engines&quot;" in answer.text
    assert Topic.objects.get().skill == ""
    form = next(form for form in Page(answer.text).forms if "content" in form.fields)
    client.post(form.action, form.fields)
    assert Topic.objects.get().skill == "Engines"
    again = client.post("/desk/settings/file/compare/", {"file": uploaded(wanted)})
    assert not [form for form in Page(again.text).forms if "content" in form.fields]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b""])
def test_the_page_says_what_is_wrong_with_a_file(admin, content):
    sent = {"file": uploaded(content)}
    assert signed_in(admin).post("/desk/settings/file/compare/", sent).status_code == 422


def uploaded(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("settings.json", content, content_type="application/json")
