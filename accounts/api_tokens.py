"""Tokens by which other programs act for an agent, and what they were answered under a key.

A token gives no more than its agent may do, and nothing once the agent has left.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError
from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet

from accounts.models import Agent, ApiAnswer, ApiToken, Membership
from accounts.permissions import Permission
from accounts.scopes import Scope
from common.digests import digest_of
from common.prepared import prepared
from common.secrets import Unreadable, decrypt, encrypt

PREFIX = "ykt_"
TOKEN = re.compile(r"ykt_[A-Za-z0-9_-]{43}")
NOTED_EVERY = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(days=1)
LONGEST_KEY = 255


class KeyUsed(Exception):
    """A twin of the request was a moment faster; nothing of this one happened."""


@dataclass(frozen=True)
class Answer:
    """What was answered, and to what: `fingerprint` tells one request from another."""

    fingerprint: str
    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Bearer:
    """Who asks by a token that is good, and what they were answered under the key they name."""

    agent: Agent
    token: ApiToken
    answered: Answer | None = None

    def has(self, scope: str) -> bool:
        """Whether the token is for this."""
        return scope in self.token.scopes or Scope.ALL in self.token.scopes


def create_token(
    agent: Agent,
    *,
    name: str,
    scopes: Collection[str] = (Scope.ALL,),
    expires_at: datetime | None = None,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token, and its text, which nobody can read a second time."""
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        agent=agent,
        name=name,
        digest=digest_of(text),
        ends_in=text[-4:],
        scopes=[scope.value for scope in Scope if scope in scopes],
        expires_at=expires_at,
        created_at=now,
    )
    return token, text


def standing_tokens(*, now: datetime) -> QuerySet[ApiToken]:
    """Those that let in, whoever's they are, the newest first."""
    is_expired = Q(expires_at__lte=now)
    return ApiToken.objects.filter(revoked_at=None, agent__is_active=True).exclude(is_expired)


def revoke_token(token: ApiToken, *, now: datetime) -> bool:
    """It lets in nobody any more; False when it did not before."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))


def revoke_tokens_of(agent: Agent, *, now: datetime) -> None:
    """All of theirs, because they have left."""
    agent.api_tokens.filter(revoked_at=None).update(revoked_at=now)


def tokens_revocable_by(agent: Agent) -> QuerySet[ApiToken]:
    """Their own, and everybody's for who manages people."""
    tokens = ApiToken.objects.select_related("agent")
    return tokens if agent.may(Permission.PEOPLE) else tokens.filter(agent=agent)


def bearer_of(text: str, *, key: str = "", now: datetime) -> Bearer | None:
    """Whoever asks by this token, with their teams and the answer kept under `key`, in one query;
    None for a token that is no good."""
    if not TOKEN.fullmatch(text):
        return None
    found: Any = next(iter(_found(digest_of(text), key) if key else _known(digest_of(text))), None)
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        return None
    agent: Agent = found.agent
    agent.__dict__["team_ids"] = tuple(found.teams)
    return Bearer(agent, found, _answer(found) if key else None)


@prepared
def _known(digest: str) -> QuerySet[ApiToken]:
    teams = Membership.objects.filter(agent=OuterRef("agent")).order_by("team").values("team")
    tokens = ApiToken.objects.filter(digest=digest, revoked_at=None, agent__is_active=True)
    return tokens.select_related("agent__permission_set").annotate(teams=ArraySubquery(teams))


@prepared
def _found(digest: str, key: str) -> QuerySet[ApiToken]:
    teams = Membership.objects.filter(agent=OuterRef("agent")).order_by("team").values("team")
    tokens = ApiToken.objects.filter(digest=digest, revoked_at=None, agent__is_active=True)
    tokens = tokens.select_related("agent__permission_set").annotate(teams=ArraySubquery(teams))
    return tokens.annotate(
        answer=FilteredRelation("answers", condition=Q(answers__key=key)),
        answer_fingerprint=F("answer__fingerprint"),
        answer_status=F("answer__status"),
        answer_headers=F("answer__headers"),
        answer_body=F("answer__body"),
    )


def _answer(found: Any) -> Answer | None:
    if found.answer_status is None:
        return None
    return Answer(
        fingerprint=found.answer_fingerprint,
        status=found.answer_status,
        headers=found.answer_headers,
        body=_read(found.answer_body),
    )


def _read(stored: str) -> str:
    """Empty when it was written with a key that nobody has any more."""
    try:
        return decrypt(stored)
    except Unreadable:
        return ""


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember when it was used last; at most once a minute."""
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def keep_answer(token: ApiToken, key: str, answer: Answer, *, now: datetime) -> None:
    """Remember what this request was answered, in its transaction and as its last statement. Raises
    KeyUsed when another one has been answered under the key."""
    try:
        ApiAnswer.objects.create(
            token=token,
            key=key,
            fingerprint=answer.fingerprint,
            status=answer.status,
            headers=dict(answer.headers),
            body=encrypt(answer.body),
            created_at=now,
        )
    except IntegrityError as error:
        if "one_answer_per_key" not in str(error):
            raise
        raise KeyUsed from error


def answer_under(token: ApiToken, key: str) -> Answer | None:
    """What was answered under this key."""
    found = ApiAnswer.objects.filter(token=token, key=key).first()
    if found is None:
        return None
    return Answer(found.fingerprint, found.status, found.headers, _read(found.body))


def forget_old_answers(*, now: datetime) -> int:
    """Those older than a day; how many it were."""
    return ApiAnswer.objects.filter(created_at__lt=now - ANSWERS_KEPT).delete()[0]
