"""What agents were told in the desk, told again by mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Notification
from accounts.notifying import Notice
from accounts.services import notify_agents
from mail.models import OutboundEmail
from mail.notifying import DIGEST_FROM, mail_notifications
from tests.conftest import MONDAY_AT_TEN

pytestmark = pytest.mark.django_db

NOW = MONDAY_AT_TEN


def tell(*agents: Agent, number: int = 0, mail_after=NOW, kind: str = "assigned") -> None:
    notify_agents(
        [
            Notice(
                agent_id=agent.pk,
                kind=kind,
                label=f"#{number} No paper",
                path=f"/desk/tickets/{number}/",
                dedupe_key=f"{kind}:{number}:{agent.pk}",
                facts={"due_at": NOW.isoformat()},
                mail_after=mail_after,
            )
            for agent in agents
        ],
        now=NOW,
    )


def letters_to(agent: Agent) -> list[OutboundEmail]:
    return list(OutboundEmail.objects.filter(to=agent.email).order_by("pk"))


def test_each_person_gets_one_letter_for_one_thing(aiko: Agent, ben: Agent):
    tell(aiko, ben, number=7)

    assert [mail_notifications(now=NOW) for _ in range(3)] == [2, 0, 0]

    for agent in (aiko, ben):
        [letter] = letters_to(agent)
        assert "#7 No paper" in letter.subject
        assert "/desk/tickets/7/" in letter.text
        assert letter.headers["Auto-Submitted"] == "auto-generated"


def test_told_twice_is_written_once(aiko: Agent):
    tell(aiko, number=7)
    tell(aiko, number=7)

    mail_notifications(now=NOW)

    assert len(letters_to(aiko)) == 1


def test_many_things_at_once_are_one_letter_that_names_all(aiko: Agent, ben: Agent):
    for number in range(DIGEST_FROM):
        tell(aiko, number=number, kind="breach")
    for number in range(DIGEST_FROM - 1):
        tell(ben, number=number)

    mail_notifications(now=NOW)

    [digest] = letters_to(aiko)
    assert all(f"#{number} No paper" in digest.text for number in range(DIGEST_FROM))
    assert all(f"/desk/tickets/{number}/" in digest.text for number in range(DIGEST_FROM))
    assert len(letters_to(ben)) == DIGEST_FROM - 1
    assert not Notification.objects.to_mail().exists()


def test_what_is_to_be_mailed_later_waits(aiko: Agent):
    tell(aiko, mail_after=NOW + timedelta(hours=1))

    assert mail_notifications(now=NOW) == 0
    assert mail_notifications(now=NOW + timedelta(hours=1)) == 1


def test_what_is_for_the_desk_only_is_never_mailed(aiko: Agent):
    tell(aiko, mail_after=None)

    assert mail_notifications(now=NOW + timedelta(days=365)) == 0


def test_whoever_has_left_gets_no_letters(aiko: Agent):
    tell(aiko)
    Agent.objects.update(is_active=False)

    assert mail_notifications(now=NOW) == 0


def test_the_letter_is_in_the_agents_language_and_zone(aiko: Agent, ben: Agent):
    Agent.objects.filter(pk=ben.pk).update(language="ja", time_zone="Europe/Paris")
    tell(aiko, ben, kind="breach")

    mail_notifications(now=NOW)

    assert "Mon 5 Oct 2026, 10:00" in letters_to(aiko)[0].text
    assert "2026年10月5日(月) 03:00" in letters_to(ben)[0].text


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_letter(aiko: Agent):
    import threading  # noqa: PLC0415

    from django.db import connection  # noqa: PLC0415

    tell(aiko)
    ready = threading.Barrier(3, timeout=10)

    def work() -> None:
        try:
            ready.wait()
            mail_notifications(now=timezone.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(letters_to(aiko)) == 1
