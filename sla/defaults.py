"""What a fresh desk starts with: hours, a policy and what they promise. All of it can be edited."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from sla.models import BusinessCalendar, CalendarVersion, Policy, PolicyVersion
from sla.presets import office_hours, standard_settings


def install_defaults() -> None:
    """Create the first calendar and the default policy, unless there is a policy already."""
    if Policy.objects.exists():
        return
    with translation.override(settings.LANGUAGE_CODE):
        calendar = BusinessCalendar.objects.create(name=_("Office hours"), is_default=True)
        hours = CalendarVersion.objects.create(
            calendar=calendar, number=1, hours=office_hours(settings.TIME_ZONE)
        )
        policy = Policy.objects.create(
            name=_("Standard"), position=1000, is_default=True, calendar=calendar
        )
    PolicyVersion.objects.create(
        policy=policy, number=1, calendar_version=hours, settings=standard_settings()
    )
