"""The product's settings plus the addresses of the floors."""

from helpdesk.settings import *  # noqa: F403

ROOT_URLCONF = "scripts.bench.urls"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "scripts" / "bench" / "templates")  # noqa: F405
