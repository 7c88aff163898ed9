"""Static files as they are served: hashed, compressed, and few requests."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

Paths = dict[str, tuple[Storage, str]]

CSS_BUNDLE = "css/layers.css"
CSS_IMPORT = re.compile(r'@import "(?P<path>[^"]+)";\n?')
CSS_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Serves all stylesheets as one file, and lets our JavaScript modules import each other by hashed names.

    Many small stylesheets are kind to the writer, one is kind to the reader. Only our own modules under `js/` are
    rewritten: Django's switch for it would also touch every script of every dependency.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "js/*.js",
            (
                (
                    r"""(?m)^(?P<matched>import (?P<names>[^"';]+) from "(?P<url>\.[^"]+)";)""",
                    """import %(names)s from "%(url)s";""",
                ),
                (r"""(?m)^(?P<matched>import "(?P<url>\.[^"]+)";)""", """import "%(url)s";"""),
            ),
        ),
    )

    def post_process(self, paths: Paths, *args: Any, **kwargs: Any) -> Iterator[Any]:
        if CSS_BUNDLE in paths and not kwargs.get("dry_run"):
            paths = paths | {CSS_BUNDLE: self._bundled(paths)}
        yield from super().post_process(paths, *args, **kwargs)

    def _bundled(self, paths: Paths) -> tuple[Storage, str]:
        content = bundle_css(CSS_BUNDLE, paths)
        # The page for error 500 links the plain name: it must not need the manifest.
        self.delete(CSS_BUNDLE)
        self._save(CSS_BUNDLE, ContentFile(content))
        memory = InMemoryStorage()
        memory.save(CSS_BUNDLE, ContentFile(content))
        return memory, CSS_BUNDLE


def bundle_css(name: str, paths: Paths) -> str:
    """Replace every import in a stylesheet by the text of the imported one."""
    storage, path = paths[name]
    with storage.open(path) as stylesheet:
        text = CSS_COMMENT.sub("", stylesheet.read().decode())
    folder = PurePosixPath(name).parent
    return CSS_IMPORT.sub(lambda found: bundle_css(str(folder / found["path"]), paths), text)
