"""axe (WCAG 2 A and AA) in light and dark, on a desk and on a phone; no page complains or scrolls
sideways. New pages join PAGES."""

from __future__ import annotations

import io
from datetime import date, timedelta
from email.utils import parseaddr
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.inviting import Invited, make_invitation
from accounts.models import Agent, PermissionSet
from branding.models import Notice
from branding.services import save_notice
from customers.models import ContactPoint, Organization
from customers.organizations import save_organization
from customers.signing_in import make_link
from knowledge.models import Article
from knowledge.services.counting import count_search, record_feedback
from mail.models import Mailbox, MailboxSource, OutboundEmail
from reports.exports.models import Export
from reports.exports.working import ask_for_export, continue_export, record_download
from reports.facts.keeping import keep_all
from reports.saved.models import SavedReport
from reports.saved.services import save_report
from rules.models import Rule
from rules.running import run_by_hand
from rules.services import save_rule
from sla.models import BusinessCalendar, Policy
from sla.sweep import sweep_due
from tests.conftest import allow_holding_notes
from tests.factories import a_customer, a_field, a_ticket, a_topic
from tests.integrations.endpoints import a_webhook
from tests.knowledge.articles import a_collection, an_article
from tests.mail.incoming import a_mail, arrives
from tests.rules.recurrences import a_recurrence
from tickets import links
from tickets.articles import link_article
from tickets.attachments import keep_uploads
from tickets.models import Draft, Macro, Rating, Tag, Ticket
from tickets.ratings import token_of as rating_token
from tickets.services.describing import set_fields, set_topic
from tickets.services.forwarding import Forward, forward
from tickets.services.handing_over import Brief, hand_over
from tickets.services.handling import assign, set_tags, solve
from tickets.services.holding import hold_due_promises
from tickets.services.inviting import invite
from tickets.services.inviting import token_of as invitation_token
from tickets.services.rating import record_rating
from tickets.services.replying import Reply, add_note, receive_reply, reply_to_customer
from tickets.services.scheduling import schedule_reply
from tickets.services.viewing import save_view
from topics.models import Field, Topic
from transfers.reading.customers import look_at
from transfers.taking_along import ask_for_export as ask_for_desk
from transfers.taking_along import continue_exports
from transfers.working import ask_for_import, take, work_on

pytestmark = pytest.mark.usefixtures("support")

