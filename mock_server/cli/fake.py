"""The control API of a running fake, for the commands that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    import httpx

LOCAL = "http://127.0.0.1:8787"
MUCH_TO_SAY = 30.0  # seconds: a journal may be large


class Gone(Exception):
    """The fake cannot be reached just now."""


def options(command: Any) -> Any:
    """--url, --key and --admin-token."""
    for option in (
        click.option("--admin-token", help="As given to emo serve."),
        click.option("--key", help="Whose: the API key.  [default: as in the environment]"),
        click.option("--url", help=f"Of the fake.  [default: as in the environment, or {LOCAL}]"),
    ):
        command = option(command)
    return command


class Fake:
    """What belongs to one key on a running fake. A context manager."""

    def __init__(self, url: str | None, key: str | None, admin_token: str | None) -> None:
        """Raises UsageError for a key or URL that cannot be."""
        import httpx

        from emo_client import ConfigError
        from emo_client.settings import DEFAULT_URL, api_key, base_url

        try:
            given = base_url(url)
            headers = {"Authorization": f"Bearer {api_key(key)}"}
        except ConfigError as error:
            raise click.UsageError(str(error)) from None
        parts = urlsplit(LOCAL if given == DEFAULT_URL else given)
        if admin_token:
            headers["X-Mock-Admin-Token"] = admin_token
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._http = httpx.Client(
            base_url=self.origin, headers=headers, timeout=MUCH_TO_SAY, trust_env=False
        )

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Raises Gone where nobody answers, ClickException where the answer is no."""
        import httpx

        try:
            answer = self._http.get(f"/__mock__{path}", params=query)
        except httpx.TransportError as error:
            raise Gone(f"no fake answers at {self.origin}: {error}") from None
        if answer.status_code != 200:
            raise click.ClickException(self._refusal(answer))
        return answer

    def is_none(self, answer: httpx.Response) -> str:
        """What to say of an answer that no fake gives."""
        status = answer.status_code
        return f"{self.origin} is no fake of this project, or an older one (HTTP {status})"

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def _refusal(self, answer: httpx.Response) -> str:
        try:
            return str(answer.json()["error"])
        except (ValueError, KeyError, TypeError):
            return self.is_none(answer)
