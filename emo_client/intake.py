"""Receives the answer of one exchange, up to a limit, and hides the API key in it."""

from typing import TYPE_CHECKING

import httpx

from emo_client import limits
from emo_client.decoding import codings
from emo_client.decoding.charset import readable, text_of
from emo_client.decoding.envelope import task_id_in
from emo_client.errors import ConnectionFailed
from emo_client.exchange import Runtime
from emo_client.time_limit import too_slow

if TYPE_CHECKING:
    from emo_client.downloads.partial_file import PartialFile

# No connection was made, so nothing was sent.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
BROKEN = (httpx.RequestError, httpx.InvalidURL)
# Extra seconds for a whole exchange. The timeouts of httpx for each step then fire first; they show
# whether anything was sent.
GRACE = 0.1


class Intake:
    """The answer of one exchange: its deadline, and its body in a file or in memory.

    A download has two deadlines: `timeout` for the headers, and `within` for the body.
    """

    def __init__(self, runtime: Runtime, request: httpx.Request) -> None:
        self.runtime, self.request = runtime, request
        self._until: float = runtime.clock() + request.extensions["timeout"]["read"] + GRACE
        self.status, self.headers = 0, httpx.Headers()
        self._file: PartialFile | None = None
        self.memory, self._most = bytearray(), limits.ANSWER

    def left(self) -> float:
        """The seconds until the deadline."""
        return self._until - self.runtime.clock()

    def begin(self, response: httpx.Response) -> None:
        """Take the headers, and hide the key in them."""
        clean, headers = self.runtime.key.clean, response.headers.multi_items()
        together = "\n".join(value for _, value in headers)
        if clean(together) != together:
            response.headers = httpx.Headers([(n.encode(), clean(v).encode()) for n, v in headers])
        self.status, self.headers = response.status_code, response.headers
        if sink := self.request.extensions.get("sink"):
            self._until = self.runtime.clock() + self.request.extensions["within"] + GRACE
            self._file, self._most = sink(response), limits.REFUSAL

    def take(self, chunk: bytes) -> bool:
        """Keep a chunk; returns whether more is wanted. Raises ReadTimeout at the deadline."""
        if self.left() <= 0:
            raise too_slow()
        if self._file is not None:
            return self._file.write(chunk)
        self.memory += chunk[: self._most + 1 - len(self.memory)]
        return len(self.memory) <= self._most

    def close(self) -> None:
        """Close the file of a download."""
        if self._file is not None:
            self._file.close()

    def answer(self) -> httpx.Response:
        """The response with its body, decompressed; only the beginning, if it is too large."""
        body, is_cut = self._body()
        plain = [(n, v) for n, v in self.headers.raw if n.lower() != b"content-encoding"]
        facts = {"is_cut": is_cut}
        return httpx.Response(
            self.status, headers=plain, content=body, request=self.request, extensions=facts
        )

    def _body(self) -> tuple[bytes, bool]:
        coding = self.headers.get("content-encoding", "")
        body, is_cut = codings.unpacked(bytes(self.memory[: self._most]), coding, self._most)
        is_cut = is_cut or len(self.memory) > self._most
        body = body[: limits.REFUSAL] if is_cut else body
        return self._clean(body, self.headers.get("content-type", "")), is_cut

    def _clean(self, body: bytes, content_type: str) -> bytes:
        """The body without the key, as UTF-8 if the key was in it: UTF-16 spells it differently."""
        key, text = self.runtime.key, text_of(body, content_type) or ""
        clean = key.clean(text)
        if clean != text:
            return clean.encode("utf-8", "replace")
        return body if text.encode("utf-8", "replace") == body else key.clean_bytes(body)

    def failure(self, error: Exception) -> ConnectionFailed:
        """The error for an exchange that broke off. Its task_id is from the part that came."""
        text, call = self.runtime.key.clean(str(error)), self.request.extensions.get("call", "")
        reason = f"{type(error).__name__}{text and ': '}{text}"
        way_on, not_sent = "", isinstance(error, _NOT_SENT)
        if not_sent:
            reason += f" (base_url={self.runtime.base_url})" if call else ""
            way_on = "check base_url, the network and HTTPS_PROXY / NO_PROXY"
        failed = ConnectionFailed(call, reason, may_have_arrived=not not_sent, way_on=way_on)
        return failed.of_task(task_id_in(readable(self._body()[0])))
