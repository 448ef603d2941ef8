"""Where canaries are posted: to the web server of this installation, as any sender would."""

from dataclasses import dataclass, field
from typing import Final

import requests
from django.conf import settings

from incidentops import readiness

TIMEOUT_SECONDS: Final = 10.0
_PATH: Final = "/api/v1/ingest/generic/"


@dataclass(frozen=True, slots=True)
class Door:
    """`url` without a path. `headers` stand in for the proxy where the web server itself is asked."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def own(cls) -> "Door":
        """The web server that runs beside us."""
        name = readiness.asked_name(settings.ALLOWED_HOSTS, settings.BIND)
        url = f"http://{readiness.reachable(settings.BIND)}:{settings.PORT}"
        return cls(url, {"Host": name, "X-Forwarded-Proto": "https"})

    def answers(self) -> bool:
        """Whether the web server is up."""
        try:
            return self._ask("GET", "/healthz", {}).ok
        except (requests.RequestException, ValueError):
            return False

    def post(self, key: str, alert: dict[str, str]) -> str:
        """Hand the alert in; why it was not accepted, empty where it was."""
        try:
            answer = self._ask("POST", _PATH, {"Authorization": f"Token {key}"}, alert)
        except (requests.RequestException, ValueError) as error:
            return f"{self.url}: {type(error).__name__}"
        return "" if answer.status_code == requests.codes.accepted else f"{self.url}: HTTP {answer.status_code}"

    def _ask(
        self, method: str, path: str, headers: dict[str, str], alert: dict[str, str] | None = None
    ) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = not self.headers  # a proxy for the outside is no way to ourselves
            return session.request(
                method,
                self.url + path,
                headers=self.headers | headers,
                json=alert,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
