from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.exceptions import PeopleError
from accounts.inviting import Invited, make_invitation
from accounts.models import Agent, Invitation, PermissionSet
from accounts.people import save_person
from accounts.permissions import Permission
from accounts.second_factor import save_sign_in_rules
from accounts.services import add_member
from audit.models import Change
from mail.models import OutboundEmail
from tests.conftest import PASSWORD, signed_in
from tests.desk.pages import words
from tests.factories import AgentFactory, a_ticket
from tests.html import Page
from tickets.models import ScheduledReply
from tickets.services.handling import assign, reopen, solve
from tickets.services.replying import Reply
from tickets.services.scheduling import schedule_reply

pytestmark = pytest.mark.django_db
PEOPLE = "/desk/settings/people/"


def person(agent, action=""):
    return f"{PEOPLE}{agent.pk}/{action}"


def filled_in(client, path, **changes):
    """What the page's form would send with these fields changed; None takes one away."""
    page = Page(client.get(path).text)
    fields = next(form.fields for form in page.forms if "email" in form.fields)
    return {name: text for name, text in {**fields, **changes}.items() if text is not None}


def invite(client, **changes):
    sent = {"name": "Emi", "email": "emi@example.com", "role": "agent", "language": "en"}
    return client.post(f"{PEOPLE}invitations/create/", {**sent, **changes}, follow=True)


def link_of_newest_letter():
    letter = OutboundEmail.objects.latest("pk")
    return re.search(r"/accounts/invitation/\S+", letter.text).group()


# Invitations ----------------------------------------------------------------------------------


def test_somebody_is_invited_chooses_a_password_and_works(admin, support, english: Client):
    page = invite(signed_in(admin), teams=[support.pk])
    assert "Emi is invited: the letter is on its way to emi@example.com." in words(page)
    letter = OutboundEmail.objects.get()
    assert (letter.to, letter.subject) == (
        "emi@example.com",
        "Admin invites you to work in Yakusoku",
    )
    link = link_of_newest_letter()
    assert Invitation.objects.filter(digest__in=link.split("/")).count() == 0, "kept in the clear"

    assert "emi@example.com" in words(english.get(link))
    weak = english.post(link, {"name": "Emi", "password": "12345", "language": "en"})
    assert weak.status_code == 422
    assert "too short" in words(weak)
    answer = english.post(link, {"name": "Emi Oda", "password": PASSWORD, "language": "en"})

    assert answer.headers["Location"] == "/desk/"
    assert english.get("/desk/").status_code == 200
    emi = Agent.objects.get(email="emi@example.com")
    assert (emi.name, emi.role, list(emi.teams.all())) == ("Emi Oda", "agent", [support])
    assert "It was used already." in words(english.get(link))


def test_an_invitation_sent_again_kills_the_link_before_and_a_withdrawn_one_all(admin, english):
    browser = signed_in(admin)
    invite(browser)
    first, pk = link_of_newest_letter(), Invitation.objects.get().pk

    browser.post(f"{PEOPLE}invitations/{pk}/sending/")
    second = link_of_newest_letter()

    assert english.get(first).status_code == 404
    assert english.get(second).status_code == 200
    browser.post(f"{PEOPLE}invitations/{pk}/withdrawal/")
    assert "The invitation was withdrawn." in words(english.get(second))
    assert "No invitation is open." in words(browser.get(f"{PEOPLE}?show=invited"))


def test_after_a_week_the_link_says_that_its_time_is_over(admin, english):
    invite(signed_in(admin))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    link = link_of_newest_letter()

    answer = english.post(link, {"name": "Emi", "password": PASSWORD, "language": "en"})

    assert "Its time is over." in words(answer)
    assert not Agent.objects.filter(email="emi@example.com").exists()
    assert "is invited: the letter" in words(invite(signed_in(admin))), "the old one gives way"


def test_who_works_here_or_is_invited_is_not_invited_again(admin, aiko):
    browser = signed_in(admin)
    invite(browser)

    assert "emi@example.com is invited already." in words(invite(browser, email="EMI@example.com"))
    page = invite(browser, email="Aiko@example.com", name="Somebody")

    assert page.status_code == 422
    assert "Aiko works here already." in words(page)
    assert 'value="Somebody"' in page.text, "what was typed is kept"
    assert Invitation.objects.count() == 1


# What somebody may do -------------------------------------------------------------------------


def test_a_permission_set_takes_the_place_of_the_role(aiko, admin):
    known = PermissionSet.objects.create(name="Mail", permissions=[Permission.MAIL])
    browser, boss = signed_in(aiko), signed_in(admin)
    assert browser.get("/desk/settings/").status_code == 403

    boss.post(person(aiko, "update/"), filled_in(boss, person(aiko), permission_set=known.pk))

    settings = browser.get("/desk/settings/")
    assert "/desk/settings/mailboxes/" in settings.text
    assert "/desk/settings/people/" not in settings.text
    assert "Promises and opening hours" not in words(settings)
    assert browser.get("/desk/settings/mailboxes/").status_code == 200
    assert browser.get("/reports/").status_code == 403


