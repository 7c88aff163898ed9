"""The events process: one stream of "this changed" per open browser, and nothing else.

Pages are served by WSGI, where they are 2.5 times faster (screens_and_libraries.md section 0).
"""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from helpdesk.events import application  # noqa: E402

__all__ = ["application"]
