from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Notification, NotificationSettings
from accounts.notifying import Notice
from accounts.services import notify_agents
from tests.conftest import MONDAY_AT_TEN
from tests.desk.pages import words
from tests.html import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "monday_at_ten")]


def shown(client):
    page = Page(client.get(reverse("desk:notification_settings")).text)
    return next(form.fields for form in page.forms if "time_zone" in form.fields)


def save(client, **changes):
    fields = {name: value for name, value in {**shown(client), **changes}.items() if value}
    return client.post(reverse("desk:notification_settings_update"), fields, follow=True)


def tell(agent, number, kind, ticket=1):
    notify_agents(
        [
            Notice(
                agent_id=agent.pk,
                kind=kind,
                label=f"#{ticket} Printer",
                path=f"/desk/tickets/{ticket}/",
                dedupe_key=str(number),
            )
        ],
        now=MONDAY_AT_TEN,
    )


def test_saving_what_is_shown_changes_nothing(as_aiko, aiko):
    assert "Saved." in words(save(as_aiko))

    assert NotificationSettings.objects.get().ways == {}
    tell(aiko, 1, "customer_replied")
    assert Notification.objects.get().mail_after is None


def test_a_kind_is_switched_off_and_another_wanted_by_mail(as_aiko, aiko):
    save(as_aiko, **{"held-desk": "", "customer_replied-mail": "on"})

    tell(aiko, 1, "held")
    tell(aiko, 2, "customer_replied")

    [row] = Notification.objects.all()
    assert (row.kind, row.mail_after) == ("customer_replied", MONDAY_AT_TEN)
    assert "held-desk" not in shown(as_aiko)


def test_quiet_hours_and_the_daily_letter_are_kept(as_aiko, aiko):
    save(as_aiko, quiet_from="19:00", quiet_until="08:00", digest_at="08:30")

    fields = shown(as_aiko)
    assert (fields["quiet_from"], fields["quiet_until"]) == ("19:00", "08:00")
    assert fields["digest_at"] == "08:30"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"quiet_from": "19:00"}, "Say when the quiet begins and when it ends."),
        ({"quiet_from": "19:00", "quiet_until": "19:00"}, "Choose another time."),
        ({"digest_at": "late"}, "Enter a time such as 18:00."),
        ({"time_zone": "Nowhere/Land"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_refused(as_aiko, changes, sentence):
    page = save(as_aiko, **changes)

    assert page.status_code == 422
    assert sentence in words(page)
    assert not NotificationSettings.objects.exists()


def test_news_of_one_ticket_stand_together(as_aiko, aiko):
    for number, (kind, ticket) in enumerate(
        [("assigned", 1), ("assigned", 2), ("customer_replied", 1)]
    ):
        tell(aiko, number, kind, ticket)

    page = Page(as_aiko.get(reverse("desk:notification_list")).text)

    assert len([li for li in page.all("li") if li.get("class") == "notification-group"]) == 2
    assert "1 earlier" in page.text


def test_what_is_wanted_by_mail_alone_is_not_in_the_list(as_aiko, aiko):
    save(as_aiko, **{"assigned-desk": ""})

    tell(aiko, 1, "assigned")

    assert "#1 Printer" not in as_aiko.get(reverse("desk:notification_list")).text