# Who looks (nobody: not signed in), and at what; the names in braces are filled in.
PAGES = {
    "nobody": [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/",
        "/contact/",
        "/help/?q=%E9%9B%BB%E6%BA%90",
        "/help/articles/power/?said=no",
        "/contact/?topic={topic}&prefill=old",
        "/contact/embed/",
        "/r/{open_link}/",
        "/r/{late_link}/",
        "/r/{solved_link}/",
        "/r/{held_link}/",
        "/r/{asked_link}/",
        "/rating/{rating}/?value=0",
        "/join/{invitation}/",
        "/inquiries/",
        "/inquiries/sent/",
        "/api/v1/docs/",
        "/inquiries/enter/{way_in}/",
        "/accounts/invitation/{agent_invitation}/",
    ],
    "chika": [
        "/desk/",
        "/desk/?state=resolved",
        "/desk/?scope=mine",
        "/desk/?priority=high&tag=vip",
        "/desk/views/",
        "/desk/bulk/?all=yes&do=resolve",
        "/desk/bulk/?all=yes&do=reply",
        "/desk/bulk/?all=yes&do=macro",
        "/desk/bulk/?all=yes&do=macro:{macro}",
        "/desk/bulk/?do=merge&ticket={ticket}&ticket={solved}&ticket={mailed}",
        "/desk/tickets/{ticket}/",
        "/desk/tickets/{solved}/",
        "/desk/tickets/{ticket}/hand-over/",
        "/desk/tickets/{ticket}/macros/",
        "/desk/settings/macros/",
        "/desk/articles/",
        "/desk/articles/new/?ticket={ticket}",
        "/desk/articles/report/",
        "/desk/articles/synonyms/",
        "/desk/articles/collections/new/",
        "/desk/articles/{article}/",
        "/desk/articles/{article}/ja/",
        "/desk/tickets/{ticket}/articles/?q=%E9%9B%BB%E6%BA%90",
        "/desk/settings/macros/new/",
        "/desk/tickets/{held}/",
        "/desk/tickets/{held}/times/",
        "/desk/tickets/{asked}/",
        "/desk/tickets/{rated}/",
        "/desk/ratings/",
        "/desk/customers/{customer}/",
        "/desk/customers/{customer}/edit/",
        "/desk/customers/{customer}/merge/",
        "/desk/customers/{customer}/merge/?other={other_customer}",
        "/desk/search/?q=printer",
        "/desk/customers/find/?q=%E5%B1%B1%E7%94%B0",
        "/desk/tickets/new/",
        "/desk/tickets/new/?customer=new",
        "/desk/tickets/new/?customer={customer}",
        "/desk/search/",
        "/desk/notifications/",
        "/desk/notifications/settings/",
        "/desk/api-tokens/",
        "/accounts/2fa/",
        "/accounts/password/change/",
        "/accounts/reauthenticate/",
        "/desk/availability/",
        "/desk/signature/",
        "/desk/settings/teams/{team}/",
        "/desk/styleguide/",
        "/reports/",
        "/reports/promises/",
        "/reports/promises/?by=customer&customer={customer}&period=decade",
        "/reports/times/",
        "/reports/arrivals/",
        "/reports/arrivals/?heat=promise_silent&period=quarter",
        "/reports/arrivals/open/",
        "/reports/quality/?period=quarter&by=team",
        "/reports/customers/?period=quarter",
        "/reports/customers/?period=quarter&customer={customer}",
        "/reports/people/",
        "/reports/saved/",
        "/reports/saved/new/?page=quality&period=week",
        "/reports/saved/{saved_report}/",
        "/reports/tickets/?measure=arrived",
        "/reports/tickets/?measure=answered&period=today&channel=phone",
        "/reports/definitions/",
        "/reports/wallboard/",
        "/reports/exports/",
        "/reports/exports/{export}/",
        "/reports/exports/{export_at_work}/",
        "/desk/tickets/{ticket}/times/",
        "/desk/settings/",
        "/desk/settings/?q=nothing",
        "/desk/settings/promises/?channel=web&priority=high&language=ja&team={team}",
        "/desk/settings/policies/{policy}/",
        "/desk/settings/calendars/{calendar}/",
        "/desk/settings/policies/{policy}/?version=1",
    ],
    "admin": [
        "/dev/demo/",
        "/desk/mail/",
        "/desk/tickets/{mailed}/",
        "/desk/tickets/{mailed}/mails/{mail}/",
        "/desk/tickets/{mailed}/forward/?message={mail}",
        "/desk/tickets/{mailed}/?quote={letter}",
        "/desk/tickets/{mailed}/third-party/{letter}/",
        "/desk/form-link/",
        "/desk/settings/branding/",
        "/desk/settings/states/",
        "/desk/settings/embedding/",
        "/desk/settings/notices/",
        "/desk/settings/notices/{notice}/",
        "/desk/settings/retention/?months=3",
        "/desk/organizations/",
        "/desk/organizations/{organization}/",
        "/desk/settings/tags/",
        "/desk/settings/tags/{tag}/",
        "/desk/settings/rules/",
        "/desk/settings/rules/new/",
        "/desk/settings/rules/new/?time=1",
        "/desk/settings/rules/{rule}/",
        "/desk/settings/rules/{rule}/log/",
        "/desk/settings/recurring/",
        "/desk/settings/recurring/new/",
        "/desk/settings/recurring/{recurrence}/",
        "/desk/settings/topics/",
        "/desk/settings/topics/new/",
        "/desk/settings/topics/{topic}/",
        "/desk/settings/fields/",
        "/desk/settings/fields/new/",
        "/desk/settings/fields/{field}/",
        "/desk/settings/letters/",
        "/desk/settings/letters/reply/ja/",
        "/desk/settings/blocked/",
        "/desk/settings/api-tokens/",
        "/desk/settings/ratings/",
        "/desk/customers/{customer}/privacy/",
        "/desk/settings/file/",
        "/desk/settings/import/",
        "/desk/settings/import/{import_asked}/",
        "/desk/settings/import/{import_done}/",
        "/desk/settings/export/",
        "/desk/settings/webhooks/",
        "/desk/settings/webhooks/{webhook}/",
        "/desk/settings/webhooks/{webhook}/log/",
        "/desk/settings/webhooks/{webhook}/log/{delivery}/",
        "/desk/settings/channels/",
        "/desk/settings/channels/new/",
        "/desk/settings/audit/",
        "/desk/settings/audit/looks/",
        "/desk/settings/effort/",
        "/desk/settings/people/",
        "/desk/settings/people/?show=invited",
        "/desk/settings/people/{person}/",
        "/desk/settings/people/{person}/deactivation/",
        "/desk/settings/people/{person}/second-factors/",
        "/desk/settings/people/invitations/new/",
        "/desk/settings/sign-in/",
        "/desk/settings/permissions/",
        "/desk/settings/permissions/{permission_set}/",
        "/desk/settings/teams/",
        "/desk/settings/teams/{team}/members/",
        "/desk/settings/teams/{team}/on-call/",
        "/desk/settings/mailboxes/",
        "/desk/settings/mailboxes/new/?preset=microsoft",
        "/desk/settings/mailboxes/{mailbox}/",
        "/desk/settings/mailboxes/{mailbox}/dns/",
        "/desk/settings/mailboxes/providers/microsoft/",
        "/desk/settings/calendars/new/?preset=uk-office",
        "/desk/settings/calendars/{calendar}/?version=1",
        "/desk/settings/policies/new/?preset=critical",
        "/desk/settings/policies/{policy}/?version=1",
    ],
}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    # axe would copy the stylesheets into the page, which our Content-Security-Policy refuses.
    "preload": False,
    "resultTypes": ["violations"],
}
# What else the dark scheme could break.
COLOURS = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
# In the dark only the colours are others, and they are the same on every screen; on a telephone only the
# shapes. Pages are made of the same parts and colours, so each is seen in one of these ways, in turn.
SHAPES = {**RULES, "rules": {"color-contrast": {"enabled": False}}}
LOOKS = (
    [(1280, "light", RULES)],
    [(1280, "light", SHAPES), (1280, "dark", COLOURS)],
    [(1280, "light", RULES)],
    [(390, "light", SHAPES)],
)


