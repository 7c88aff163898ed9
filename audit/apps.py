from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate  # noqa: TID251 - of no model: tables were made

from audit import installing, who


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        """Connections say who is at work, and every migration ends with the triggers in place."""
        connection_created.connect(_tell, dispatch_uid="audit")
        post_migrate.connect(_install, sender=self, dispatch_uid="audit")


def _tell(connection: Any, **_: Any) -> None:
    who.tell_from_now_on(connection)


def _install(**_: Any) -> None:
    installing.install()
