"""`emo serve`: runs the fake in the foreground until Ctrl-C or SIGTERM."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emo_kit.cli import complete
from emo_kit.cli.destination import LOCAL_KEY
from emo_kit.cli.errors import ListedError, ListedUsageError
from emo_kit.cli.notices import Notices, lost
from emo_kit.cli.secret_files import admin_token_file
from emo_kit.cli.variables import (
    Port,
    TextList,
    as_given,
    from_environment,
    misspelled,
    setting,
    timeouts,
)
from mock_server.journal.log_writer import LogWriter
from mock_server.settings import LIMITS, LOGS, Settings, SettingsError, environment
from mock_server.simulation.clock import MODES
from mock_server.web.origins import public_url

if TYPE_CHECKING:
    from mock_server.engine.pipeline import Engine
    from mock_server.journal.entry import Entry
    from mock_server.server.app import FakeApp


STATE = "state in memory"  # lost when the process ends: docs/docker-and-ci.md


@click.command(
    epilog="""\b
Each option can also be set by the environment variable in its brackets.
Several values in one variable are separated by spaces or commas.

\b
Examples:
  emo serve
  emo serve --port 0 --time skip
  emo serve --time real --concurrency 3 --limits documented
  emo serve --scenario '{operation: getTask, first: 2, do: Throttling}'
  emo serve --scenario bad-day.yaml --variant detector-rejection=400
  emo serve --replay cassette.json --time skip
  emo serve --cors localhost
  EMO_HOST=0.0.0.0 EMO_ADMIN_TOKEN=s3cret emo serve --allow-host fake
