from __future__ import annotations

import io
import zipfile

import pytest

from customers.models import Customer
from tests.transfers.conftest import SAMPLES, brought_in
from tickets.models import Attachment, Message, Ticket
from transfers import bundles
from transfers.bundles import BundleError, Folder, Zipped
from transfers.reading import lines

pytestmark = pytest.mark.django_db


def said(ticket: Ticket) -> list[tuple[str, bool]]:
    return [(each.body, each.is_inbound) for each in ticket.messages.all()]


def test_zammad(aiko):
    job = brought_in("zammad")

    assert (job.state, job.fault_count) == ("done", 0)
    white = Ticket.objects.get(external_reference="Zammad #20055")
    assert said(white) == [("更新したら画面が真っ白になりました。", True)]
    assert (white.status, white.priority, white.assignee) == ("open", "high", aiko)
    assert white.notes.get().body == "再現しました。"
    assert white.customer.organization.name == "みどり商事"
    invoice = Ticket.objects.get(external_reference="Zammad #20056")
    assert said(invoice) == [("Please send the invoice.", True), ("Here it is.", False)]
    assert invoice.messages.last().agent == aiko
    assert (invoice.status, invoice.assignee) == ("closed", None)


def test_freshdesk(aiko):
    job = brought_in("freshdesk")

    assert (job.state, job.fault_count) == ("done", 0)
    ticket = Ticket.objects.get(external_reference="Freshdesk #12")
    assert said(ticket) == [("追跡番号が表示されません。", True), ("番号を教えてください。", False)]
    assert ticket.notes.get().body == "倉庫に確認中"
    assert (ticket.status, ticket.priority) == ("pending_customer", "urgent")
    assert ticket.customer.organization.name == "さくら運輸"
    assert [tag.name for tag in ticket.tags.all()] == ["配送"]


def test_freshdesk_as_xml(aiko):
    job = brought_in("freshdesk", SAMPLES / "freshdesk_xml")

    assert (job.state, job.fault_count) == ("done", 0)
    ticket = Ticket.objects.get(external_reference="Freshdesk #13")
    assert said(ticket) == [("The box was open & wet.", True), ("We send a new one.", False)]
    assert (ticket.status, ticket.priority, ticket.channel) == ("closed", "low", "phone")
    assert ticket.messages.last().agent == aiko


def test_xml_that_bursts_or_reads_files_is_refused(aiko, tmp_path):
    (tmp_path / "tickets.xml").write_text(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        "<helpdesk-tickets><helpdesk-ticket><id>&a;</id></helpdesk-ticket></helpdesk-tickets>"
    )

    job = brought_in("freshdesk", tmp_path)

    assert "XML" in job.faults.get().message
    assert not Ticket.objects.exists()


def test_freescout(aiko):
    job = brought_in("freescout")

    assert (job.state, job.fault_count) == ("done", 0)
    ticket = Ticket.objects.get()
    assert ticket.external_reference == "FreeScout #131"
    assert said(ticket) == [
        ("I cannot log in.\nPlease help, it is urgent.", True),
        ("We have reset it.", False),
    ]
    assert ticket.notes.get().agent == aiko
    assert [tag.name for tag in ticket.tags.all()] == ["login"]
    points = ticket.customer.contact_points.values_list("normalized", flat=True)
    assert set(points) == {"emma@brown.example", "emma.brown@home.example", "+442079460958"}
    assert ticket.customer.organization.name == "Brown Ltd"


def test_osticket_from_a_dump(aiko):
    job = brought_in("osticket")

    assert (job.state, job.fault_count) == ("done", 0)
    printer = Ticket.objects.get(external_reference="osTicket #100060")
    assert said(printer) == [
        ("印刷できません。", True),
        ("Don't worry; it's fixed.\nGone", False),
    ]
    assert printer.messages.last().from_name == "Gone Away"
    assert printer.notes.get().body == 'Parts\nOrdered (2); "red"'
    assert (printer.status, printer.priority, printer.channel) == ("closed", "high", "web")
    again = Ticket.objects.get(external_reference="osTicket #100061")
    assert said(again) == [("また印刷できません。", True)]
    assert again.status == "open"
    assert again.customer.contact_points.get().normalized == "tanaka@minoru.example"


