"""What collectstatic makes of our files."""

import gzip
import re
from pathlib import Path

import django_htmx
import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django.fixtures import Settings


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "common.storage.StaticStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_every_stylesheet_arrives_in_one_file(collected: Path) -> None:
    [bundle] = collected.glob("css/layers.*.css")

    text = bundle.read_text(encoding="utf-8")

    assert "@import" not in text
    assert text.startswith("@layer reset, tokens, base, layout, components, pages, utilities;")
    assert {".ticket-row", ".promise-picker", "@media print"} <= set(
        re.findall(r"\.ticket-row|\.promise-picker|@media print", text)
    )


def test_the_plain_name_serves_the_whole_bundle_for_the_page_that_cannot_ask_the_manifest(
    collected: Path,
) -> None:
    assert "@import" not in (collected / "css/layers.css").read_text(encoding="utf-8")


def test_all_css_stays_within_its_budget(collected: Path) -> None:
    [compressed] = collected.glob("css/layers.*.css.gz")

    assert compressed.stat().st_size <= 15_000


def test_all_scripts_of_the_desk_stay_within_their_budget(collected: Path) -> None:
    scripts = list(collected.glob("js/**/*.????????????.js"))
    htmx = Path(django_htmx.__path__[0]) / "static/django_htmx/htmx-2.min.js"

    compressed = [len(gzip.compress(script.read_bytes())) for script in (*scripts, htmx)]

    assert len(compressed) > 10
    assert sum(compressed) <= 50_000


def test_modules_import_each_other_by_hashed_names(collected: Path) -> None:
    for module in collected.glob("js/**/*.????????????.js"):
        for imported in re.findall(
            r'^import [^"]*"(\.[^"]+)"', module.read_text("utf-8"), re.MULTILINE
        ):
            assert re.search(r"\.[0-9a-f]{12}\.js$", imported), imported
            assert (module.parent / imported).is_file()


def test_every_stylesheet_is_imported_once() -> None:
    [folder] = [Path(place) / "css" for place in settings.STATICFILES_DIRS]
    imported = re.findall(r'@import "([^"]+)";', (folder / "layers.css").read_text("utf-8"))

    written = {str(path.relative_to(folder)) for path in folder.rglob("*.css")} - {"layers.css"}

    assert sorted(imported) == sorted(written)
