"""Who has to have something besides a password, and whether they do."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, OuterRef, Q

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


def factors_of(agent: Agent) -> dict[str, int]:
    """How many of each kind somebody has, by its type; recovery codes count as one."""
    kinds = Authenticator.objects.filter(user=agent).values_list("type").order_by("type")
    return dict(kinds.annotate(number=Count("pk")))


def must_have_second_factor(agent: Agent) -> bool:
    """Whether their role has to have one."""
    return agent.role in sign_in_rules().second_factor_roles


def take_away_second_factors(agent: Agent) -> int:
    """Apps, passkeys and recovery codes of theirs let in nobody any more. How many it were."""
    number: int = Authenticator.objects.filter(user=agent).delete()[0]
    return number


def how_many_lack_one(roles: Iterable[str]) -> int:
    """How many active people of these roles have none."""
    active = Agent.objects.filter(is_active=True, role__in=list(roles))
    return active.filter(~has_second_factor()).count()
