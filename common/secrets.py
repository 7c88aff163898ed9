"""Other people's passwords that we must be able to say: encrypted with keys made from SECRET_KEY."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"common.secrets"


class Unreadable(Exception):
    """It was encrypted with a key that is neither SECRET_KEY nor among SECRET_KEY_FALLBACKS."""


def encrypt(text: str) -> str:
    """The text as it may be stored; nothing stays nothing."""
    return _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode() if text else ""


def decrypt(stored: str) -> str:
    """What was encrypted. Raises Unreadable."""
    if not stored:
        return ""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    try:
        return MultiFernet([_fernet(key) for key in keys]).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def is_of_an_old_key(stored: str) -> bool:
    """Whether it would be lost when the earlier keys are forgotten."""
    try:
        _fernet(settings.SECRET_KEY).decrypt(stored.encode())
    except InvalidToken:
        return bool(stored)
    return False


def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