@pytest.fixture
def people(chika, admin):
    return {"nobody": None, "chika": chika, "admin": admin}


def a_silent_mailbox(mailbox: Mailbox) -> int:
    """One that cannot be fetched, which has more to say."""
    MailboxSource.objects.create(
        mailbox=mailbox,
        kind="imap",
        host="imap.desk.example",
        last_error="refused",
        last_error_said="[AUTHENTICATIONFAILED] no",
        last_error_at=timezone.now(),
        failures=2,
    )
    return mailbox.pk


def _an_endpoint() -> tuple[int, int]:
    """What it was told, and the endpoint itself."""
    delivery = a_webhook()
    return delivery.pk, delivery.webhook_id


def some_imports(agent: Agent) -> dict[str, int]:
    """One that asks what its columns mean, one that has ended, and the desk as a whole."""
    content = "氏名,メール\n山田,yamada@mail.example\n,nobody\n".encode()
    asked = {"by": agent, "source": "customers", "name": "顧客.csv"}
    options = look_at(io.BytesIO(content)).options
    waiting = ask_for_import(file=ContentFile(content), options=options, waits=True, **asked)
    done = ask_for_import(file=ContentFile(content), options=options, **asked)
    work_on(take(done))
    ask_for_desk(by=agent)
    continue_exports()
    return {"import_asked": waiting.pk, "import_done": done.pk}


def an_answer(ticket: Ticket, *, by: Agent) -> Article:
    """An article with everything in it, that readers have sought and judged."""
    body = (
        "## 手順\n\n1. 電源を[入れます](/help/)。\n\n| 症状 | 対処 |\n|---|---|\n| 無音 | `確認` |"
    )
    article = an_article(
        "電源の入れ方", body, collection=a_collection(slug="printers"), slug="power", by=by
    )
    link_article(ticket, article, by=by)
    record_feedback(article, "ja", reader="x", has_helped=False, comment="型番がわかりません。")
    count_search("宇宙船", "ja", results=0)
    return article


