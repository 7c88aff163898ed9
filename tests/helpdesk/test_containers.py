"""The container files name only what exists: commands, variables, ports, health pages."""

import importlib.util
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from helpdesk.celery import app as celery_app
from helpdesk.health import NEEDED, PROCESSES

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "yakusoku"}
# Read by Python, Celery, pip, the shell or the C library, not by us.
OF_OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "LANG", "REMAP_SIGTERM"}
OF_COMPOSE = {"POSTGRES_PASSWORD"}
EVENTS_PATHS = {"/healthz", "/events/"}


def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "helpdesk").rglob("*.py"))


def is_read(variable: str) -> bool:
    return re.search(rf'(env[\w.]*\(|environ\.get\(|environ\[)\s*"{variable}"', code()) is not None


def instructions(keyword: str) -> list[str]:
    return re.findall(rf"^{keyword}\s+(.+)$", DOCKERFILE, re.MULTILINE)


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_process_of_the_contract_has_a_container() -> None:
    assert set(OURS) == {"migrate", "web", "events", *PROCESSES}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis"}
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["redis"]["image"] == "redis:7"


@pytest.mark.parametrize("name", OURS)
def test_its_command_exists(name: str) -> None:
    check_command(OURS[name]["command"])


def test_the_images_own_command_exists() -> None:
    (command,) = instructions("CMD")
    check_command(json.loads(command))
    built = re.findall(r"manage\.py (\w+)", DOCKERFILE)
    assert built
    assert set(built) <= set(get_commands())


def check_command(command: list[str]) -> None:
    program, *arguments = command
    if program == "python":
        assert (ROOT / arguments[0]).is_file()
        assert arguments[0] != "manage.py" or arguments[1] in get_commands()
    elif program == "celery":
        assert arguments[:2] == ["-A", "helpdesk"]
        assert arguments[2] in {"worker", "beat"}
    else:
        assert program in {"gunicorn", "uvicorn"}
        modules = [text.removeprefix("python:") for text in arguments if "helpdesk." in text]
        assert modules
        assert all(importlib.util.find_spec(module.split(":")[0]) for module in modules)


def test_the_worker_serves_every_queue_that_tasks_are_sent_to() -> None:
    command = OURS["worker"]["command"]
    served = set(command[command.index("-Q") + 1].split(","))
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert served == routed | {celery_app.conf.task_default_queue}


@pytest.mark.parametrize("name", OURS)
def test_its_variables_are_read_by_the_code(name: str) -> None:
    for variable in set(OURS[name]["environment"]) - OF_OTHERS:
        assert is_read(variable), variable


def test_the_images_variables_and_the_example_are_read_by_the_code() -> None:
    image = instructions("ENV")[-1]
    variables = set(re.findall(r"(\w+)=", image)) | set(example())
    for variable in variables - OF_OTHERS - OF_COMPOSE:
        assert is_read(variable), variable


def test_the_example_holds_no_secret_and_whatever_compose_asks_for() -> None:
    assert example()["SECRET_KEY"] == example()["POSTGRES_PASSWORD"] == ""
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert asked <= set(example())


@pytest.mark.parametrize("name", [name for name in OURS if name != "migrate"])
def test_its_health_page_exists_and_names_its_part(name: str) -> None:
    _, python, script, url, *part = OURS[name]["healthcheck"]["test"]
    assert python == "python"
    assert (ROOT / script).is_file()
    check_health_page(url, events=name == "events")
    assert set(part) <= {*NEEDED, *PROCESSES}
    assert name not in PROCESSES or part == [name]


def test_the_images_own_health_page_exists() -> None:
    (check,) = instructions("HEALTHCHECK")
    _, script, url = json.loads(check.partition("CMD ")[2])
    assert (ROOT / script).is_file()
    check_health_page(url, events=False)


def check_health_page(url: str, *, events: bool) -> None:
    host, port, path = re.fullmatch(r"http://([\w.]+):(\d+)(/.*)", url).groups()  # type: ignore[union-attr]
    assert host in {"127.0.0.1", "web"}
    assert port == ("8001" if events else "8000")
    if events:
        assert path in EVENTS_PATHS
        assert f'"{path}"' in (ROOT / "helpdesk" / "events.py").read_text(encoding="utf-8")
    else:
        assert resolve(path).url_name == path.strip("/")


def test_published_ports_are_the_ones_the_processes_listen_on() -> None:
    assert instructions("EXPOSE") == ["8000 8001"]
    assert "PORT=8000" in shlex.split(instructions("ENV")[-1])
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert SERVICES["events"]["ports"] == ["127.0.0.1:8001:8001"]
    command = SERVICES["events"]["command"]
    assert command[command.index("--port") + 1] == "8001"


def test_whatever_ends_is_started_again_and_gets_forty_seconds_to_stop() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == ("on-failure:3" if name == "migrate" else "always")
        assert service["stop_grace_period"] == "40s"


def test_nothing_starts_before_the_migrations_are_done() -> None:
    for name in set(OURS) - {"migrate"}:
        needs = OURS[name]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}
    assert set(OURS["migrate"]["depends_on"]) == {"postgres"}


def test_containers_do_not_run_as_root_and_carry_no_demo() -> None:
    assert instructions("USER") == ["yakusoku"]
    assert "DEMO=0" in shlex.split(instructions("ENV")[-1])
    assert "DEMO" not in example()


def test_the_image_holds_every_room_and_no_data() -> None:
    kept = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    rooms = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert rooms <= kept
    assert not kept & {".data", ".env", ".venv", ".git", "tests"}
    assert all((ROOT / name).exists() for name in kept)
