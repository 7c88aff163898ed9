"""Habits of this house that no linter knows. Each rule proves itself on a bad and a good line."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

from helpdesk.access import RULES

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "accounts",
    "audit",
    "branding",
    "topics",
    "knowledge",
    "customers",
    "sla",
    "mail",
    "tickets",
    "privacy",
    "transfers",
    "integrations",
    "rules",
    "common",
)
DOORS = ("desk", "portal", "api", "reports", "helpdesk")
OUTSIDE = {".venv", ".data", ".git", "__pycache__", "staticfiles", "node_modules"}
Finder = Callable[[str], list[str]]


def lines_with(pattern: str) -> Finder:
    """The lines of a text that match; a comment line about the thing is not the thing."""
    wanted = re.compile(pattern)
    return lambda text: [line.strip() for line in text.splitlines() if wanted.search(line)]


def lines_of_code_with(pattern: str) -> Finder:
    found = lines_with(pattern)
    return lambda text: [line for line in found(text) if not line.startswith(("#", "//", "*"))]


def not_opening_with(pattern: str) -> Finder:
    return lambda text: [] if re.match(pattern, text) else [text.splitlines()[0] if text else ""]


def functions_without_intent(text: str) -> list[str]:
    """Public functions of a module that do not say what they are for."""
    return [
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]


def notes_in(text: str) -> list[str]:
    """Every way by which code could come at internal notes."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if (
            isinstance(node, ast.alias)
            and node.name
            in {"Note", "NoteForm", "add_note", "timeline", "HandOver", "ThirdPartyLetter"}
        )
        or (
            isinstance(node, ast.Attribute)
            and node.attr
            in {"notes", "Note", "add_note", "timeline", "hand_overs", "third_party_letters"}
        )
    ]


@dataclass(frozen=True)
class Rule:
    """What is looked for in which files, and what a violation and a decent line look like."""

    name: str
    files: tuple[str, ...]
    find: Finder
    bad: str
    good: str
    except_in: tuple[str, ...] = ()


CODE = tuple(f"{package}/**/*.py" for package in (*ROOMS, *DOORS, "scripts"))
COLOURS = (
    r"#[0-9a-fA-F]{3,8}\b(?![^(]*\))|\b(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch)\("
    r"|:\s*(?:white|black|red|green|blue|grey|gray|orange|yellow)\b"
)

RULES_OF_THE_HOUSE = [
    Rule(
        "a stylesheet lives in one layer",
        ("static/css/**/*.css",),
        not_opening_with(r"@layer [a-z]+(?: \{|, )"),
        bad=".due { color: var(--late); }",
        good="@layer components {\n}",
    ),
    Rule(
        "colours have names, and the names are in tokens.css",
        ("static/css/**/*.css",),
        lines_with(COLOURS),
        bad="  color: #c00;",
        good="  color: var(--late);",
        except_in=("static/css/tokens.css",),
    ),
    Rule(
        "nothing in a page is styled or run inline",
        ("templates/**/*.html",),
        lines_with(r"<[^>]*\s(?:style|on[a-z]+)\s*=|<script(?![^>]*\ssrc=)|<style\b|javascript:"),
        bad='<div onclick="go()">',
        good='<button data-hotkey="r">',
    ),
    Rule(
        "templates escape",
        ("templates/**/*.html",),
        lines_with(r"\|\s*safe(?:seq)?\b|autoescape off"),
        bad="{{ message.body|safe }}",
        good="{{ message.body }}",
    ),
    Rule(
        "code escapes",
        CODE,
        lines_of_code_with(r"\bmark_safe\b|\bSafe(?:String|Text|Data)\(|autoescape=False"),
        bad="return mark_safe(text)",
        good='return format_html("<b>{}</b>", text)',
        # The one draws what we wrote ourselves, the other has just cleaned what it returns.
        except_in=("common/templatetags/ui.py", "common/markup.py"),
    ),
    Rule(
        "scripts build elements, not markup",
        ("static/js/**/*.js",),
        lines_of_code_with(
            r"\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\("
        ),
        bad="row.innerHTML = text",
        good="row.textContent = text",
    ),
    Rule(
        "only the doorbell speaks to Celery",
        CODE,
        lines_of_code_with(r"(?<!brake)\.delay\(|\.apply_async\(|\.send_task\(|\.signature\("),
        bad="deliver_email.delay(email.pk)",
        good='doorbell.ring("mail.tasks.deliver_email", email.pk)',
        except_in=("common/doorbell.py",),
    ),
    Rule(
        "a deadline is a row, never a delayed task",
        CODE,
        lines_of_code_with(r"\b(?:eta|countdown)\s*="),
        bad="sweep.apply_async(countdown=900)",
        good="next_check_at = due_at",
    ),
    Rule(
        "no object is fetched by what a visitor sent, past the door's access.py",
        CODE,
        lines_of_code_with(r"(?:\.get|get_object_or_404)\([^)]*request\.(?:GET|POST|body)"),
        bad='Ticket.objects.get(pk=request.POST["ticket"])',
        good="ticket = access.ticket(agent, number)",
    ),
    Rule(
        "a shared component says what it takes",
        ("templates/components/*.html",),
        not_opening_with(r"\{# parameters: "),
        bad="<div>",
        good="{# parameters: name #}",
    ),
    Rule(
        "services, selectors and the engine say what each function is for",
        tuple(
            f"{package}/{place}"
            for package in (*ROOMS, *DOORS)
            for place in ("services.py", "services/*.py", "selectors.py", "engine/*.py")
        ),
        functions_without_intent,
        bad="def solve(ticket):\n    pass",
        good='def solve(ticket):\n    """Mark as resolved."""',
    ),
    Rule(
        "customers' pages cannot reach internal notes",
        ("portal/**/*.py",),
        notes_in,
        bad="from tickets.models import Note",
        good="from tickets.models import Message",
    ),
    Rule(
        "letters to customers do not mention internal notes",
        ("templates/portal/*.html", "templates/mail/*.txt"),
        lines_with(r"\bnotes?\b(?!\w)"),
        bad="{% for note in ticket.notes.all %}",
        good="{% for message in page.messages %}",
    ),
]