@pytest.fixture
def places(aiko, ben, chika, mailbox):
    """A ticket with everything on it, a solved one, a late one and one that was put off in time;
    what fills the addresses."""
    allow_holding_notes()
    now = timezone.now()
    customer = a_customer()
    customer.organization = save_organization(
        Organization(), name="株式会社" + "とても長い名前" * 6, domains=["example.co.jp"]
    )
    customer.save()
    ticket = a_ticket(customer=customer, priority="urgent", now=now - timedelta(hours=3))
    reply_to_customer(
        ticket,
        Reply(body="調べます。", promise_at=now - timedelta(minutes=5)),
        agent=aiko,
        now=now - timedelta(hours=2),
    )
    receive_reply(ticket, body="Still waiting.\n\n> 調べます。", now=now - timedelta(hours=1))
    add_note(ticket, body="基盤チームに確認中。", agent=ben)
    set_tags(ticket, names=["VIP", "とても長い名前のタグ"], by=ben)
    save_view(name="VIP", query="tag=vip", owner=chika, team=None)
    message = reply_to_customer(
        ticket,
        Reply(body="部品を送ります。", promise_at=now + timedelta(minutes=20)),
        agent=aiko,
        now=now - timedelta(minutes=30),
    )
    OutboundEmail.objects.filter(pk=message.email_id).update(
        state="failed", next_try_at=None, failed_at=now, last_error="SMTPDataError: (554, b'no')"
    )
    leaves_soon(ticket, by=aiko, now=now)
    begun_with_a_file(ticket, by=chika, now=now)
    solved = a_ticket(customer=customer, subject="printer")
    assign(solved, to=ben, by=chika)
    solve(solved, agent=ben)
    late = a_ticket(subject="printer", now=now - timedelta(days=9))
    sweep_due(now=now)
    held = a_ticket(subject="printer", now=now - timedelta(hours=3))
    reply_to_customer(
        held,
        Reply(body="調べます。", promise_at=now + timedelta(minutes=4)),
        agent=aiko,
        now=now - timedelta(hours=2),
    )
    assert hold_due_promises(now=now)
    brief = Brief(problem="紙詰まり", tried="電源を入れ直した。", next_step="部品を送る。")
    hand_over(held, team=held.team, to=chika, brief=brief, by=aiko)
    customers_part = asked_and_rated(by=aiko)
    mailed = came_by_mail()
    ask_a_third_party(mailed, by=aiko)
    describe(ticket, by=aiko)
    article = an_answer(ticket, by=ben)
    keep_all()
    return {
        "article": article.pk,
        "mailed": mailed.number,
        "mail": mailed.messages.earliest("pk").pk,
        "letter": mailed.third_party_letters.filter(direction="inbound").earliest("pk").pk,
        "held": held.number,
        "held_link": links.token_of(held.links.get()),
        **some_exports(chika),
        **some_imports(chika),
        "saved_report": a_saved_report(chika).pk,
        "macro": Macro.objects.create(name="遅延のお詫び", body="{{お客様名}}様").pk,
        "ticket": ticket.number,
        "solved": solved.number,
        "customer": customer.pk,
        "other_customer": a_ticket(email="hanako@example.org").customer_id,
        "team": ticket.team_id,
        **some_people(aiko),
        "topic": Topic.objects.get().pk,
        **customers_part,
        "notice": a_notice(),
        **dict(zip(("delivery", "webhook"), _an_endpoint(), strict=True)),
        "tag": Tag.objects.latest("pk").pk,
        "organization": Organization.objects.latest("pk").pk,
        "rule": a_rule_at_work(by=chika),
        "recurrence": a_recurrence(ticket, keeper=chika).pk,
        "field": Field.objects.get(kind="choice").pk,
        "mailbox": a_silent_mailbox(mailbox),
        "policy": Policy.objects.get().pk,
        "calendar": BusinessCalendar.objects.get().pk,
        "open_link": links.token_of(ticket.links.get()),
        "late_link": links.token_of(late.links.get()),
        "solved_link": links.token_of(solved.links.get()),
    }


def asked_and_rated(*, by):
    """A ticket whose customer has not done what we asked, with somebody invited, and one that was
    solved badly."""
    asked, rated = a_ticket(subject="printer"), a_ticket(subject="printer")
    reply = Reply(body="型番は?", asks=True, thing="製造番号" * 20, needed_on=date(2030, 1, 7))
    reply_to_customer(asked, reply, agent=by)
    Ticket.objects.filter(pk=asked.pk).update(unanswered_since=timezone.now())
    person = invite(asked, address="colleague-with-a-long-name@department-with-a-long-name.example")
    reply_to_customer(rated, Reply(body="直りました。", solves=True), agent=by)
    rating = Rating.objects.get()
    record_rating(rating, value=0, comment="長くかかりました。" * 20)
    return {
        "asked": asked.number,
        "rated": rated.number,
        "asked_link": links.token_of(asked.links.get()),
        "rating": rating_token(rating),
        "invitation": invitation_token(person),
        "way_in": make_link("hana@example.com", now=timezone.now()).token,
    }


