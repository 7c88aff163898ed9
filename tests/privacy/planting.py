"""A customer who has left traces in every place, each with a marker of its own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts.models import Agent
from customers.models import ContactPoint, Customer
from customers.services import (
    add_contact_point,
    set_customer_fields,
    write_customer_note,
)
from customers.signing_in import make_link
from integrations.channels import Incoming, receive
from integrations.events import EVENTS
from integrations.models import Channel, ChannelIdentity, Delivery, Webhook
from integrations.services import keep_listening
from integrations.telling import tell_waiting
from mail.models import BlockedSender, Mailbox
from mail.notifying import mail_notifications
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_field, an_inquiry
from tests.mail.incoming import a_mail, arrives, the_system_works
from tests.rules.recurrences import a_recurrence
from tickets.attachments import keep_uploads
from tickets.models import Rating, Ticket
from tickets.services import customer_records
from tickets.services.checking import add_steps
from tickets.services.drafting import save_draft
from tickets.services.forwarding import Forward, forward
from tickets.services.handing_over import Brief, hand_over
from tickets.services.handling import set_status, solve
from tickets.services.rating import finish_recovery, record_rating
from tickets.services.replying import Reply, add_note, reply_to_customer
from topics.models import Field

MINUTE = timedelta(minutes=1)


class Planted:
    """One person; `marker` gives a new word that stands nowhere else."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.markers: list[str] = []
        self.customer: Customer
        self.tickets: list[Ticket] = []

    def marker(self, where: str) -> str:
        word = f"{self.who}{where}zq"
        self.markers.append(word)
        return word


def plant(who: str, *, aiko: Agent, ben: Agent, mailbox: Mailbox) -> Planted:
    """The whole life of a customer of this name, in two records that were merged."""
    person = Planted(who)
    _record(person, aiko=aiko)
    _by_form(person, aiko=aiko, ben=ben)
    _by_mail(person, aiko=aiko, ben=ben)
    _by_chat(person, aiko=aiko)
    mail_notifications(now=MONDAY_AT_TEN + 60 * MINUTE)
    the_system_works()
    return person


def _record(person: Planted, *, aiko: Agent) -> None:
    marker = person.marker
    email = f"{marker('address')}@mail.example"
    person.email = email
    person.customer = a_customer(email, name=f"山田 {marker('name')}")
    add_contact_point(person.customer, kind=ContactPoint.Kind.PHONE, value=f"0{_digits(person)}")
    person.markers.append(_digits(person))
    field = Field.objects.filter(label_en="Nickname").first()
    field = field or a_field("Nickname", "呼び名", of="customer")
    set_customer_fields(person.customer, values={field.key: marker("field")})
    write_customer_note(person.customer, body=marker("customernote"), agent=aiko, now=MONDAY_AT_TEN)
    other = a_customer(f"{marker('other')}@mail.example", name=marker("othername"))
    customer_records.merge_customers(other, into=person.customer, agent=aiko)
    make_link(email, now=MONDAY_AT_TEN)


def _digits(person: Planted) -> str:
    return "312345678" if person.who == "alice" else "398765432"


def _by_form(person: Planted, *, aiko: Agent, ben: Agent) -> None:
    marker, key = person.marker, uuid4()
    upload = SimpleUploadedFile(f"{marker('file')}.txt", marker("bytes").encode())
    keep_uploads([upload], submission_key=key, now=MONDAY_AT_TEN)
    opened = an_inquiry(
        customer=person.customer,
        email=person.email,
        subject=marker("subject"),
        body=f"こんにちは。\n{marker('body')}",
        submission_key=key,
        has_uploads=True,
    )
    ticket = opened.ticket
    person.tickets.append(ticket)
    add_note(ticket, body=f"@Ben {marker('note')}", agent=aiko)
    add_steps(ticket, text=marker("step"))
    set_status(ticket, to="on_hold", agent=aiko, reason=marker("hold"))
    brief = Brief(problem=marker("problem"), known=marker("known"), next_step=marker("next"))
    hand_over(ticket, team=ticket.team, to=ben, brief=brief, by=aiko)
    promise_at = MONDAY_AT_TEN + 120 * MINUTE
    reply_to_customer(ticket, Reply(body=marker("reply"), promise_at=promise_at), agent=ben)
    recurring = {"subject": marker("recurring"), "body": marker("again")}
    a_recurrence(ticket, keeper=aiko, **recurring)
    save_draft(ticket, kind="note", body=marker("draft"), submission_key=uuid4(), agent=aiko)
    reply_to_customer(ticket, Reply(body=marker("solution"), solves=True), agent=ben)
    rating = record_rating(Rating.objects.get(ticket=ticket), value=0, comment=marker("rating"))
    finish_recovery(rating, words=marker("recovery"), by=ben)