"""
)
@setting("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@setting("--port", default=8787, type=Port(), show_default=True, help="Port; 0 picks a free one.")
@setting(
    "--time",
    default="fast",
    show_default=True,
    type=click.Choice(list(MODES)),
    help="real: as fast as the service (40 s a task). fast: ten times as fast. skip: each poll "
    "of an unfinished task jumps to its next start or end. frozen: only the control API moves "
    "the clock.",
)
@setting("--speed", type=float, help="Seconds of the fake's clock in one real second.")
@setting("--concurrency", type=int, show_default="1", help="Tasks of one key that run at once.")
@setting(
    "--seed",
    metavar="TEXT",
    show_default="random",
    help="Seed for everything random: the same seed repeats ids, boxes and faults at each start. "
    "Whoever knows it can sign result URLs.",
)
@setting(
    "--limits",
    default="off",
    show_default=True,
    type=click.Choice(LIMITS),
    help="documented: 429 after 5 create calls or 20 polls in a second.",
)
@setting(
    "--scenario",
    metavar="FILE|YAML",
    help="Scenarios for all calls: YAML, or a file, which is reloaded when it changes.",
)
@setting(
    "--variant",
    metavar="NAME=CHOICE",
    type=TextList(),
    shell_complete=complete.variants,
    multiple=True,
    help="Behaviour to use where the documentation contradicts itself; `emo scenarios` lists them. "
    "Can be repeated.",
)
@setting(
    "--replay",
    metavar="CASSETTE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answer from a recording: a file of `emo contract record`, a HAR file or one of VCR.py.",
)
@setting(
    "--log",
    default="auto",
    show_default=True,
    type=click.Choice(LOGS),
    help="Print a line for each exchange on stderr. auto: text on a terminal, else nothing.",
)
@setting(
    "--cors",
    metavar="ORIGIN",
    type=TextList(),
    multiple=True,
    help="Origin of pages that may call the API from a browser, such as https://app.example; "
    "localhost: every loopback origin. Can be repeated.",
)
@setting(
    "--public-url",
    metavar="URL",
    show_default="the URL that the client called",
    help="Beginning of video_url and of all other URLs in answers.",
)
@setting(
    "--forwarded-allow-ips",
    metavar="IPS",
    show_default="none",
    help="Addresses and networks of proxies, separated by commas; * for all. Their headers "
    "X-Forwarded-Proto and X-Forwarded-Host are used for the URLs in answers.",
)
@setting(
    "--admin-token",
    metavar="TOKEN",
    help="Token that control requests from other machines must carry. With a token, requests from "
    "this machine must carry it too. `ps` shows it: better use the variable or --admin-token-file.",
)
@admin_token_file
@setting(
    "--allow-host",
    metavar="NAME",
    type=TextList(),
    multiple=True,
    help="Further host name for the control API, such as that of a container. Can be repeated.",
)
@timeouts
@click.pass_context
def serve(
    context: click.Context,
    /,
    allow_host: tuple[str, ...],
    variant: tuple[str, ...],
    replay: Path | None,
    **options: Any,
) -> None:
    """Run the fake service. Stop it with Ctrl-C."""
    import gc

    gc.disable()  # until it serves: start-up creates no garbage worth the time of a collection
    from contracts.spec.document import SpecError
    from mock_server.scenarios.rule_file import ScenarioError
    from mock_server.scenarios.variants import VariantError
    from mock_server.server import run
    from mock_server.server.app import create_app

    form = _form(options["log"])
    writer = LogWriter(sys.stderr, lost) if form == "json" else LogWriter(sys.stderr)
    notices = Notices(writer if form == "json" else None)
    notices.take_over()
    try:
        settings = Settings(
            allow_hosts=tuple(map(str.lower, allow_host)),
            variants=dict(map(_pair, variant)),
            **options,
        )
        app = (
            create_app(settings, notify=partial(notices.write_list, "scenario-file"))
            if replay is None
            else _replaying(settings, replay)
        )
    except SettingsError as error:
        raise click.UsageError(as_given(context, error.setting, str(error))) from None
    except ScenarioError as error:
        raise ListedUsageError(as_given(context, "scenario", str(error))) from None
    except VariantError as error:
        raise click.UsageError(as_given(context, "variant", str(error))) from None
    except SpecError as error:
        raise ListedError(str(error)) from None
    _log(app, form, writer)
    try:
        sock = run.listen(settings)
        run.serve(
            app,
            sock,
            lambda: _ready(notices, settings, run.base_url(sock)),
            partial(notices.write, "descriptors"),
        )
    except run.AddressError as error:
        given = from_environment(context, "host", "port")
        raise click.ClickException(f"{error}{given}") from None
    _report_unused(notices, app.engine)


def _form(log: str) -> str:
    """The format of the log: auto means text on a terminal, else off."""
    return log if log != "auto" else "text" if sys.stderr.isatty() else "off"


def _replaying(settings: Settings, cassette: Path) -> FakeApp:
    from mock_server.server.replay import replaying

    return replaying(settings, cassette)


def _pair(text: str) -> tuple[str, str]:
    name, equals, choice = text.partition("=")
    if not equals:
        raise SettingsError(f"{text!r} must be NAME=CHOICE", "variant")
    return name, choice


def _log(app: FakeApp, form: str, writer: LogWriter) -> None:
    if form == "off":
        return
    from mock_server.journal.log_line import json_line, text_line
    from mock_server.journal.log_writer import wants_colour

    colour = wants_colour(sys.stderr, environment())

    def write(tenant_id: str, entry: Entry) -> None:
        if form == "json":
            writer.write(json_line(entry, tenant_id))
        else:
            writer.write(text_line(entry, tenant_id, colour=colour))

    app.engine.recorder.listeners.append(write)
    app.engine.recorder.lines_lost = lambda: writer.lost_count


def _report_unused(notices: Notices, engine: Engine) -> None:
    """Print the server's scenarios that matched no call."""
    unused = engine.unused()
    if unused:
        text = f"scenarios that matched no call: {', '.join(unused)}"
        notices.write("unused-scenarios", text, scenarios=list(unused))


def _time(settings: Settings) -> str:
    speed = "" if settings.speed is None else f", speed: {settings.speed:g}"
    return f"time: {settings.time}{speed}"


def _ids(settings: Settings) -> str:
    return "ids: random, --seed TEXT repeats them" if settings.seed is None else "ids: from --seed"


def _ready(notices: Notices, settings: Settings, url: str) -> None:
    base = url if settings.public_url is None else public_url(settings.public_url)
    lines = [
        f"export DASHSCOPE_HTTP_BASE_URL={base}/api/v1",
        f"export DASHSCOPE_API_KEY={LOCAL_KEY}",
    ]
    notices.write(
        "serving", f"serving on {url} ({_time(settings)}; {_ids(settings)}; {STATE})", *lines,
        url=url, base_url=f"{base}/api/v1", time=settings.time,
    )  # fmt: skip
    for name, meant in misspelled(serve, environment()):
        text = f"emo serve does not know the variable {name}; did you mean {meant}?"
        notices.write("unknown-variable", text, variable=name)
    if not settings.is_loopback and settings.admin_token is None:
        hint = "start with EMO_ADMIN_TOKEN or --admin-token-file to use it"
        notices.write("control-closed", f"the control API is off; {hint}")
