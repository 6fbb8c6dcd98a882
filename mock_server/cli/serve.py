"""`emo serve`: the fake in the foreground until a signal."""

from __future__ import annotations

import click

from mock_server.clock import MODES
from mock_server.settings import Settings, SettingsError


@click.command(
    epilog="""\b
Examples:
  emo serve
  emo serve --port 0 --time skip
  emo serve --time real --concurrency 3
  emo serve --host 0.0.0.0 --admin-token s3cret
"""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8787, show_default=True, help="Port; 0 picks a free one.")
@click.option(
    "--time",
    default="fast",
    show_default=True,
    type=click.Choice(list(MODES)),
    help="real: as the service (about 40 s a task). fast: ten times that. skip: each poll of an "
    "unfinished task jumps to its next event. frozen: only the control API moves the clock.",
)
@click.option("--speed", type=float, help="Seconds of the fake's time in a real one.")
@click.option("--concurrency", type=int, help="Tasks of one key at work at a time.  [default: 1]")
@click.option("--seed", default="emo", show_default=True, help="What ids and boxes depend on.")
@click.option("--admin-token", help="Opens the control API off this machine, to who sends it.")
@click.option("--allow-host", multiple=True, help="A further Host name for the control API.")
def serve(allow_host: tuple[str, ...], **options: object) -> None:
    """Run the fake service. Stop it with Ctrl-C."""
    import gc

    gc.disable()  # until it serves; what start-up makes stays, and collecting costs time
    from contracts.document import SpecError
    from mock_server import server

    try:
        settings = Settings(allow_hosts=tuple(map(str.lower, allow_host)), **options)  # type: ignore[arg-type]
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    try:
        sock = server.listen(settings)
        server.serve(settings, sock, lambda: _ready(settings, server.base_url(sock)))
    except (server.AddressError, SpecError) as error:
        raise click.ClickException(str(error)) from None


def _time(settings: Settings) -> str:
    speed = "" if settings.speed is None else f", speed: {settings.speed:g}"
    return f"time: {settings.time}{speed}"


def _ready(settings: Settings, url: str) -> None:
    click.echo(f"emo: serving on {url} ({_time(settings)})", err=True)
    click.echo(f"  export DASHSCOPE_HTTP_BASE_URL={url}/api/v1", err=True)
    click.echo("  export DASHSCOPE_API_KEY=sk-local", err=True)
    if not settings.is_loopback and settings.admin_token is None:
        click.echo("  the control API is off; start with --admin-token to open it", err=True)
