"""Whoever has seen enough of the demo starts with an empty desk."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client

from accounts.models import Agent
from helpdesk.management.commands.prepare import expect_first_administrator
from helpdesk.supervisor.emptying import ask_for_the_end, has_ended, is_asked_to_end, make_empty
from helpdesk.supervisor.plan import make_plan
from tests.conftest import signed_in
from tests.desk.pages import words

PAGE = "/dev/demo/"


@pytest.fixture
def demo(demo_urls: None, settings: Any, tmp_path: Path) -> Path:
    """This desk is a demo that `make run` has started; its data directory."""
    settings.CAN_START_EMPTY, settings.DATA_DIR = True, tmp_path
    return tmp_path


def test_an_administrator_ends_the_demo_and_waits_for_the_first_page(
    demo: Path, admin: Agent, aiko: Agent, settings: Any
):
    here = signed_in(admin)
    assert PAGE in here.get("/desk/settings/").content.decode()
    assert PAGE in here.get("/desk/").content.decode()
    assert PAGE not in signed_in(aiko).get("/desk/").content.decode()
    assert signed_in(aiko).post(PAGE, {"is_known": "on"}).status_code == 404

    refused = here.post(PAGE)
    assert refused.status_code == 422
    assert "Tick this to start with an empty desk." in words(refused)
    assert not is_asked_to_end(demo)

    waiting = here.post(PAGE, {"is_known": "on"})
    link = f"/desk/setup/begin/{ask_for_the_end(demo)}/"
    assert waiting.headers["Refresh"].endswith(f";url={link}")
    assert link in waiting.content.decode()
    assert here.post(PAGE, {"is_known": "on"}).headers["Refresh"] == waiting.headers["Refresh"]

    settings.CAN_START_EMPTY = False
    assert here.post(PAGE, {"is_known": "on"}).status_code == 404
    assert PAGE not in here.get("/desk/settings/").content.decode()


def test_an_end_that_is_broken_off_anywhere_goes_on_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    filled = tmp_path / "filled"
    for name in ("postgres/base/1", "redis/aof", "files/a", "logs/web.log", "run/sock", "mail/1"):
        (filled / name).parent.mkdir(parents=True)
        (filled / name).write_text("demo")
    (filled / "secret_key").write_text("key")
    (filled / "erasures").write_text("demo")
    token = ask_for_the_end(filled)

    broken_off = 0
    for calls in range(1, 20):
        data_dir = tmp_path / str(calls)
        shutil.copytree(filled, data_dir)
        with monkeypatch.context() as patch:
            kill_at(calls, patch)
            try:
                make_empty(data_dir)
            except KeyboardInterrupt:
                broken_off += 1
                assert is_asked_to_end(data_dir)
                assert not has_ended(data_dir)
        if is_asked_to_end(data_dir):
            make_empty(data_dir)

        assert sorted(path.name for path in data_dir.iterdir()) == ["demo-ended", "secret_key"]
        assert (data_dir / "demo-ended").read_text() == token
        again = make_plan({"DATA_DIR": str(data_dir), "DEMO": "1"})
        assert (again.demo, again.can_start_empty) == (False, False)
    assert broken_off >= 8


def kill_at(number: int, patch: pytest.MonkeyPatch) -> None:
    """Break off where the directory is changed for this time."""
    left = [number]

    def counted(change: Any) -> Any:
        def changed(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return change(*args, **kwargs)

        return changed

    patch.setattr(shutil, "rmtree", counted(shutil.rmtree))
    patch.setattr(Path, "unlink", counted(Path.unlink))
    patch.setattr(Path, "replace", counted(Path.replace))


@pytest.mark.django_db
def test_the_browser_that_asked_has_the_first_link_and_later_ones_are_new(demo: Path):
    token = ask_for_the_end(demo)
    make_empty(demo)
    expect_first_administrator()
    assert Client().get(f"/desk/setup/begin/{token}/").status_code == 200

    printed = [setup_link() for _ in range(2)]

    assert printed[0] == f"{django_settings.BASE_URL}/desk/setup/begin/{token}/"
    assert token not in printed[1]
    assert Client().get(printed[0]).status_code == 404
    assert Client().get(printed[1]).status_code == 200


def setup_link() -> str:
    printed = StringIO()
    call_command("setup_link", stdout=printed)
    return printed.getvalue().strip()
