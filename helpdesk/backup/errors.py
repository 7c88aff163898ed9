from __future__ import annotations


class BackupError(Exception):
    """It cannot be done like this; the message says why and what to do."""