def files_of(rule: Rule) -> Iterator[Path]:
    for pattern in rule.files:
        for path in sorted(ROOT.glob(pattern)):
            is_ours = not OUTSIDE & set(path.parts) and "migrations" not in path.parts
            if is_ours and str(path.relative_to(ROOT)) not in rule.except_in:
                yield path


@pytest.mark.parametrize("rule", RULES_OF_THE_HOUSE, ids=lambda rule: rule.name)
def test_the_rule_knows_bad_from_good(rule: Rule):
    assert rule.find(rule.bad) != []
    assert rule.find(rule.good) == []


@pytest.mark.parametrize("rule", RULES_OF_THE_HOUSE, ids=lambda rule: rule.name)
def test_the_rule_is_kept(rule: Rule):
    files = list(files_of(rule))
    assert files, "the rule looks at nothing"

    broken = {
        str(path.relative_to(ROOT)): found
        for path in files
        if (found := rule.find(path.read_text(encoding="utf-8")))
    }

    assert broken == {}


# Every file -----------------------------------------------------------------------------------

# Written so that this file does not break its own rule.
MACHINE_PATHS = re.compile(r"(?<![\w.$}{])/(?:roo[t]|hom[e]/[a-z]+|User[s]/[a-z]+|wor[k]/[a-z]+)/")
INDEX_HOSTS = re.compile(r"\bpyp[i]\.|pythonhoste[d]|registry\.npmj[s]", re.IGNORECASE)
READABLE = {
    *(".py", ".toml", ".txt", ".md", ".yml", ".yaml", ".html", ".css", ".js", ".json", ".po"),
    *("", ".cfg", ".ini", ".sh"),
}


def our_files() -> Iterator[Path]:
    for path in sorted(ROOT.iterdir()):
        # What tools leave behind: .mypy_cache, .hypothesis and the like. Git ignores them too.
        if path.name in OUTSIDE or (
            path.is_dir() and path.name.startswith(".") and path.name != ".ci"
        ):
            continue
        candidates = path.rglob("*") if path.is_dir() else [path]
        for each in candidates:
            if each.is_file() and each.suffix in READABLE and not OUTSIDE & set(each.parts):
                yield each


def test_no_file_knows_the_machine_it_was_written_on_or_a_package_index():
    assert MACHINE_PATHS.search(f"cd /{'work'}/main/")
    assert not MACHINE_PATHS.search("${HOME}/x and templates/home/x and https://a.example/r/x/")
    assert INDEX_HOSTS.search(f"https://{'pypi'}.example/simple")
    assert not INDEX_HOSTS.search("a copy in the index")

    told = {
        str(path.relative_to(ROOT)): found.group()
        for path in our_files()
        for pattern in (MACHINE_PATHS, INDEX_HOSTS)
        if (found := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    }

    assert told == {}


# Words ----------------------------------------------------------------------------------------

NEVER = {"issue", "issues", "conversation", "conversations", "client", "clients", "operator"}


def foreign_words(name: str) -> set[str]:
    """Words that have another name in this house: see the glossary in docs."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return NEVER & set(re.split(r"[^a-z]+", parts))


def names_of(model: type[Model]) -> Iterator[str]:
    yield model.__name__
    for field in model._meta.get_fields():
        yield field.name


def test_tables_and_addresses_use_the_words_of_the_glossary():
    assert foreign_words("ClientRecord") == {"client"}
    assert foreign_words("desk:issue_list") == {"issue"}
    assert foreign_words("Customer") == foreign_words("clientele") == set()
    ours = [model for model in apps.get_models() if model._meta.app_label in {*ROOMS, *DOORS}]
    assert ours

    names = [*RULES, *(name for model in ours for name in names_of(model))]

    assert [name for name in names if foreign_words(name)] == []
