"""Print the path of a Chromium for the browser tests, and install one when there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")


def main() -> None:
    path = asked_for() or on_path() or of_playwright() or from_system()
    if not path:
        sys.exit(
            "The browser tests need a Chromium and none could be installed.\n"
            "Install one (for example: sudo apt-get install chromium fonts-noto-cjk), "
            "or set CHROMIUM to its path, then run make test again."
        )
    print(path)


def asked_for() -> str | None:
    path = os.environ.get("CHROMIUM")
    if path and not shutil.which(path):
        sys.exit(f"CHROMIUM names {path}, which cannot be run.")
    return path and shutil.which(path)


def on_path() -> str | None:
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path and starts(path)), None)


def of_playwright() -> str | None:
    """Playwright's own Chromium, downloaded when it is missing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        say("Downloading Chromium with Playwright")
        install(sys.executable, "-m", "playwright", "install", "chromium")
    return path if Path(path).exists() and starts(path) else None


def from_system() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    say("Installing Chromium with apt-get")
    install("apt-get", "update")
    install("apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES)
    return on_path()


def starts(path: str) -> bool:
    """Whether it runs at all: some systems put a note about snap in its place."""
    done = subprocess.run([path, "--version"], capture_output=True, check=False)
    return done.returncode == 0


def install(*command: str) -> None:
    # What this prints on standard output is the path alone.
    subprocess.run(command, stdout=sys.stderr, check=False)


def say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
