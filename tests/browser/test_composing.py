"""Writing a reply in a real browser: undo, files, preview, and who else is there."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import expect

from common import doorbell
from helpdesk.supervisor.ports import free_port
from tests.factories import a_ticket
from tests.processes import environment_of_these_tests, running, wait_until
from tickets.models import Attachment, Message

pytestmark = pytest.mark.usefixtures("support")
PIXEL = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
).decode()


def address(ticket):
    return f"/desk/tickets/{ticket.number}/"


@pytest.fixture(autouse=True)
def _nobody_is_there():
    for key in doorbell.client().scan_iter("yakusoku:presence:*"):
        doorbell.client().delete(key)


# Undo -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_a_reply_is_taken_back_and_the_text_is_there_again(visit, aiko, settings, javascript):
    settings.UNDO_SEND_SECONDS = 30
    ticket = a_ticket()

    with visit(aiko, java_script_enabled=javascript) as here:
        page = here.page
        page.goto(address(ticket))
        page.locator("#reply_body").fill("部品を送ります。")
        page.get_by_role("button", name="Reply and resolve").click()
        expect(page.get_by_role("status").filter(has_text="Sent and solved.")).to_be_visible()
        page.locator("undo-send").get_by_role("button", name="Undo").click()
        expect(page.locator("#reply_body")).to_have_value("部品を送ります。")
        expect(page.locator("#thread")).to_contain_text("Aiko took a reply back before it left.")

    ticket.refresh_from_db()
    assert ticket.status == "new"
    assert not Message.objects.filter(direction="outbound").exists()


def test_the_seconds_run_down_and_the_button_goes(visit, aiko, settings):
    settings.UNDO_SEND_SECONDS = 4
    ticket = a_ticket()

    with visit(aiko) as here:
        page = here.page
        page.goto(address(ticket))
        page.locator("#reply_body").fill("部品を送ります。")
        page.get_by_role("button", name="Reply and resolve").click()
        seconds = page.locator(".undo-send__seconds")
        expect(seconds).to_have_text("2")
        # A screen reader is not told every second.
        expect(seconds).to_have_attribute("aria-hidden", "true")
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        expect(page.locator("undo-send")).to_contain_text("Sent and solved.")


# Files ----------------------------------------------------------------------------------------


def test_files_are_uploaded_while_one_writes_and_taken_off_again(visit, aiko, tmp_path: Path):
    ticket, plan = a_ticket(), tmp_path / "plan.txt"
    plan.write_text("plan")

    with visit(aiko) as here:
        page = here.page
        page.goto(address(ticket))
        page.locator("#reply_body").fill("図を添付します。")
        page.locator(".reply-box [type=file]").set_input_files(plan)
        files = page.locator(".uploads")
        expect(files).to_contain_text("plan.txt")
        paste(page, "#reply_body", "picture.png")
        expect(files).to_contain_text("picture.png")
        drop(page, "#reply_body", "dropped.png")
        expect(files).to_contain_text("dropped.png")
        page.get_by_role("button", name="Remove plan.txt").click()
        expect(files).not_to_contain_text("plan.txt")
        page.get_by_role("button", name="Reply and resolve").click()
        expect(page.locator(".message--outbound .file")).to_have_count(2)

    names = Attachment.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["picture.png", "dropped.png"]


GIVE = """(text, [type, name, content]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  data.items.add(new File([bytes], name, { type: "image/png" }));
  const event = type === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  text.dispatchEvent(event);
}"""


def paste(page, place, name):
    page.locator(place).evaluate(GIVE, ["paste", name, PIXEL])


def drop(page, place, name):
    page.locator(place).evaluate(GIVE, ["drop", name, PIXEL])


def test_a_reply_waits_for_its_files(visit, aiko):
    ticket = a_ticket()

    with visit(aiko) as here:
        page = here.page
        page.goto(address(ticket))
        page.locator("#reply_body").fill("図を添付します。")
        paste(page, "#reply_body", "picture.png")
        # At once: before the file can have arrived.
        page.locator("[value=solve][name=outcome]").first.evaluate("button => button.click()")
        expect(page.locator(".message--outbound .file")).to_contain_text("picture.png")


def test_a_file_that_is_refused_says_why_and_keeps_the_others(visit, aiko, settings):
    settings.ATTACHMENT_MAX_COUNT = 1
    ticket = a_ticket()

    with visit(aiko) as here:
        page = here.page
        page.goto(address(ticket))
        page.locator("#reply_body").fill("図です。")
        paste(page, "#reply_body", "one.png")
        expect(page.locator(".uploads")).to_contain_text("one.png")
        paste(page, "#reply_body", "two.png")
        expect(page.get_by_text("Please attach at most 1 files.")).to_be_visible()
        expect(page.locator(".uploads")).to_contain_text("one.png")
        expect(page.locator("#reply_body")).to_have_value("図です。")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_the_preview_stands_beside_the_text(visit, aiko, javascript):
    ticket = a_ticket()

    with visit(aiko, java_script_enabled=javascript) as here:
        page = here.page
        page.goto(address(ticket))
        page.locator("#reply_body").fill("**太字**です。")
        page.locator(".reply-box__panel--reply").get_by_role("button", name="Preview").click()
        expect(page.locator("#reply_preview strong")).to_have_text("太字")
        expect(page.locator("#reply_body")).to_have_value("**太字**です。")


def test_a_reply_is_scheduled_and_changed_without_scripts(visit, aiko):
    ticket = a_ticket()

    with visit(aiko, java_script_enabled=False) as here:
        page = here.page
        page.goto(address(ticket))
        page.locator("#reply_body").fill("あとで送ります。")
        page.get_by_text("Send later …").click()
        page.locator(".send-later [value=free]").check()
        page.locator("#reply_leave_other").fill("2000-01-01T09:00")
        page.get_by_role("button", name="Reply and resolve").click()
        expect(page.locator(".send-later")).to_contain_text("This time is in the past.")
        expect(page.locator("#reply_body")).to_have_value("あとで送ります。")


# Presence -------------------------------------------------------------------------------------


@pytest.fixture
def events(live_server, settings, tmp_path: Path):
    """An events process beside the live server, as `make run` has it."""
    port = free_port("127.0.0.1", wanted=20_400)
    host = urlsplit(live_server.url).hostname
    settings.EVENTS_URL = f"http://{host}:{port}/events/"
    policy = settings.CONTENT_SECURITY_POLICY
    directives = {
        **policy["DIRECTIVES"],
        "connect-src": ["'self'", f"http://{host}:{port}"],
    }
    settings.CONTENT_SECURITY_POLICY = {**policy, "DIRECTIVES": directives}
    command = ["-m", "uvicorn", "helpdesk.asgi:application", "--host", host, "--port", str(port)]
    environment = environment_of_these_tests(BASE_URL=live_server.url)
    with running(*command, environment=environment, log=tmp_path / "events.log"):
        wait_until(lambda: _answers(f"http://{host}:{port}/healthz"), seconds=20)
        yield


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.mark.usefixtures("events")
def test_colleagues_see_within_two_seconds_who_writes_and_who_has_gone(visit, aiko, ben, chika):
    ticket, other = a_ticket(), a_ticket()
    soon = 2_000

    with visit(aiko) as at_the_ticket, visit(chika) as at_the_queue:
        at_the_ticket.page.goto(address(ticket))
        at_the_queue.page.goto("/desk/")
        head = at_the_ticket.page.locator("here-now")
        row = at_the_queue.page.locator(f"#row-{ticket.number}")
        expect(row).to_contain_text("Aiko is looking")

        with visit(ben) as writer:
            writer.page.goto(address(ticket))
            expect(head).to_contain_text("Ben is looking", timeout=soon)
            expect(writer.page.locator("here-now")).to_contain_text("Aiko is looking", timeout=soon)
            writer.page.locator("#reply_body").press_sequentially("ちょ")
            expect(head).to_contain_text("Ben is writing", timeout=soon)
            expect(row).to_contain_text("Ben is writing", timeout=soon)
            writer.page.goto(address(other))
            expect(head).not_to_contain_text("Ben", timeout=soon)
            expect(row).not_to_contain_text("Ben", timeout=soon)
            expect(at_the_queue.page.locator(f"#row-{other.number}")).to_contain_text("Ben")
        # Nothing in the list itself has changed.
        expect(row).not_to_contain_text("Updated")


def test_without_a_stream_the_page_asks_by_itself(visit, aiko, ben):
    ticket = a_ticket()

    with visit(aiko) as here:
        here.page.goto(address(ticket))
        with visit(ben) as colleague:
            colleague.page.goto("/desk/")
            expect(colleague.page.locator(f"#row-{ticket.number}")).to_contain_text(
                "Aiko is looking"
            )
