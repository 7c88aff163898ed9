"""Teams, permission sets, and how the company looks."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from accounts.arranging import save_permission_set, save_team
from accounts.models import Agent, Assignment, PermissionSet, Team
from accounts.services import change_assignment
from accounts.signatures import keep_signature, objection
from branding.models import Brand, all_languages
from branding.selectors import brand
from branding.services import save_brand, save_frame_origins
from transfers.as_file.section import Entry, FileError, Section

OF_BRAND = (
    *("name_ja", "name_en", "accent_light", "accent_dark", "logo_has_name"),
    *("languages", "default_language"),
)


def _teams() -> list[Entry]:
    return [
        {
            "name": team.name,
            "is_default": team.is_default,
            "assignment": team.assignment,
            "takes_back_after": seconds_of(team.takes_back_after),
            "signature": team.signature,
        }
        for team in Team.objects.order_by("-is_default", "name")
    ]


def _save_team(entry: Entry, here: Entry | None, _by: Agent) -> None:
    if wrong := objection(entry["signature"]):
        raise FileError(wrong)
    team = Team.objects.get(name=here["name"]) if here else Team()
    save_team(team, name=entry["name"], is_default=entry["is_default"])
    after = duration_of(entry["takes_back_after"])
    change_assignment(team, method=entry["assignment"], takes_back_after=after, capacities={})
    keep_signature(team, entry["signature"])


def _permission_sets() -> list[Entry]:
    return [
        {"name": each.name, "permissions": sorted(each.permissions)}
        for each in PermissionSet.objects.order_by("name")
    ]


def _save_permission_set(entry: Entry, here: Entry | None, by: Agent) -> None:
    found = PermissionSet.objects.get(name=here["name"]) if here else PermissionSet()
    save_permission_set(found, name=entry["name"], permissions=entry["permissions"], by=by)


def _brand() -> list[Entry]:
    now = brand()
    return [{name: getattr(now, name) for name in (*OF_BRAND, "frame_origins")}]


def _save_brand(entry: Entry, _here: Entry | None, _by: Agent) -> None:
    if unknown := set(entry["languages"]) - set(all_languages()):
        raise FileError(", ".join(map(str, unknown)))
    save_brand(values={name: entry[name] for name in OF_BRAND})
    save_frame_origins(entry["frame_origins"])


def seconds_of(duration: timedelta | None) -> int | None:
    """As it stands in a file."""
    return None if duration is None else int(duration.total_seconds())


def duration_of(seconds: int | None) -> timedelta | None:
    """What stands in a file."""
    return None if seconds is None else timedelta(seconds=seconds)


SECTIONS = (
    Section(
        name="teams",
        title=_("Teams"),
        fields={
            "name": "",
            "is_default": False,
            "assignment": str(Assignment.MANUAL),
            "takes_back_after": None,
            "signature": "",
        },
        keys=("name",),
        models=(Team,),
        read=_teams,
        save=_save_team,
        renames_default=True,
    ),
    Section(
        name="permission_sets",
        title=_("Permission sets"),
        fields={"name": "", "permissions": []},
        keys=("name",),
        models=(PermissionSet,),
        read=_permission_sets,
        save=_save_permission_set,
    ),
    Section(
        name="brand",
        title=_("Name and colours"),
        fields={
            **dict.fromkeys(("name_ja", "name_en", "accent_light", "accent_dark"), ""),
            "logo_has_name": False,
            "languages": [],
            "default_language": "",
            "frame_origins": [],
        },
        models=(Brand,),
        read=_brand,
        save=_save_brand,
    ),
)
