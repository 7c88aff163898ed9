"""Bring locale/ja in line with the strings in code and templates. `make messages` runs it.

New strings are added without a translation, gone ones are dropped; tests/test_translations.py
fails until every one is translated by hand. No GNU gettext is needed: Python files are parsed, and
Django itself turns templates into something that can be.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "locale/ja/LC_MESSAGES/django.po"
PACKAGES = (
    "accounts api audit branding common customers desk helpdesk integrations knowledge mail portal"
    " privacy reports rules sla tickets topics transfers"
).split()
SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
CALL = re.compile(r"\b(gettext|ngettext|pgettext|npgettext|_)\(")

METADATA = {
    "Project-Id-Version": "Yakusoku",
    "Language": "ja",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}

Message = tuple[str, str, str]  # context, singular, plural


def found() -> dict[Message, list[str]]:
    """Every translatable string of the tree and the files it stands in."""
    messages: dict[Message, list[str]] = {}
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            strings = _in_python(ast.parse(text))
        else:
            strings = _in_template(text)
        for message in strings:
            places = messages.setdefault(message, [])
            if (name := str(path.relative_to(ROOT))) not in places:
                places.append(name)
    return messages


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))
    for pattern in ("*.html", "*.txt"):
        yield from sorted((ROOT / "templates").rglob(pattern))


def _in_python(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [
                a.value
                for a in node.args
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            ]
            if name in SINGULAR and texts:
                yield "", texts[0], ""
            elif name in PLURAL and len(texts) >= 2:
                yield "", texts[0], texts[1]
            elif name in CONTEXT and len(texts) >= 2:
                yield texts[0], texts[1], ""


def _in_template(text: str) -> Iterator[Message]:
    """Read the calls that Django's own template reader leaves behind for xgettext."""
    prepared = templatize(text, origin="template")
    for call in CALL.finditer(prepared):
        texts = _arguments(prepared[call.end() :])
        if call[1] in {"gettext", "_"} and texts:
            yield "", texts[0], ""
        elif call[1] == "ngettext" and len(texts) >= 2:
            yield "", texts[0], texts[1]
        elif call[1] == "pgettext" and len(texts) >= 2:
            yield texts[0], texts[1], ""


def _arguments(rest: str) -> list[str]:
    texts: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(rest).readline):
            if token.type == tokenize.STRING:
                texts.append(ast.literal_eval(token.string.removeprefix("u")))
            elif token.string == ")" or token.type == tokenize.NEWLINE:
                break
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return texts


def update(fragments: list[Path]) -> int:
    """Rewrite the catalogue; fragments are further .po files to take translations from."""
    known = _translations([*fragments, CATALOG])
    catalog = polib.POFile(wrapwidth=100)
    catalog.metadata = METADATA
    for message, places in sorted(found().items()):
        catalog.append(_entry(message, places, known.get(message[:2])))
    CATALOG.parent.mkdir(parents=True, exist_ok=True)
    catalog.save(str(CATALOG))
    missing = [entry.msgid for entry in catalog if not entry.translated()]
    for msgid in missing:
        print(f"to translate: {msgid}")
    return len(missing)


def _translations(paths: list[Path]) -> dict[tuple[str, str], polib.POEntry]:
    """What has been translated so far; the first file that knows a string wins."""
    known: dict[tuple[str, str], polib.POEntry] = {}
    for path in paths:
        for entry in polib.pofile(str(path)) if path.exists() else []:
            if entry.translated():
                known.setdefault((entry.msgctxt or "", entry.msgid), entry)
    return known


def _entry(message: Message, places: list[str], old: polib.POEntry | None) -> polib.POEntry:
    context, singular, plural = message
    entry = polib.POEntry(
        msgctxt=context or None,
        msgid=singular,
        msgid_plural=plural,
        occurrences=[(place, "") for place in places],
        flags=["python-format"] if "%(" in singular else [],
    )
    translated = (old.msgstr_plural.get(0) or old.msgstr) if old else ""
    if plural:
        entry.msgstr_plural = {0: translated}
    else:
        entry.msgstr = translated
    return entry


if __name__ == "__main__":
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure()
        django.setup()
    update([Path(name) for name in sys.argv[1:]])
