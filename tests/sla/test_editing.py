from __future__ import annotations

from copy import deepcopy

import pytest

from sla.editing import EditRefused, NeverOpens, order_policies, save_calendar, save_policy
from sla.models import BusinessCalendar, Policy, PolicyVersion
from sla.presets import office_hours, standard_settings

pytestmark = pytest.mark.django_db


def a_policy(name: str, **changes: object) -> Policy:
    calendar = BusinessCalendar.objects.get(is_default=True)
    fields = {"conditions": {"priority": ["low"]}, "settings": standard_settings(), **changes}
    return save_policy(policy=None, name=name, calendar=calendar, **fields)


def test_saving_without_a_change_makes_no_version():
    policy = Policy.objects.get()

    save_policy(
        policy=policy,
        name="Other name",
        calendar=policy.calendar,
        conditions={},
        settings=standard_settings(),
    )

    assert PolicyVersion.objects.count() == 1
    assert Policy.objects.get().name == "Other name"


def test_new_hours_make_a_version_of_the_calendar_and_of_each_policy_that_uses_it():
    calendar = BusinessCalendar.objects.get()
    hours = office_hours("Asia/Tokyo")
    hours["weekly"]["sat"] = [["10:00", "13:00"]]

    save_calendar(calendar=calendar, name=calendar.name, hours=hours)

    assert calendar.versions.count() == 2
    newest = PolicyVersion.objects.latest("number")
    assert newest.calendar_version == calendar.versions.get(number=2)


def test_a_version_knows_who_made_it(admin):
    calendar, policy = BusinessCalendar.objects.get(), Policy.objects.get()
    hours = {**office_hours("Asia/Tokyo"), "closed": []}

    save_calendar(calendar=calendar, name=calendar.name, hours=hours, by=admin)

    assert calendar.versions.get(number=1).created_by is None
    assert calendar.versions.get(number=2).created_by == admin
    assert policy.versions.get(number=2).created_by == admin


def test_somebody_who_leaves_takes_no_version_along(admin):
    calendar = BusinessCalendar.objects.get()
    hours = {**office_hours("Asia/Tokyo"), "closed": []}
    save_calendar(calendar=calendar, name=calendar.name, hours=hours, by=admin)

    admin.delete()

    assert calendar.versions.get(number=2).created_by is None


def test_a_name_is_given_once():
    calendar, policy = BusinessCalendar.objects.get(), Policy.objects.get()

    with pytest.raises(EditRefused, match=calendar.name):
        save_calendar(calendar=None, name=calendar.name, hours=office_hours("Asia/Tokyo"))
    with pytest.raises(EditRefused, match=policy.name):
        a_policy(policy.name)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weekly": {"mon": [["09:00", "09:00"]]}}, "09:00"),
        ({"tz": "Asia/Atlantis"}, "time zone"),
        ({"closed": ["02-30"]}, "02-30"),
    ],
)
def test_hours_that_mean_nothing_are_refused_with_what_to_correct(change, sentence):
    hours = {**office_hours("Asia/Tokyo"), **change}

    with pytest.raises(EditRefused, match=sentence):
        save_calendar(calendar=None, name="Odd", hours=hours)

    assert BusinessCalendar.objects.count() == 1


def test_a_calendar_that_never_opens_needs_to_be_meant():
    hours = {**office_hours("Asia/Tokyo"), "weekly": {}}

    with pytest.raises(NeverOpens):
        save_calendar(calendar=None, name="Closed", hours=hours)

    assert save_calendar(calendar=None, name="Closed", hours=hours, may_never_open=True).pk


def test_the_twenty_ninth_of_february_is_a_closed_day_of_leap_years():
    hours = {**office_hours("Asia/Tokyo"), "closed": ["02-29"]}

    assert save_calendar(calendar=None, name="Leap", hours=hours).pk


@pytest.mark.parametrize("seconds", [0, -5, 10 * 365 * 24 * 3600])
def test_a_target_of_nothing_or_of_ten_years_is_refused(seconds):
    settings = deepcopy(standard_settings())
    settings["targets"]["normal"]["first_reply"] = seconds

    with pytest.raises(EditRefused):
        a_policy("Odd", settings=settings)


def test_every_priority_needs_a_promise():
    settings = deepcopy(standard_settings())
    del settings["promise_default"]["low"], settings["promise_initial"]["low"]

    with pytest.raises(EditRefused):
        a_policy("Odd", settings=settings)


def test_reminders_come_in_order():
    settings = deepcopy(standard_settings())
    settings["customer_wait"]["nudge_2"] = settings["customer_wait"]["nudge_1"]

    with pytest.raises(EditRefused):
        a_policy("Odd", settings=settings)


def test_the_default_policy_takes_no_conditions_and_cannot_be_switched_off():
    policy = Policy.objects.get()
    same = {"policy": policy, "name": "Standard", "calendar": policy.calendar}

    with pytest.raises(EditRefused):
        save_policy(**same, conditions={"priority": ["low"]}, settings=standard_settings())
    with pytest.raises(EditRefused):
        save_policy(**same, conditions={}, settings=standard_settings(), is_active=False)


def test_policies_are_asked_in_the_given_order_and_the_default_stays_last():
    first, second = a_policy("First"), a_policy("Second")

    order_policies([second.pk, first.pk])

    names = list(Policy.objects.values_list("name", flat=True))
    assert names[:2] == ["Second", "First"]
    assert Policy.objects.last().is_default


def test_an_order_made_from_an_old_list_is_refused():
    a_policy("First")

    with pytest.raises(EditRefused):
        order_policies([])
