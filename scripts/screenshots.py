"""The pictures of the README, from a fresh demo desk. `make screenshots` runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "images"
PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for language in ("en", "ja"):
        with desk(language), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM"), args=QUIET
            )
            take(browser, language)
            browser.close()


@contextmanager
def desk(language: str) -> Iterator[None]:
    """A demo desk of its own, gone afterwards."""
    data_dir = tempfile.mkdtemp(prefix="yakusoku-pictures-")
    environment = {
        **os.environ,
        "DATA_DIR": data_dir,
        "PORT": str(PORT),
        "LANGUAGE_CODE": language,
        "DEMO": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "helpdesk.supervisor"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_ready()
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(data_dir, ignore_errors=True)


def wait_until_ready() -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{ADDRESS}/readyz") as answer:
                if answer.status == 200:
                    return
        except URLError:
            time.sleep(0.5)
    raise SystemExit("the desk did not start")


def take(browser: Browser, language: str) -> None:
    context = browser.new_context(
        locale=language, viewport={"width": 1280, "height": 800}, device_scale_factor=1
    )
    page = context.new_page()
    page.goto(f"{ADDRESS}/accounts/login/")
    page.fill("[name=login]", "aiko@example.com")
    page.fill("[name=password]", "yakusoku-demo")
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/desk/")
    page.screenshot(path=PICTURES / f"queue.{language}.png")
    page.goto(f"{ADDRESS}/desk/next/?due=hour")
    page.screenshot(path=PICTURES / f"ticket.{language}.png")
    customer = browser.new_context(locale=language, viewport={"width": 900, "height": 800})
    page = customer.new_page()
    page.goto(f"{ADDRESS}/contact/")
    page.screenshot(path=PICTURES / f"form.{language}.png")


if __name__ == "__main__":
    main()
