from __future__ import annotations

import csv
import io

import pytest

from customers.models import ContactPoint, Customer, Organization
from customers.services import identify_customer
from tests.transfers.conftest import SAMPLES, brought_in
from transfers.models import Source
from transfers.reading.customers import look_at
from transfers.working import ask_for_import, take, work_on

pytestmark = pytest.mark.django_db
FOLDER = SAMPLES / "customers"
JAPANESE = FOLDER / "kokyaku_cp932.csv"
ENGLISH = FOLDER / "people.csv"


def table_of(path):
    with path.open("rb") as file:
        return look_at(file)


def came(path, **options):
    return brought_in("customers", path, options={**table_of(path).options, **options})


@pytest.fixture(autouse=True)
def _team(support):
    pass


def test_columns_of_a_japanese_file_are_understood():
    table = table_of(JAPANESE)

    assert (table.encoding, table.delimiter) == ("cp932", ",")
    assert table.headings == ("氏名", "メールアドレス", "電話番号", "会社名", "備考")
    assert table.mapping == {
        "0": "name",
        "1": "email",
        "2": "phone",
        "3": "organization",
        "4": "note",
    }


def test_columns_of_an_english_file_are_understood():
    table = table_of(ENGLISH)

    assert (table.encoding, table.delimiter) == ("utf-8-sig", ";")
    assert table.mapping == {
        "0": "given_name",
        "1": "family_name",
        "2": "email",
        "3": "phone",
        "4": "organization",
        "5": "external_id",
    }


def test_customers_come_with_their_organizations():
    job = came(JAPANESE)

    hana = Customer.objects.get(name="山田 花子")
    assert hana.organization.name == "山田製作所"
    assert hana.language == "ja"
    assert set(hana.contact_points.values_list("normalized", flat=True)) == {
        "hana@yamada.example",
        "+81312345678",
    }
    assert hana.notes.get().body == "午前のみ"
    # 髙 is a letter that only Windows' code page has.
    assert Customer.objects.filter(name="髙橋 一郎").exists()
    assert job.counts["customer"] == {"new": 2}


def test_a_line_that_cannot_be_taken_is_told_as_it_was_written():
    job = came(JAPANESE)

    fault = job.faults.get()
    assert fault.place == "kokyaku_cp932.csv:4"
    assert next(csv.reader(io.StringIO(fault.original)))[1] == "これはアドレスではない"
    assert "これはアドレスではない" in fault.message


def test_the_same_file_twice_makes_nobody_twice():
    came(ENGLISH)
    again = came(ENGLISH)

    assert Customer.objects.count() == 2
    assert Organization.objects.filter(name="Jones; Partners").count() == 1
    assert again.counts["customer"] == {"known": 2}


@pytest.mark.parametrize(
    ("duplicates", "name", "organization"),
    [("skip", "J.", None), ("update", "John Smith", "Smith & Co")],
)
def test_who_is_there_already_is_left_or_brought_up_to_date(duplicates, name, organization):
    john = identify_customer(email="JOHN@smith.example", name="J.", language="en")

    came(ENGLISH, duplicates=duplicates)

    john.refresh_from_db()
    assert john.name == name
    assert (john.organization.name if john.organization else None) == organization
    assert ContactPoint.objects.filter(normalized="john@smith.example").count() == 1


def test_one_address_twice_in_a_file_is_one_person(tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("name,email\nAnn,ann@mail.example\nAnn B.,ANN@mail.example\n", encoding="utf-8")

    job = came(path)

    assert Customer.objects.get().name == "Ann"
    assert job.counts["customer"] == {"new": 1, "same": 1}


@pytest.mark.parametrize(("duplicates", "number"), [("skip", 1), ("new", 2)])
def test_who_has_only_the_same_telephone_may_be_somebody_else(tmp_path, duplicates, number):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("name,phone\nAnn,03-1234-5678\n", encoding="utf-8")
    second.write_text("name,phone\nBob,0312345678\n", encoding="utf-8")

    came(first)
    came(second, duplicates=duplicates)

    assert Customer.objects.count() == number


def test_what_goes_over_several_lines_stays_together(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text('name,email,memo\nAnn,ann@mail.example,"one\ntwo"\nBob,,\n', encoding="utf-8")

    came(path)

    assert Customer.objects.get(name="Ann").notes.get().body == "one\ntwo"
    assert Customer.objects.filter(name="Bob").exists()


def test_without_anything_said_the_columns_are_guessed():
    job = ask_for_import(by=None, source=Source.CUSTOMERS, name="x", path=str(ENGLISH))
    work_on(take(job))

    assert Customer.objects.filter(name="John Smith").exists()
