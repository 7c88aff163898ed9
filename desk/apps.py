from importlib import import_module

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        """Hear what becomes of second factors."""
        import_module("desk.sign_in_log").connect()
