"""Who has to have something besides a password, and whether they do."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q

from accounts.models import Agent, Role, SignInRules

# Recovery codes alone are none: they stand in for one of these.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def sign_in_rules() -> SignInRules:
    """What holds now."""
    return SignInRules.objects.filter(pk=1).first() or SignInRules(pk=1)


def save_sign_in_rules(*, second_factor_roles: Iterable[str]) -> SignInRules:
    """What holds from the next request of everybody on."""
    wanted = set(second_factor_roles)
    rules, _ = SignInRules.objects.update_or_create(
        pk=1, defaults={"second_factor_roles": [role for role in Role.values if role in wanted]}
    )
    return rules


def lacking_second_factor() -> Q:
    """The condition on agents that they have to have a second factor, and do not."""
    asked = SignInRules.objects.filter(second_factor_roles__contains=[OuterRef("role")])
    return Q(Exists(asked)) & ~Q(has_second_factor())


def has_second_factor() -> Exists:
    """The condition on agents that they have one."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS))


def how_many_lack_one(roles: Iterable[str]) -> int:
    """How many active people of these roles have none."""
    active = Agent.objects.filter(is_active=True, role__in=list(roles))
    return active.filter(~has_second_factor()).count()
