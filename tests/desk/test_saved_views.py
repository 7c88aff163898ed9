from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Agent, Team
from tests.conftest import signed_in
from tests.desk.pages import links, numbers, words
from tests.factories import a_ticket
from tickets.models import SavedView
from tickets.services.handling import assign, set_tags
from tickets.services.rematching import change_priority
from tickets.services.viewing import save_view, views_in_order
from topics.selectors import definitions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]
QUEUE = "/desk/"
URGENT = "scope=team&state=open&priority=urgent"


def save(client, name, *, query=URGENT, audience="me"):
    fields = {"name": name, "query": query, "audience_name": audience}
    return client.post(reverse("desk:view_create"), fields, follow=True)


def test_a_filter_is_saved_under_a_name_and_its_chip_counts(as_aiko, aiko):
    change_priority(a_ticket(), to="urgent", by=aiko)
    a_ticket()
    offered = as_aiko.get(f"{QUEUE}?{URGENT}")
    assert "Priority: Urgent" in words(offered)
    assert "Save as a view" in words(offered)

    page = save(as_aiko, "  Burning   now ")

    assert "Burning now 1" in words(page)
    assert "Save as a view" not in words(page)
    assert f"{QUEUE}?{URGENT}" in links(as_aiko.get(f"{QUEUE}?scope=mine"))


def test_what_is_stored_is_an_address_of_the_queue_and_nothing_else(as_aiko):
    save(as_aiko, "Odd", query="priority=urgent&next=//evil.example&scope=x")

    assert SavedView.objects.get().query == URGENT


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the view a name."),
        ("\u3000 ", "Give the view a name."),
        ("x" * 41, "A name has at most 40 characters."),
        ("Taken", "There is a view named “Taken” already."),
    ],
)
def test_a_bad_name_is_answered_with_a_sentence(as_aiko, aiko, name, sentence):
    save_view(name="Taken", query="", owner=aiko, team=None)

    assert sentence in words(save(as_aiko, name))
    assert SavedView.objects.count() == 1


def test_leads_save_for_their_team_and_managers_for_everybody(
    aiko, ben, chika, mallory, support: Team, other_team: Team
):
    for agent, audience in [
        (aiko, f"team-{support.pk}"),
        (aiko, "everybody"),
        (ben, f"team-{other_team.pk}"),
        (ben, "everybody"),
        (mallory, "team-99"),
    ]:
        save(signed_in(agent), "No", audience=audience)
    assert not SavedView.objects.exists()

    save(signed_in(ben), "Ours", audience=f"team-{support.pk}")
    save(signed_in(chika), "All", audience="everybody")
    save(signed_in(aiko), "Own")

    seen = {a.name: [view.name for view in views_in_order(a)] for a in (aiko, ben, chika, mallory)}
    assert seen == {
        "Aiko": ["Own", "Ours", "All"],
        "Ben": ["Ours", "All"],
        "Chika": ["Ours", "All"],
        "Mallory": ["All"],
    }


def test_views_are_changed_only_by_those_who_keep_them(aiko, ben, chika, mallory, support: Team):
    own = save_view(name="Own", query="", owner=aiko, team=None)
    ours = save_view(name="Ours", query="", owner=None, team=support)
    everybodys = save_view(name="All", query="", owner=None, team=None)

    def allowed(agent: Agent) -> list[str]:
        client = signed_in(agent)
        return [
            view.name
            for view in (own, ours, everybodys)
            if client.post(
                reverse("desk:view_update", args=[view.pk]), {"name": view.name}
            ).status_code
            == 302
        ]

    assert allowed(aiko) == ["Own"]
    assert allowed(ben) == ["Ours"]
    assert allowed(chika) == ["Ours", "All"]
    assert allowed(mallory) == []
    delete = reverse("desk:view_delete", args=[own.pk])
    assert signed_in(mallory).post(delete).status_code == 404
    assert signed_in(aiko).post(delete).status_code == 302
    assert not SavedView.objects.filter(pk=own.pk).exists()


def test_views_are_renamed_and_put_in_order(as_aiko, aiko):
    first, second, third = (
        save_view(name=name, query="", owner=aiko, team=None) for name in ("A", "B", "C")
    )

    as_aiko.post(reverse("desk:view_order", args=[third.pk]), {"by": "-1"})
    as_aiko.post(reverse("desk:view_order", args=[first.pk]), {"by": "-1"})
    as_aiko.post(reverse("desk:view_update", args=[second.pk]), {"name": "Z"})

    assert [view.name for view in views_in_order(aiko)] == ["A", "C", "Z"]
    seen = words(as_aiko.get(reverse("desk:view_list")))
    assert seen.index("A") < seen.index("C For me") < seen.index("Z For me")


def test_the_queue_opens_with_the_default_view_until_it_no_longer_is(as_aiko, aiko):
    assign(mine := a_ticket(), to=aiko, by=aiko)
    a_ticket()
    view = save_view(name="Own", query="scope=mine", owner=aiko, team=None)
    address = reverse("desk:view_default", args=[view.pk])

    as_aiko.post(address, {"is_default": "yes"})
    assert as_aiko.get(QUEUE).url == f"{QUEUE}?scope=mine&state=open"
    assert numbers(as_aiko.get(QUEUE, follow=True)) == [mine.number]
    assert len(numbers(as_aiko.get(QUEUE, {"scope": "team"}))) == 2

    as_aiko.post(address, {"is_default": ""})
    assert as_aiko.get(QUEUE).status_code == 200


def test_a_default_of_one_agent_is_nobody_elses(aiko, ben, support):
    view = save_view(name="Ours", query="scope=mine", owner=None, team=support)

    signed_in(aiko).post(reverse("desk:view_default", args=[view.pk]), {"is_default": "yes"})

    assert signed_in(ben).get(QUEUE).status_code == 200


def test_twelve_views_are_shown_and_counted_in_the_same_number_of_queries(
    as_aiko, aiko, django_assert_max_num_queries
):
    for number in range(14):
        tag = f"tag{number}"
        set_tags(a_ticket(), names=[tag], by=aiko)
        save_view(name=f"View {number}", query=f"tag={tag}", owner=aiko, team=None)
    # Each process remembers which topics and fields there are.
    definitions()

    with django_assert_max_num_queries(9):
        page = as_aiko.get(QUEUE)

    assert "View 11 1" in words(page)
    assert "View 12" not in words(page)


def test_a_changed_count_of_a_view_is_news_to_an_open_queue(as_aiko, aiko):
    ticket = a_ticket()
    save_view(name="VIP", query="tag=vip", owner=aiko, team=None)
    part = as_aiko.get(QUEUE, {"scope": "mine"}, headers={"HX-Request": "true"})

    set_tags(ticket, names=["VIP"], by=aiko)

    again = {"HX-Request": "true", "If-None-Match": part["ETag"]}
    assert as_aiko.get(QUEUE, {"scope": "mine"}, headers=again).status_code == 200


def test_without_views_the_page_says_how_to_save_one(as_aiko):
    seen = words(as_aiko.get(reverse("desk:view_list")))

    assert "No view is saved yet. Filter the queue, then press “Save as a view”." in seen
