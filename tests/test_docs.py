"""The documents say what is there."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

import helpdesk

ROOT = Path(settings.BASE_DIR)
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)#]+)\)(?: `(?P<name>\w+)`)?")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document):
    for link in LINK.finditer(document.read_text(encoding="utf-8")):
        if link["target"].startswith("http"):
            continue
        target = (document.parent / link["target"]).resolve()
        assert target.exists(), f"{document.name} links {link['target']}"
        if link["name"] and target.suffix == ".py":
            assert link["name"] in _names(target), f"{target.name} has no {link['name']}"


def test_every_variable_of_the_settings_is_documented():
    asked = set(
        re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', (ROOT / "helpdesk/settings.py").read_text())
    )
    told = set(re.findall(r"[A-Z][A-Z_]+", (ROOT / "docs/configuration.md").read_text()))

    # The supervisor alone sets the last one.
    assert asked - told - {"DEBUG", "STATIC_ROOT", "CAN_START_EMPTY"} == set()


def test_the_release_has_one_number():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == helpdesk.VERSION


def _names(module: Path) -> set[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
