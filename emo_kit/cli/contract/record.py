"""`emo contract record`: a proxy between a client and a provider that records their calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from contracts.text.hosts import is_loopback
from emo_kit.cli import options as shared
from emo_kit.cli.main import FOUND_PROBLEMS
from emo_kit.cli.notices import Notices
from emo_kit.cli.variables import as_given, timeouts
from mock_server.settings import Settings, SettingsError
from mock_server.simulation.clock import real_time

if TYPE_CHECKING:
    import socket

    from contracts.http1.bounds import Timeouts
    from contracts.recordings.recording import Recording

PORT = 8788  # the fake has 8787
# Seconds for which an idle connection to the provider is reused. Servers such as uvicorn and this
# fake close it after 5 s, and a call on a connection that is being closed would fail.
KEEP_ALIVE = 2.0


@click.command(
    epilog="""\b
Examples:
  emo contract record --base-url https://dashscope.aliyuncs.com -o emo.json
  emo contract record --base-url http://127.0.0.1:8787 --port 0
"""
)
@shared.option(
    "--base-url",
    old=["--upstream"],
    required=True,
    metavar="URL",
    help="The provider to record, with or without /api/v1.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, help="Port; 0 picks a free one.")
@shared.output(
    "The file to write.",
    default=Path("cassette.json"),
    show_default=True,
)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for an answer of the provider.",
)
@timeouts
def record(
    base_url: str, host: str, port: int, output: Path, force: bool, timeout: float, **waits: float
) -> int:  # fmt: skip
    """Record the calls of a client and the answers of a provider. Stop it with Ctrl-C.

    In any client, in any language, replace the address of the provider by the printed one and keep
    the path. The file has a timeline for every task. Keys, signatures and cookies are sent to the
    provider, but not written to the file.
    """
    from contracts.files.file_target import is_stream
    from contracts.recordings import save
    from contracts.recordings.recording import Recording
    from contracts.spec.loader import Spec
    from mock_server.server import run

    origin = _origin(base_url)
    if not timeout > 0:
        raise click.UsageError(f"--timeout {timeout:g} must be above 0")
    if output.exists() and not (force or is_stream(output)):
        raise click.UsageError(f"{output} exists already; --force overwrites it")
    recording = Recording(Spec.load(), origin, clock=real_time, warn=_notice)
    try:
        settings = Settings(host=host, port=port, **waits)  # type: ignore[arg-type]
        sock = run.listen(settings)
    except SettingsError as error:
        given = as_given(click.get_current_context(), error.setting, str(error))
        raise click.UsageError(given) from None
    except run.AddressError as error:
        raise click.ClickException(str(error)) from None
    try:
        if not is_stream(output):  # a stream is written once, at the end
            save(
                output, recording.cassette()
            )  # find out that it cannot be written before paid calls
    except OSError as error:
        sock.close()
        raise click.UsageError(f"--output: {error}") from None
    return _run(recording, origin, output, sock, timeout, settings.timeouts)


def _origin(base_url: str) -> str:
    import httpx

    try:
        parts = urlsplit(base_url)
        has_host = bool(httpx.URL(base_url).host) and (parts.port or 1) > 0
    except (ValueError, httpx.InvalidURL) as error:
        raise click.UsageError(f"--base-url {base_url!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not has_host:
        raise click.UsageError(f"--base-url {base_url!r} must be http://HOST or https://HOST")
    if "@" in parts.netloc:
        raise click.UsageError("--base-url must not contain a password; the client sends its key")
    origin = f"{parts.scheme}://{parts.netloc}"
    if parts.path.strip("/") not in ("", "api/v1") or parts.query or parts.fragment:
        hint = f"give {origin}, and use the path {parts.path} in the client"
        raise click.UsageError(f"--base-url {base_url} has a path: {hint}")
    return origin


def _run(
    recording: Recording,
    upstream: str,
    output: Path,
    sock: socket.socket,
    timeout: float,
    waits: Timeouts,
) -> int:
    import httpx

    from contracts.http1.descriptors import raise_limit
    from contracts.provider.network import usable
    from contracts.recordings.proxy import RecordingProxy, recording_app
    from contracts.recordings.server import server_of
    from contracts.recordings.writer import Writer
    from mock_server.journal.mistakes import Mistakes
    from mock_server.server import run

    url, mistakes = run.base_url(sock), Mistakes("the recorder")

    def ready() -> None:
        _notice(f"recording {upstream} to {output}", f"in place of {upstream} use {url}")

    limits = httpx.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE)
    # The proxies of the environment are not for servers on this machine.
    is_far = not is_loopback(urlsplit(upstream).hostname or "")
    try:
        http = usable(lambda: httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=is_far))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    writer = Writer(output, recording.cassette, mistakes.report, _notice)
    recorder = RecordingProxy(upstream, recording, http, mistakes.report, writer.changed)
    running = server_of(recording_app(recorder, writer), waits, _notice)
    Notices().take_over()
    running.on_started = ready
    raise_limit()
    running.run(sockets=[sock])
    written = writer.finish()
    _notice(f"{recording.summary()} {'in' if written else 'are not in'} {output}")
    if mistakes.count:
        _notice(
            f"the recording may be incomplete: {mistakes.count} errors of the recorder, see above"
        )
    return 0 if written and not mistakes.count else FOUND_PROBLEMS


def _notice(text: str, *lines: str) -> None:
    """Print a notice on stderr. If nobody reads it, the recording goes on."""
    Notices().write("recording", text, *lines)
