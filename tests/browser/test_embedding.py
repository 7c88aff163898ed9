"""The form in a page of another site, put there by its script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect

from branding.services import save_frame_origins
from tests.factories import a_field, a_topic
from tests.knowledge.articles import an_article
from tickets.models import Ticket

pytestmark = pytest.mark.usefixtures("support")


@pytest.fixture
def other_site(live_server) -> Iterator[str]:
    """A page on another port, which loads the script of the desk."""
    html = (
        f'<!DOCTYPE html><title>Shop</title><div data-yakusoku-form data-lang="en"></div>'
        f'<script src="{live_server.url}/contact/embed.js" async></script>'
    ).encode()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html if self.path == "/" else b"")

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_another_site_shows_the_form_as_high_as_it_is_and_sends_it(visit, other_site):
    save_frame_origins([other_site])
    an_article("Paper jam", "Open the tray.", language="en")
    topic = a_topic("Fault", "故障")
    a_field("Model", topics=[topic], is_for_customers=True)
    with visit(locale="en-GB") as here:
        page = here.page
        page.goto(other_site)
        frame = page.frame_locator("iframe[title=Contact]")
        frame.get_by_label("What is it about?").select_option("Fault")
        frame.get_by_label("Model").fill("X-1")
        outside = page.locator("iframe").bounding_box()
        inside = frame.locator("main").bounding_box()
        assert outside is not None
        assert inside is not None
        assert abs(outside["height"] - inside["height"]) < 40

        frame.locator("[name=subject]").fill("Paper jam in the printer")
        answer = frame.get_by_role("link", name="Paper jam")
        expect(answer).to_have_attribute("target", "_blank")
        expect(frame.locator("[name=subject]")).to_be_focused()
        for name in ("name", "body"):
            frame.locator(f"[name={name}]").fill("Fault")
        frame.locator("[name=email]").fill("grace@example.com")
        frame.get_by_role("button", name="Send the inquiry").click()

        expect(frame.locator("h1")).to_have_text("Your inquiry has arrived")
        assert Ticket.objects.get().fields == {"model": "X-1"}


def test_a_site_that_was_not_named_shows_nothing(browser, live_server, other_site):
    save_frame_origins(["https://www.example.com"])
    page = browser.new_page()
    try:
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(other_site)
        expect(page.locator("iframe")).to_be_visible()
        page.wait_for_function("() => performance.getEntriesByType('resource').length > 1")
        assert page.frame_locator("iframe").locator("form").count() == 0
        assert any("frame-ancestors" in text for text in refused)
    finally:
        page.close()
