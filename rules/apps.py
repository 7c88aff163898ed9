from importlib import import_module

from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "rules"

    def ready(self) -> None:
        """The file of settings has rules, too."""
        import_module("rules.as_file").join()
