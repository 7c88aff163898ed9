from importlib import import_module

from django.apps import AppConfig


class HelpdeskConfig(AppConfig):
    name = "helpdesk"

    def ready(self) -> None:
        """Have the Celery application be there before anybody rings for a worker, and ears for what
        mail providers tell and who signs in."""
        import_module("helpdesk.celery")
        import_module("helpdesk.webhooks").connect()
        import_module("helpdesk.sessions").connect()