def some_people(agent):
    """Somebody with a permission set, and somebody who is invited to it."""
    clerks = PermissionSet.objects.create(name="メールの担当", permissions=["mail", "people"])
    Agent.objects.filter(pk=agent.pk).update(permission_set=clerks)
    TOTP.activate(agent, "JBSWY3DPEHPK3PXP")
    asked = Invited(
        email="somebody-with-a-long-name@department-with-a-long-name.example",
        name="江見 恵美",
        language="ja",
    )
    _, token = make_invitation(asked, by=agent, now=timezone.now())
    return {"person": agent.pk, "permission_set": clerks.pk, "agent_invitation": token}


def some_exports(agent):
    """One that is ready, with letters that could not be written, and one at work."""
    done = ask_for_export(agent=agent, kind="queue", query="state=resolved", encoding="cp932")
    while continue_export():
        pass
    Export.objects.filter(pk=done.pk).update(replaced=3)
    record_download(done, by=agent)
    at_work = ask_for_export(agent=agent, kind="queue", query="", encoding="utf-8")
    return {"export": done.pk, "export_at_work": at_work.pk}


def a_saved_report(agent):
    """One that goes out by mail and is everybody's."""
    report = SavedReport(
        name="週ごとの品質と満足度の推移",
        page="quality",
        query="period=week",
        owner=agent,
        is_shared=True,
        schedule="weekly",
        sent_at=timezone.now(),
    )
    save_report(report, recipients=[agent])
    return report


def a_notice():
    """One that stands on every page."""
    words = {
        "text_ja": "本日、電話がつながりにくくなっています。",
        "link": "https://status.example/",
    }
    places = {"places": ["help", "form", "request", "sign_in"]}
    notice = Notice(starts_at=timezone.now() - timedelta(hours=1))
    return save_notice(notice, values=words | places).pk


def a_rule_at_work(*, by):
    rule = Rule(
        name="急ぎ",
        events=["opened", "wrote"],
        conditions=[
            {"of": "subject", "way": "has", "value": "printer"},
            {"of": "vip", "way": "no", "value": ""},
        ],
        actions=[{"do": "tag", "value": "急ぎ"}, {"do": "note", "value": "急ぎです。"}],
    )
    save_rule(rule, values={}, by=by)
    run_by_hand(rule, Ticket.objects.unresolved().values_list("pk", flat=True))
    return rule.pk


def describe(ticket, *, by):
    """A topic and fields of every kind, one of them needed and empty."""
    topic = a_topic("Fault", "故障")
    a_field("Guarantee", "保証", kind="choice", topics=[topic])
    a_field("Cause", "原因", is_required_to_solve=True)
    for kind in ("number", "date", "yes_no"):
        a_field(
            kind,
            key=kind,
            kind=kind,
            is_for_customers=True,
            help_en="As it is written on the invoice",
        )
    set_topic(ticket, topic=topic, by=by)
    values = {"number": "12", "date": "2026-11-24", "yes_no": "no", "guarantee": "c1"}
    set_fields(ticket, values=values, by=by)


def came_by_mail():
    """A ticket with every kind of mail on it, and one that waits for a decision."""
    mail = a_mail(cc=["friend-with-a-long-address@other.example"], subject="Betreff " + "x" * 80)
    mail.add_alternative("<p>Hi</p><img src='https://e.example/p.gif'>", subtype="html")
    arrives(mail)
    ticket = Ticket.objects.latest("pk")
    to = [parseaddr(OutboundEmail.objects.get(thread=ticket.mail_thread).headers["Reply-To"])[1]]
    quoted = "はい。\n\n> 前のメール"
    arrives(a_mail("colleague@example.jp", to=to, body=quoted))
    arrives(a_mail(to=to, auth="fail", subject="forged"))
    arrives(a_mail(to=to, headers={"Auto-Submitted": "auto-replied"}))
    arrives(a_mail(subject=f"[#{ticket.number}] " + "y" * 80, auth="fail"))
    arrives(a_mail("eve@evil.example", subject=f"[#{ticket.number}]"))
    ContactPoint.objects.filter(customer=ticket.customer).update(
        state="bounced", state_since=timezone.now()
    )
    return ticket


