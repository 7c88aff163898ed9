"""The demo desk: named people and one believable day, told through the services everybody uses."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import Agent, Notification, Role, Team
from accounts.services import add_member
from customers.models import ContactPoint, Organization, OrganizationDomain
from customers.services import add_contact_point, identify_customer
from helpdesk.context import DEMO_PASSWORD
from helpdesk.demo.articles import create_articles
from helpdesk.demo.conversations import AIKO, BEN, CONVERSATIONS, ORGANIZATIONS, Conversation, Line
from helpdesk.demo.macros import MACROS
from helpdesk.demo.topics import DETAILS, FIELDS, PLANS, TOPICS
from mail.models import OutboundEmail
from sla.sweep import sweep_due
from tickets.models import Macro, Ticket
from tickets.services import replying
from tickets.services.customer_records import describe_customer
from tickets.services.describing import set_fields
from tickets.services.judging import judge_all
from tickets.services.macros import save_macro
from tickets.services.opening import Inquiry, open_ticket
from topics.models import Field, Topic
from topics.services import save_field, save_topic


class Command(BaseCommand):
    help = "Load the demo day into an empty desk (DEMO=1, loopback only)."

    def handle(self, *args: Any, **options: Any) -> None:
        if Ticket.objects.exists() or Agent.objects.exists():
            return
        if not settings.DEMO or not is_loopback(settings.HOST):
            raise CommandError(
                "Demo people have a known password: they need DEMO=1 and a HOST on this machine."
            )
        now = timezone.now().replace(microsecond=0)
        with transaction.atomic():
            people = create_people()
            create_organizations()
            create_topics()
            create_articles(by=people[BEN])
            for fields in MACROS:
                save_macro(Macro(), fields=fields)
            stories = [(line, story) for story in CONVERSATIONS for line in story.lines]
            tell(sorted(stories, key=lambda each: -each[0].ago), people, now=now)
            describe_customers()
            tidy_past(now=now)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def create_people() -> dict[str, Agent]:
    """The five of contract.md, in two teams."""
    support = Team.objects.get(is_default=True)
    sales = Team.objects.create(name="営業" if settings.LANGUAGE_CODE == "ja" else "Sales")
    # Hashing is slow on purpose; one hash serves five people with one password.
    password = make_password(DEMO_PASSWORD)
    people = {
        email: Agent.objects.create(
            email=email,
            password=password,
            name=name,
            role=role,
            language=settings.LANGUAGE_CODE,
            time_zone=settings.TIME_ZONE,
        )
        for email, name, role in (
            (AIKO, "相川 愛子" if settings.LANGUAGE_CODE == "ja" else "Aiko Aikawa", Role.AGENT),
            (BEN, "Ben Carter", Role.AGENT),
            (
                "chika@example.com",
                "千葉 千佳" if settings.LANGUAGE_CODE == "ja" else "Chika Chiba",
                Role.MANAGER,
            ),
            (
                "admin@example.com",
                "管理者" if settings.LANGUAGE_CODE == "ja" else "Admin",
                Role.ADMINISTRATOR,
            ),
            ("mallory@example.com", "Mallory Reed", Role.AGENT),
        )
    }
    add_member(support, people[AIKO])
    add_member(support, people[BEN], is_lead=True)
    add_member(sales, people["mallory@example.com"])
    return people


def create_organizations() -> None:
    for name, domain in ORGANIZATIONS:
        organization = Organization.objects.create(name=name)
        OrganizationDomain.objects.create(organization=organization, domain=domain)


def create_topics() -> None:
    """What inquiries are about, and what agents are to know of them."""
    support = Team.objects.get(is_default=True)
    sales = Team.objects.get(is_default=False)
    topics = {
        key: save_topic(
            Topic(), values={"name_ja": ja, "name_en": en, "team": sales if is_sold else support}
        )
        for key, (ja, en, is_sold) in TOPICS.items()
    }
    for values, keys in FIELDS:
        save_field(Field(), values=values, topics=[topics[key] for key in keys])


def describe_customers() -> None:
    """What is known of some of them."""
    for point in ContactPoint.objects.filter(value__in=PLANS).select_related("customer"):
        describe_customer(point.customer, values={"plan": PLANS[point.value]})


def tell(
    lines: list[tuple[Line, Conversation]], people: dict[str, Agent], *, now: datetime
) -> None:
    """Let it all happen in the order of time, with the sweep watching as it would have."""
    tickets: dict[int, Ticket] = {}
    for line, story in lines:
        at = now - timedelta(minutes=line.ago)
        sweep_due(now=at)
        judge_all(now=at)
        ticket = tickets.get(id(story))
        if ticket is None:
            tickets[id(story)] = open_story(story, line, people, at=at)
        elif line.is_note:
            replying.add_note(ticket, body=line.text, agent=people[line.by], now=at)
        elif line.by:
            replying.reply_to_customer(ticket, _reply(line, now=now), agent=people[line.by], now=at)
        else:
            replying.receive_reply(ticket, body=line.text, channel=story.channel, now=at)
    sweep_due(now=now)
    judge_all(now=now)


def open_story(
    story: Conversation, line: Line, people: dict[str, Agent], *, at: datetime
) -> Ticket:
    customer = identify_customer(
        email=story.person.email, name=story.person.name, language=story.person.language
    )
    if story.person.phone:
        add_contact_point(customer, kind=ContactPoint.Kind.PHONE, value=story.person.phone)
    about, values = DETAILS.get(story.subject, ("", {}))
    ticket = open_ticket(
        Inquiry(
            customer=customer,
            email="" if story.channel == "phone" else story.person.email,
            subject=story.subject,
            body=line.text,
            channel=story.channel,
            language=story.person.language,
            priority=story.priority,
            # All of it came to Support, whoever would get it today.
            topic=Topic.objects.get(name_ja=TOPICS[about][0]) if about else None,
            team=Team.objects.get(is_default=True),
            assignee=people.get(story.assignee),
        ),
        now=at,
    ).ticket
    return set_fields(ticket, values=values, by=people.get(story.assignee), now=at)


def _reply(line: Line, *, now: datetime) -> replying.Reply:
    if line.solves:
        return replying.Reply(body=line.text, solves=True)
    return replying.Reply(body=line.text, promise_at=now + timedelta(minutes=line.promise or 0))


def tidy_past(*, now: datetime) -> None:
    """What was written in the past also left in the past, and older news has been read."""
    for email in OutboundEmail.objects.filter(queued_at__lt=now):
        OutboundEmail.objects.filter(pk=email.pk).update(
            state=OutboundEmail.State.SENT,
            sent_at=email.queued_at + timedelta(seconds=1),
            next_try_at=None,
            attempts=1,
        )
    an_hour_ago = now - timedelta(hours=1)
    Notification.objects.filter(created_at__lt=now).update(mail_after=None)
    Notification.objects.filter(created_at__lt=an_hour_ago).update(read_at=now)
