from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from tests.factories import AgentFactory
from tests.transfers.conftest import SAMPLES
from tickets.models import Ticket
from transfers.models import DeskExport, ImportJob
from transfers.taking_along import continue_exports, delete_expired
from transfers.working import continue_imports, forget_waiting

IMPORT, EXPORT = "/desk/settings/import/", "/desk/settings/export/"
JAPANESE = SAMPLES / "customers" / "kokyaku_cp932.csv"


@pytest.fixture
def chief(support):
    return AgentFactory(role="administrator", name="Chief", language="en")


@pytest.fixture
def as_chief(chief) -> Client:
    client = Client()
    client.force_login(chief)
    return client


def uploaded(path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes())


def mapping_of(page) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    form = page.context["form"]
    return {field.html_name: field.value() or "" for field in form}


@pytest.mark.django_db
def test_customers_are_looked_at_and_then_brought_in(as_chief):
    page = as_chief.post(f"{IMPORT}customers/", {"table": uploaded(JAPANESE)}, follow=True)
    assert "髙橋 一郎" in page.content.decode()
    assert not Customer.objects.exists()

    where = page.request["PATH_INFO"]
    page = as_chief.post(f"{where}update/", {**mapping_of(page), "begin": "1"}, follow=True)
    assert 'http-equiv="refresh"' in page.content.decode()
    continue_imports()

    page = as_chief.get(where).content.decode()
    assert "The import is done." in page
    assert "New: 2" in page
    assert Customer.objects.filter(name="髙橋 一郎").exists()
    faults = as_chief.get(f"{where}errors/").content.decode("utf-8-sig")
    assert "これはアドレスではない" in faults
    assert not ImportJob.objects.get().file


@pytest.mark.django_db
def test_columns_can_be_changed_before_anything_is_stored(as_chief):
    page = as_chief.post(f"{IMPORT}customers/", {"table": uploaded(JAPANESE)}, follow=True)
    where = page.request["PATH_INFO"]

    changed = {**mapping_of(page), "column_0": "organization", "column_3": "name", "look": "1"}
    page = as_chief.post(f"{where}update/", changed, follow=True)

    assert page.context["lines"][0].name == "山田製作所"
    assert page.context["lines"][0].organization_name == "山田 花子"
    assert not Customer.objects.exists()


@pytest.mark.django_db
def test_no_column_at_all_is_asked_after(as_chief):
    page = as_chief.post(f"{IMPORT}customers/", {"table": uploaded(JAPANESE)}, follow=True)
    where = page.request["PATH_INFO"]
    none = {name: "" if "column" in name else said for name, said in mapping_of(page).items()}

    answer = as_chief.post(f"{where}update/", {**none, "begin": "1"})

    assert answer.status_code == 422
    assert "at least one column" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"\n\n"])
def test_what_is_no_table_is_refused_on_the_page(as_chief, content):
    file = SimpleUploadedFile("x.csv", content)

    answer = as_chief.post(f"{IMPORT}customers/", {"table": file})

    assert answer.status_code == 422
    assert not ImportJob.objects.exists()


@pytest.mark.django_db
def test_a_whole_desk_comes_by_zip_for_a_team(as_chief, other_team):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for path in (SAMPLES / "zendesk").rglob("*.*"):
            archive.write(path, path.relative_to(SAMPLES / "zendesk"))
    file = SimpleUploadedFile("desk.zip", whole.getvalue())

    sent = {"source": "zendesk", "archive": file, "team": other_team.pk}
    page = as_chief.post(f"{IMPORT}desk/", sent, follow=True)
    continue_imports()

    assert Ticket.objects.get(external_reference="Zendesk #4711").team == other_team
    assert "The import is done." in as_chief.get(page.request["PATH_INFO"]).content.decode()


@pytest.mark.django_db
def test_what_is_not_begun_is_forgotten_after_a_day(as_chief):
    as_chief.post(f"{IMPORT}customers/", {"table": uploaded(JAPANESE)})
    ImportJob.objects.update(asked_at=timezone.now() - timedelta(days=2))

    assert forget_waiting() == 1
    assert not ImportJob.objects.exists()


def test_the_whole_desk_is_prepared_fetched_and_deleted(transactional_db, fresh_desk, as_chief):
    as_chief.post(f"{EXPORT}create/")
    as_chief.post(f"{EXPORT}create/")
    export = DeskExport.objects.get()
    assert as_chief.get(f"{EXPORT}{export.pk}/").status_code == 404

    continue_exports()

    answer = as_chief.get(f"{EXPORT}{export.pk}/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    agents = archive.read("agents.jsonl").decode().splitlines()
    assert [json.loads(line)["name"] for line in agents] == ["Chief"]
    assert "Download" in as_chief.get(EXPORT).content.decode()

    assert delete_expired(now=timezone.now() + timedelta(days=8)) == 1
    assert as_chief.get(f"{EXPORT}{export.pk}/").status_code == 404


@pytest.mark.django_db
def test_only_who_may_everything_comes_in(client, aiko):
    client.force_login(aiko)

    assert client.get(IMPORT).status_code == 404
    assert client.get(EXPORT).status_code == 404
    assert client.post(f"{EXPORT}create/").status_code == 404
