"""What /readyz says about each part."""

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

from helpdesk.supervisor.plan import Plan
from helpdesk.supervisor.ports import is_listening

GLANCE = 0.3


class Readiness:
    """Asks the web process, at most a few times a second, however many processes want to know."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._asked_at = 0.0
        self._answer: tuple[int, dict[str, Any]] = (0, {})

    def web(self, _seconds_since_start: float) -> bool:
        """The web process serves pages."""
        return self._look()[0] == http.HTTPStatus.OK

    def events(self, _seconds_since_start: float) -> bool:
        """The events process listens."""
        return is_listening(self._plan.host, self._plan.events_port)

    def sign_of_life(self, name: str, seconds_since_start: float) -> bool:
        """A process without a port has left a sign of life since it was started."""
        age = self._look()[1].get(name, {}).get("age")
        return age is not None and age <= seconds_since_start

    def _look(self) -> tuple[int, dict[str, Any]]:
        if time.monotonic() - self._asked_at > GLANCE:
            self._answer = self._ask()
            self._asked_at = time.monotonic()
        return self._answer

    def _ask(self) -> tuple[int, dict[str, Any]]:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._plan.host, self._plan.host)  # noqa: S104
        connection = http.client.HTTPConnection(host, self._plan.port, timeout=5)
        try:
            connection.request(
                "GET", "/readyz", headers={"Host": urlsplit(self._plan.base_url).netloc}
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read())["parts"]
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return 0, {}
        finally:
            connection.close()