def _by_mail(person: Planted, *, aiko: Agent, ben: Agent) -> None:
    marker = person.marker
    mail = a_mail(
        f"{marker('fromname')} <{person.email}>",
        subject=marker("mailsubject"),
        body=f"{marker('mailbody')}\n\n-- \n{marker('signature')}\n",
        cc=[f"{marker('cc')}@mail.example"],
        headers={"Message-ID": f"<{marker('messageid')}@mail.example>"},
    )
    mail.add_attachment(
        marker("enclosed").encode(), "text", "plain", filename=f"{marker('eml')}.txt"
    )
    arrives(mail, envelope_from=person.email)
    ticket = Ticket.objects.filter(customer=person.customer).latest("pk")
    person.tickets.append(ticket)
    words = Forward(address="maker@maker.example", body=marker("forward"))
    forward(ticket, words, agent=aiko)
    the_system_works()
    asked = Reply(body=marker("question"), asks=True, thing=marker("thing"))
    reply_to_customer(ticket, asked, agent=aiko)
    solve(ticket, agent=aiko)
    blocked = {"note": marker("blocked"), "agent": aiko, "blocked_at": MONDAY_AT_TEN}
    BlockedSender.objects.create(pattern=person.email, **blocked)


def _by_chat(person: Planted, *, aiko: Agent) -> None:
    """Another system is told of it, too."""
    marker = person.marker
    channel, _ = Channel.objects.get_or_create(name="Chat")
    ChannelIdentity.objects.create(
        channel=channel, value=marker("identity"), customer=person.customer
    )
    webhook = Webhook.objects.create(name="Chat", events=[*EVENTS])
    keep_listening()
    said = Incoming(
        identity=person.markers[-1], text=marker("chat"), external_id=marker("external")
    )
    ticket = receive(channel, said).ticket
    person.tickets.append(ticket)
    solve(ticket, agent=aiko)
    tell_waiting()
    assert person.markers[-2] in "".join(
        Delivery.objects.filter(webhook=webhook).values_list("body", flat=True)
    )
    _switch_off(webhook)


def _switch_off(webhook: Webhook) -> None:
    """It is off: what follows is told to nobody."""
    Webhook.objects.filter(pk=webhook.pk).update(is_active=False)
    keep_listening()


def dump() -> dict[str, str]:
    """The whole desk as text, by table and file: nothing is left out because somebody forgot it."""
    told = {
        str(path): f"{path.name} {path.read_bytes().decode('latin-1')}".lower()
        for path in Path(settings.MEDIA_ROOT).rglob("*")
        if path.is_file()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, coalesce(string_agg(format(' || encode(coalesce(%I, %L), %L)',"
            " coalesce(attname, ''), '', 'escape'), '') FILTER (WHERE attname IS NOT NULL), '')"
            " FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0"
            " AND atttypid = 'bytea'::regtype AND NOT attisdropped"
            " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace GROUP BY relname"
        )
        for table, bytes_too in cursor.fetchall():
            cursor.execute(
                f'SELECT lower(string_agg(whole::text{bytes_too}, chr(10))) FROM "{table}" AS whole'
            )
            told[table] = cursor.fetchone()[0] or ""
    return told


def places(told: dict[str, str], word: str) -> list[str]:
    """Where it stands."""
    return [name for name, text in told.items() if word.lower() in text]