def test_mbox(aiko):
    job = brought_in("mbox")

    assert (job.state, job.fault_count) == ("done", 0)
    order = Ticket.objects.get(subject="Order 17")
    assert said(order) == [
        ("注文番号17はいつ届きますか。\nFrom next week on I am away.", True),
        ("明日お届けいたします。", False),
    ]
    assert order.messages.last().agent == aiko
    assert order.customer.name == "山田 花子"
    assert order.status == "closed"
    assert Message.objects.get(body="See the file.").attachments.get().name == "log.txt"


@pytest.mark.parametrize("source", ["zammad", "freshdesk", "freescout", "osticket", "mbox"])
def test_what_comes_twice_is_there_once(aiko, source):
    brought_in(source)
    rows = [model.objects.count() for model in (Ticket, Message, Customer, Attachment)]

    brought_in(source)

    assert [model.objects.count() for model in (Ticket, Message, Customer, Attachment)] == rows


def zipped(files: dict[str, bytes]) -> io.BytesIO:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    whole.seek(0)
    return whole


def test_a_zip_that_bursts_is_not_opened():
    with pytest.raises(BundleError):
        Zipped(zipped({"tickets.json": b" " * 50_000_000}))


def test_a_zip_with_too_many_files_is_not_opened(monkeypatch):
    monkeypatch.setattr(bundles, "MOST_FILES", 2)

    with pytest.raises(BundleError):
        Zipped(zipped({"a": b"", "b": b"", "c": b""}))


def test_no_name_leads_out_of_the_folder(tmp_path):
    (tmp_path / "secret").write_text("x")
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "link").symlink_to(tmp_path / "secret")
    folder = Folder(tmp_path / "desk")

    assert folder.names() == []
    for name in ("../secret", "link", "/etc/passwd"):
        with pytest.raises(BundleError):
            folder.open(name)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00nonsense",
        b"[" * 100_000,
        b'{"id": 1, "created_at": ' + b"9" * 5000 + b"}",
        b'{"id": {"a": 1}, "created_at": "2024-01-01T00:00:00Z", "comments": "x"}',
        b'{"id": 1, "created_at": "2024-01-01T00:00:00Z", "comments": [{"id": 1}]}',
        b'{"id": 1, "subject": "\\u0000\\ud800", "created_at": "0000-13-01"}',
        b'[{"id": 1}, {"id"',
        b"\x00" * 1000,
    ],
    ids=range(8),
)
def test_whatever_stands_there_is_named_and_breaks_nothing(support, tmp_path, content):
    (tmp_path / "tickets.json").write_bytes(content)

    job = brought_in("zendesk", tmp_path)

    assert job.failures == 0
    assert job.fault_count or job.error
    assert not Ticket.objects.exists()


def test_a_line_that_never_ends_is_passed_over(support, tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MOST_OF_A_LINE", 1000)
    monkeypatch.setattr(lines.text_lines, "__kwdefaults__", {"most": 1000})
    good = b'{"id": 2, "subject": "x", "created_at": "2024-01-01T00:00:00Z", "description": "y"}'
    (tmp_path / "tickets.json").write_bytes(b'{"id": 1, "x": "' + b"a" * 50_000 + b'"}\n' + good)

    job = brought_in("zendesk", tmp_path)

    assert "too long" in job.faults.get().message
    assert Ticket.objects.get().subject == "x"


def test_text_with_what_no_database_takes_is_cleaned(support, tmp_path):
    (tmp_path / "tickets.json").write_bytes(
        b'{"id": 2, "subject": "a\\u0000b\\ud800c", "created_at": "2024-01-01T00:00:00Z",'
        b' "description": "y\\u0000"}'
    )

    brought_in("zendesk", tmp_path)

    assert Ticket.objects.get().subject == "abc"