def ask_a_third_party(ticket, *, by):
    """Letters there and back, of every kind."""
    address = "parts-department-with-a-long-name@maker-with-a-long-name.example"
    quoted = list(ticket.messages.all())
    words = Forward(address=address, body="在庫は?", quoted=quoted, hold_reason="部品")
    sent = forward(ticket, words, agent=by)
    to = [parseaddr(sent.email.headers["Reply-To"])[1]]
    mail = a_mail(address, to=to, body="あります。\n\n> 在庫は?")
    mail.add_alternative("<p>あります。</p><img src='https://e.example/p.gif'>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="見積書" * 15)
    arrives(mail)
    arrives(a_mail("eve@evil.example", to=to))
    arrives(a_mail(address, to=to, headers={"Auto-Submitted": "auto-replied"}))
    lost = forward(ticket, Forward(address="gone@maker.example", body="?"), agent=by)
    OutboundEmail.objects.filter(pk=lost.email_id).update(
        state="failed", next_try_at=None, failed_at=timezone.now(), last_error="550 5.1.1 no"
    )


def leaves_soon(ticket, *, by, now):
    later = Reply(body="**あとで** 送ります。", promise_at=now + timedelta(hours=1))
    schedule_reply(ticket, later, leaves_at=now + timedelta(minutes=10), agent=by)


def begun_with_a_file(ticket, *, by, now):
    draft = Draft.objects.create(
        ticket=ticket,
        agent=by,
        kind="reply",
        body="書きかけ",
        submission_key=uuid4(),
        saved_at=now,
        leaves_at=now + timedelta(minutes=5),
    )
    file = SimpleUploadedFile("とても長い名前の見積書と図面と保証書の写し.txt", b"plan")
    keep_uploads([file], submission_key=draft.submission_key, now=now)


@pytest.fixture
def tour(visit, people, places, demo_urls, settings):
    """Walk through all pages; an open window keeps what it has loaded."""
    settings.CAN_START_EMPTY = True

    def walk(*, each=1, **options):
        for who, paths in PAGES.items():
            with visit(people[who], **options) as here:
                for path in paths[::each]:
                    here.page.goto(path.format(**places))
                    yield path, here.page

    return walk


def test_every_page_is_accessible_and_none_scrolls_sideways(tour):
    """Each page once, in one of four ways, and at last on the narrowest screen."""
    found = []
    for number, (path, page) in enumerate(tour(width=1280)):
        # Open, the reply box shows all it has; at rest it may cover half a link of what is behind it.
        if page.locator("#reply_body").count():
            page.locator("#reply_body").focus()
            page.keyboard.press("e")
        for width, scheme, rules in LOOKS[number % 4]:
            page.set_viewport_size({"width": width, "height": 720})
            page.emulate_media(color_scheme=scheme)
            # Half a link below the top bar is no fault of the link.
            page.evaluate("scrollTo(0, 0)")
            found += [f"{path} {scheme} {width}: {line}" for line in violations(page, rules=rules)]
        page.set_viewport_size({"width": 320, "height": 720})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            found.append(f"{path} is {wide} wide")

    assert found == []


def test_pages_speak_japanese_to_a_japanese_reader(tour, people):
    for person in filter(None, people.values()):
        person.language = "ja"
        person.save()
    languages, too_wide = set(), []
    for path, page in tour(width=320, locale="ja", each=2):
        languages.add(page.locator("html").get_attribute("lang"))
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            too_wide.append(path)

    assert languages == {"ja"}
    assert too_wide == []


def violations(page, *, rules=RULES):
    """Each broken rule with the first elements that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    # A colour on its way from light to dark is neither.
    page.evaluate("document.getAnimations().forEach(each => each.finish())")
    answer = page.evaluate("rules => axe.run(document, rules)", rules)
    return [
        f"{broken['id']} {[node['target'] for node in broken['nodes'][:3]]}"
        for broken in answer["violations"]
    ]