def test_the_set_is_read_with_the_agent(aiko, django_assert_num_queries):
    aiko.permission_set = PermissionSet.objects.create(name="None", permissions=[])
    aiko.save()
    browser = signed_in(aiko)
    browser.get("/desk/settings/")

    # The session, and the agent.
    with django_assert_num_queries(2):
        assert browser.get("/desk/settings/").status_code == 403


def test_nobody_gives_more_than_they_have_or_changes_who_may_do_more(aiko, admin, chika):
    clerks = PermissionSet.objects.create(name="Clerks", permissions=[Permission.PEOPLE])
    clerk = AgentFactory(name="Dai", permission_set=clerks)
    browser = signed_in(clerk)
    as_administrator = filled_in(browser, person(aiko), role="administrator")

    assert browser.post(person(aiko, "update/"), as_administrator).status_code == 422
    taken_over = filled_in(signed_in(admin), person(chika), email="mine@example.com")
    page = browser.post(person(chika, "update/"), taken_over)
    assert "Chika may do more than you." in words(page)
    assert invite(browser, role="manager").status_code == 422
    for give in (
        lambda: save_person(aiko, values={"email": aiko.email, "role": "manager"}, by=clerk),
        lambda: make_invitation(
            Invited(email="emi@example.com", name="Emi", role="manager", language="en"),
            by=clerk,
            now=timezone.now(),
        ),
    ):
        with pytest.raises(PeopleError, match="more than you may do yourself"):
            give()
    everything = {"name": "All", "permissions": [Permission.PRIVACY]}
    assert browser.post("/desk/settings/permissions/create/", everything).status_code == 422

    assert Agent.objects.get(pk=aiko.pk).role == "agent"
    assert Agent.objects.get(pk=chika.pk).email == "chika@example.com"
    assert PermissionSet.objects.get() == clerks


def test_the_last_administrator_stays_one(admin, aiko):
    browser = signed_in(admin)
    demoted = filled_in(browser, person(admin), role="agent")

    page = browser.post(person(admin, "update/"), demoted)

    assert page.status_code == 422
    assert "This is the last administrator." in words(page)
    AgentFactory(role="administrator", is_active=False)
    assert browser.post(person(admin, "update/"), demoted).status_code == 422
    AgentFactory(role="administrator")
    assert browser.post(person(admin, "update/"), demoted).status_code == 302


def test_a_set_that_somebody_has_is_not_deleted(admin, aiko):
    known = PermissionSet.objects.create(name="Mail", permissions=[Permission.MAIL])
    Agent.objects.filter(pk=aiko.pk).update(permission_set=known)
    browser = signed_in(admin)
    address = f"/desk/settings/permissions/{known.pk}/deletion/"

    assert "Somebody has this permission set." in words(browser.post(address, follow=True))
    Agent.objects.filter(pk=aiko.pk).update(permission_set=None)
    browser.post(address)

    assert not PermissionSet.objects.exists()


# Leaving --------------------------------------------------------------------------------------


def test_who_is_deactivated_is_out_and_their_tickets_go_on(admin, aiko, ben, other_team):
    add_member(other_team, aiko)
    ours, theirs, done = a_ticket(), a_ticket(), a_ticket()
    theirs.team = theirs.clock.team = other_team
    theirs.save()
    theirs.clock.save()
    for ticket in (ours, theirs, done):
        assign(ticket, to=aiko, by=admin)
    later = timezone.now() + timedelta(minutes=10)
    reply = Reply(body="Later", promise_at=later + timedelta(minutes=30))
    schedule_reply(ours, reply, leaves_at=later, agent=aiko)
    solve(done, agent=aiko)
    session, browser = signed_in(aiko), signed_in(admin)

    asked = words(browser.get(person(aiko, "deactivation/")))
    assert "2 open tickets go to somebody else." in asked
    assert "1 reply of theirs is scheduled." in asked
    sent = {"to": ben.pk, "scheduled": "stay"}
    browser.post(person(aiko, "deactivation/create/"), sent, follow=True)

    for ticket in (ours, theirs, done):
        ticket.refresh_from_db()
    assert ours.assignee == ben
    assert theirs.assignee is None, "Ben is not in its team"
    assert not ScheduledReply.objects.exists()
    assert session.get("/desk/").status_code == 302
    assert reopen(done, agent=None).assignee is None, "nobody waits for who has left"
    browser.post(person(aiko, "activation/"))
    assert session.get("/desk/").status_code == 302, "a session that was ended does not come back"
    assert signed_in(Agent.objects.get(pk=aiko.pk)).get("/desk/").status_code == 200


