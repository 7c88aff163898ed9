"""A desk on which all sorts of things happen, by chance and always the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from accounts.models import Agent, Team
from customers.exceptions import CannotBeMerged as CustomersCannotBeMerged
from customers.merging import merge_records, undo_merge
from customers.models import CustomerMerge, Organization
from sla.sweep import sweep_due
from tests.conftest import MONDAY_AT_TEN
from tests.factories import a_customer, a_ticket, a_topic
from tickets.exceptions import TicketError
from tickets.models import Channel, CustomerTask, Merge, Message, Rating, Ticket
from tickets.services.asking import complete_task
from tickets.services.describing import set_topic
from tickets.services.handing_over import Brief, hand_over
from tickets.services.handling import assign, reopen, set_status, solve
from tickets.services.holding import hold_due_promises
from tickets.services.merging import merge_tickets, separate_tickets
from tickets.services.rating import SCALES, record_rating
from tickets.services.replying import Outcome, Reply, receive_reply, reply_to_customer
from tickets.services.splitting import split_message
from tickets.services.undelivered import take_up_failures
from tickets.services.unsending import take_back
from tickets.services.waiting import fire_due_waits

WORDS = [
    *("まだ直りません。型番は AB-1 です。", "その後いかがでしょうか。", "ありがとうございます。"),
    *("Still broken, sorry.", "Any news?", "写真を送ります。"),
]
CHANNELS = [Channel.WEB, Channel.WEB, Channel.EMAIL, Channel.PHONE]
WAITS = [1, 1, 2, 3, 5, 8, 15, 40, 120, 900]


class Desk:
    """Two teams with their agents and a few customers; `step` lets something happen."""

    def __init__(self, seed: int, teams: dict[Team, list[Agent]]) -> None:
        self.random = Random(seed)
        self.now: datetime = MONDAY_AT_TEN
        self.teams = teams
        self.topics = [a_topic(), a_topic("Printers", "プリンター")]
        self.organization = Organization.objects.create(name="Acme")
        self.customers = [a_customer(f"person{n}@example.com", f"Person {n}") for n in range(4)]
        self.did: set[str] = set()

    def step(self) -> None:
        """Time passes, the desk does what is due, and somebody does something."""
        self.pass_time(timedelta(minutes=self.random.choice(WAITS)))
        act = self.random.choice(self.acts if Ticket.objects.exists() else [self.open])
        try:
            act()
        except (TicketError, CustomersCannotBeMerged):
            return
        self.did.add(act.__name__)

    def pass_time(self, span: timedelta) -> None:
        """The desk's own work is done as it falls due."""
        self.now += span
        hold_due_promises(now=self.now)
        fire_due_waits(now=self.now)
        sweep_due(now=self.now)

    @property
    def acts(self) -> list[Callable[[], object]]:
        """What people do often stands here several times."""
        return [
            *[self.open] * 3,
            *[self.answer] * 9,
            *[self.resolve] * 5,
            *[self.write] * 5,
            *(self.open_for, self.resolve_silently, self.reopen, self.spam, self.resume),
            *(self.give, self.give, self.hand_over, self.merge, self.separate, self.split),
            *(self.rate, self.rate, self.rate, self.take_back, self.done, self.done, self.hold),
            *(self.bounce, self.classify, self.move_customer, self.merge_customers),
        ]

    # What customers do

    def open(self) -> None:
        a_ticket(
            customer=self.random.choice(self.customers),
            channel=self.random.choice(CHANNELS),
            topic=self.random.choice([None, *self.topics]),
            now=self.now,
        )

    def write(self) -> None:
        words, channel = self.random.choice(WORDS), self.random.choice(CHANNELS)
        receive_reply(self.a_ticket(), body=words, channel=channel, now=self.now)

    def done(self) -> None:
        task = CustomerTask.objects.filter(ended_at=None).order_by("pk").last()
        if task:
            complete_task(task.ticket, now=self.now)

    def rate(self) -> None:
        rating = Rating.objects.order_by("pk").last()
        if rating:
            value = self.random.choice(list(SCALES[Rating.Kind(rating.kind)]))
            record_rating(rating, value=value, now=self.now)

    # What agents do

    def open_for(self) -> None:
        team = self.a_team()
        a_ticket(
            customer=self.random.choice(self.customers),
            team=team,
            origin=self.random.choice(["agent_live", "agent_outbound"]),
            channel=Channel.PHONE,
            agent=self.random.choice(self.teams[team]),
            outcome=Outcome(promise_at=self.later()),
            now=self.now,
        )

    def answer(self) -> None:
        asks = self.random.random() < 0.3
        self.say(
            asks=asks,
            thing="写真を送る" if asks and self.random.random() < 0.8 else "",
            promise_at=None if asks else self.later(),
            channel=self.random.choice([Channel.EMAIL, Channel.EMAIL, Channel.PHONE]),
        )

    def resolve(self) -> None:
        self.say(solves=True)

    def say(self, **reply: object) -> None:
        ticket = self.a_ticket()
        agent = self.random.choice(self.teams[ticket.team])
        reply_to_customer(ticket, Reply(body="はい。", **reply), agent=agent, now=self.now)  # type: ignore[arg-type]

    def resolve_silently(self) -> None:
        solve(self.a_ticket(), agent=self.random.choice([None, self.an_agent()]), now=self.now)

    def reopen(self) -> None:
        resolved = list(Ticket.objects.filter(status="resolved").order_by("pk"))
        if resolved:
            reopen(self.random.choice(resolved), agent=self.an_agent(), now=self.now)

    def spam(self) -> None:
        set_status(self.a_ticket(), to="spam", agent=self.an_agent(), now=self.now)  # type: ignore[arg-type]

    def resume(self) -> None:
        set_status(self.a_ticket(), to="open", agent=self.an_agent(), now=self.now)  # type: ignore[arg-type]

    def hold(self) -> None:
        set_status(
            self.a_ticket(),
            to="on_hold",  # type: ignore[arg-type]
            agent=self.an_agent(),
            reason="部品を待っています",
            now=self.now,
        )

    def give(self) -> None:
        ticket = self.a_ticket()
        to = self.random.choice([None, *self.teams[ticket.team]])
        assign(ticket, to=to, by=self.an_agent(), now=self.now)

    def hand_over(self) -> None:
        team = self.a_team()
        to = self.random.choice([None, *self.teams[team]])
        brief = Brief(problem="壊れた", next_step="調べる")
        hand_over(self.a_ticket(), team=team, to=to, brief=brief, by=self.an_agent(), now=self.now)

    def merge(self) -> None:
        ticket = self.a_ticket()
        others = list(Ticket.objects.filter(customer=ticket.customer).order_by("pk"))
        merge_tickets(ticket, into=self.random.choice(others), agent=self.an_agent(), now=self.now)

    def separate(self) -> None:
        merges = list(Merge.objects.filter(undone_at=None).order_by("pk"))
        if merges:
            separate_tickets(self.random.choice(merges), agent=self.an_agent(), now=self.now)

    def split(self) -> None:
        message = Message.objects.filter(direction="inbound").order_by("pk").last()
        if message:
            split_message(message, subject="別件", agent=self.an_agent(), now=self.now)

    def take_back(self) -> None:
        """The last reply by letter, if it can be still."""
        message = self.last_letter()
        if message and message.agent:
            take_back(message, by=message.agent, now=message.sent_at + timedelta(seconds=5))

    def classify(self) -> None:
        topic = self.random.choice([None, *self.topics])
        set_topic(self.a_ticket(), topic=topic, by=self.an_agent(), now=self.now)

    def bounce(self) -> None:
        """The last letter that carries a reply cannot be delivered."""
        message = self.last_letter()
        if message and message.email:
            email = message.email
            email.state, email.failed_at, email.report_after = "failed", self.now, self.now
            email.last_error, email.next_try_at = "550 5.1.1 no such user", None
            email.save()
            take_up_failures(now=self.now)

    def move_customer(self) -> None:
        customer = self.random.choice(self.customers)
        customer.refresh_from_db()
        customer.organization = None if customer.organization else self.organization
        customer.save()

    def merge_customers(self) -> None:
        """Two records are one person, or were not."""
        merges = list(CustomerMerge.objects.filter(undone_at=None).order_by("pk"))
        if merges:
            undo_merge(merges[-1], now=self.now)
            return
        one, other = self.random.sample(self.customers, 2)
        merge_records(one, into=other, agent=self.an_agent(), now=self.now)

    # By chance

    def last_letter(self) -> Message | None:
        """The last reply that is on its way."""
        letters = Message.objects.filter(agent__isnull=False, email__state="queued")
        return letters.order_by("pk").last()

    def a_ticket(self) -> Ticket:
        """A recent one more often than an old one."""
        tickets = list(Ticket.objects.select_related("team").order_by("-pk")[:8])
        return tickets[min(self.random.randrange(8), self.random.randrange(8)) % len(tickets)]

    def a_team(self) -> Team:
        return self.random.choice(list(self.teams))

    def an_agent(self) -> Agent:
        return self.random.choice([agent for agents in self.teams.values() for agent in agents])

    def later(self) -> datetime:
        return self.now + timedelta(minutes=self.random.choice([15, 60, 600, 2880]))
