"""Files that strangers sent, handed out so that no browser ever runs them."""

from __future__ import annotations

from typing import IO

from django.http import FileResponse, Http404

# Raster images only: an SVG or a PDF can carry scripts.
INLINE_TYPES = {"image/png", "image/jpeg", "image/gif", "image/webp"}


def as_download(file: IO[bytes], *, name: str, content_type: str) -> FileResponse:
    """Send a stored file under its name; inline only when it is a plain picture.

    Raises Http404 when the disk has lost it.
    """
    inline = content_type in INLINE_TYPES
    try:
        response = FileResponse(
            file,
            as_attachment=not inline,
            filename=name,
            content_type=content_type if inline else "application/octet-stream",
        )
    except FileNotFoundError:
        raise Http404 from None
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    # django-csp leaves a response alone that says so, and ours above stays.
    response._csp_exempt = True  # type: ignore[attr-defined]  # noqa: SLF001
    return response