def test_nobody_deactivates_themselves_or_hands_over_to_who_is_away(admin, aiko, ben):
    AgentFactory(role="administrator")
    assign(a_ticket(), to=aiko, by=admin)
    Agent.objects.filter(pk=ben.pk).update(is_away=True)
    browser = signed_in(admin)

    own = browser.post(person(admin, "deactivation/create/"), {"scheduled": "leave"})
    away = browser.post(person(aiko, "deactivation/create/"), {"scheduled": "leave", "to": ben.pk})

    assert "You cannot deactivate yourself." in words(own)
    assert "Ben is away, and nobody stands in." in words(away)
    assert Agent.objects.filter(is_active=True).count() == 4


# Teams ----------------------------------------------------------------------------------------


def test_whoever_leaves_a_team_leaves_its_tickets_to_it(admin, aiko, support):
    ticket = a_ticket()
    assign(ticket, to=aiko, by=admin)
    browser = signed_in(admin)

    sent = filled_in(browser, person(aiko), **{f"member_{support.pk}": None})
    page = browser.post(person(aiko, "update/"), sent, follow=True)

    assert "1 ticket that they can no longer see went back to its team." in words(page)
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_team_is_made_led_renamed_and_deleted_only_while_it_is_new(admin, aiko, support):
    browser = signed_in(admin)
    sent = {"name": "Night", "is_default": "on", f"lead_{aiko.pk}": "on"}

    page = browser.post("/desk/settings/teams/create/", sent, follow=True)

    assert "1 person · 0 open tickets" in words(page)
    night = aiko.teams.get(name="Night")
    support.refresh_from_db()
    assert night.is_default
    assert not support.is_default, "there is one default team"
    assert night.memberships.get().is_lead
    a_ticket()
    again = browser.post("/desk/settings/teams/create/", {"name": "night"})
    assert "There is a team by this name already." in words(again)
    kept = browser.post(reverse("desk:settings_team_delete", args=[night.pk]), follow=True)
    assert "Make another team the default one first." in words(kept)
    browser.post(reverse("desk:settings_team_delete", args=[support.pk]))
    assert not type(support).objects.filter(pk=support.pk).exists()


# The list -------------------------------------------------------------------------------------


def test_people_are_found_by_name_with_what_they_are(admin, aiko, ben):
    Agent.objects.filter(pk=aiko.pk).update(is_active=False)
    browser = signed_in(admin)

    found = words(browser.get(f"{PEOPLE}?q=BEN@"))
    assert "Ben ben@example.com Agent · Support (lead) Never signed in · Password only" in found
    assert "Aiko" not in found
    assert "Aiko" in words(browser.get(f"{PEOPLE}?show=gone"))


# A lost phone ---------------------------------------------------------------------------------


def test_who_lost_phone_and_passkey_comes_in_again_and_sets_up_a_new_one(admin, aiko):
    aiko.set_password(PASSWORD)
    aiko.save()
    TOTP.activate(aiko, "JBSWY3DPEHPK3PXP")
    for kind in ("webauthn", "recovery_codes"):
        Authenticator.objects.create(user=aiko, type=kind, data={})
    save_sign_in_rules(second_factor_roles=["agent"])
    there, as_admin = signed_in(aiko), signed_in(admin)
    assert there.get("/desk/").status_code == 200

    assert "Remove second factors …" in words(as_admin.get(person(aiko)))
    page = as_admin.get(person(aiko, "second-factors/"))
    assert "Their passkey lets in nobody any more." in words(page)
    assert "have to set up a new second factor" in words(page)
    answer = as_admin.post(person(aiko, "second-factors/delete/"), follow=True)

    assert f"{aiko.name} has no second factor any more" in words(answer)
    assert not Authenticator.objects.filter(user=aiko).exists()
    assert there.get("/desk/").status_code == 302
    letter = OutboundEmail.objects.get()
    assert (letter.to, admin.name in letter.text) == (aiko.email, True)
    removed = Change.objects.filter(table_name="mfa_authenticator", agent=admin.pk)
    assert removed.count() == 3
    again = Client()
    again.post("/accounts/login/", {"login": aiko.email, "password": PASSWORD})
    assert again.get("/desk/").headers["Location"] == "/accounts/2fa/", "nothing before a new one"
    assert "has no second factor." in words(
        as_admin.post(person(aiko, "second-factors/delete/"), follow=True)
    )


def test_nobody_removes_their_own_second_factors_or_those_of_who_may_do_more(admin, aiko, ben):
    ben.permission_set = PermissionSet.objects.create(name="People", permissions=["people"])
    ben.save()
    for agent in (admin, ben):
        TOTP.activate(agent, "JBSWY3DPEHPK3PXP")

    refused = [
        words(signed_in(by).post(person(agent, "second-factors/delete/"), follow=True))
        for by, agent in ((ben, admin), (ben, ben), (admin, admin))
    ]

    assert "may do more than you" in refused[0]
    assert all("Remove your own on your page" in each for each in refused[1:])
    assert signed_in(aiko).post(person(ben, "second-factors/delete/")).status_code == 403
    assert Authenticator.objects.count() == 2
    assert not OutboundEmail.objects.exists()
