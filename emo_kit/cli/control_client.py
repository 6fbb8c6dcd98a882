"""A client of the control API, for the commands that read from a running fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from emo_kit.cli import options as shared
from emo_kit.cli.destination import KEY_VARIABLE, LOCAL, LOCAL_KEY, URL_VARIABLE, default_key, root
from emo_kit.cli.errors import NotReachable, as_typed
from emo_kit.cli.secret_files import admin_token_file

if TYPE_CHECKING:
    from contracts.provider.bounded_http import Answer

LARGEST = 4 << 20  # bytes of an answer
LARGEST_EXPORT = 256 << 20  # bytes of a journal
WHOLE = 30.0  # seconds for a complete answer
WHOLE_EXPORT = 300.0  # seconds for a complete journal


class FakeGone(NotReachable):
    """The fake cannot be reached at the moment."""


def options(command: Any) -> Any:
    """--server, --key, --admin-token and --admin-token-file."""
    for option in (
        admin_token_file,
        shared.admin_token,
        shared.key(f"API key of the tenant to show.  [default: {KEY_VARIABLE}, or {LOCAL_KEY}]"),
        shared.server(f"Root of the fake.  [default: of {URL_VARIABLE}, or {LOCAL}]"),
    ):
        command = option(command)
    return command


class ControlClient:
    """Reads the control API of a running fake with one key. A context manager."""

    def __init__(
        self,
        server: str | None,
        key: str | None,
        admin_token: str | None,
        *,
        exports: bool = False,
    ) -> None:
        """exports: allow answers as large as a journal. Raises UsageError for an invalid key or
        URL."""
        import httpx

        from emo_client import ConfigError
        from emo_client.settings import api_key

        self.origin = root(server)
        self._most = LARGEST_EXPORT if exports else LARGEST
        self._seconds = WHOLE_EXPORT if exports else WHOLE
        try:
            headers = {"Authorization": f"Bearer {api_key(key or default_key())}"}
        except ConfigError as error:
            raise click.UsageError(as_typed(str(error), arguments=True)) from None
        if admin_token:
            headers["X-Mock-Admin-Token"] = admin_token
        self._http = httpx.Client(
            base_url=self.origin, headers=headers, timeout=WHOLE, trust_env=False
        )

    def get(self, path: str, *, or_keyless: bool = False, **query: Any) -> Answer:
        """The answer to GET /__mock__ + path, with status 200.

        or_keyless: if the answer is 404, send the request once more without a key. Raises FakeGone
        if the fake cannot be reached, UsageError for a 400, and ClickException for any other
        status and for an answer that is too large."""
        from contracts.provider.bounded_http import size_text

        answer = self._answer(path, query)
        if or_keyless and answer.status == 404:
            keyless = self._answer(path, query, with_key=False)
            answer = keyless if keyless.status == 200 else answer
        if answer.status == 400:
            raise click.UsageError(self._refusal(answer))
        if answer.status != 200:
            raise click.ClickException(self._refusal(answer))
        if answer.is_cut:
            most = f"the answer of {self.origin} is larger than {size_text(self._most)}"
            raise click.ClickException(f"{most}; ask for less, as with emo journal --last 1000")
        return answer

    def _answer(self, path: str, query: dict[str, Any], with_key: bool = True) -> Answer:
        import httpx

        from contracts.provider.bounded_http import fetch

        request = self._http.build_request("GET", f"/__mock__{path}", params=query)
        if not with_key:
            del request.headers["Authorization"]
        try:
            return fetch(self._http, request, limit=self._most, seconds=self._seconds)
        except httpx.HTTPError as error:
            start = "start one with `emo serve`, or give its root as --server"
            raise FakeGone(f"no fake answers at {self.origin}: {error}; {start}") from None

    def not_a_fake(self, answer: Answer) -> str:
        """The message for an answer that does not come from the control API."""
        status = answer.status
        return f"{self.origin} is not a fake of this project, or is an older one (HTTP {status})"

    def __enter__(self) -> ControlClient:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def _refusal(self, answer: Answer) -> str:
        try:
            return str(answer.json()["error"])
        except (ValueError, KeyError, TypeError):
            return self.not_a_fake(answer)
