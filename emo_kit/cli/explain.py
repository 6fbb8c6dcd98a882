"""`emo explain`: why a call was answered as it was, from a running fake."""

from __future__ import annotations

import click

from emo_kit.cli.control_client import ControlClient, options
from emo_kit.cli.options import as_json as json_option
from emo_kit.cli.output import print_block, print_json_text


@click.command(
    epilog="""\b
Examples:
  emo explain
  emo explain 7574ee8f-38a3-9b1e-9280-11c33ab46e51
  emo explain --json | jq -r .curl
"""
)
@click.argument("request_id", required=False)
@click.option("--last", is_flag=True, help="The latest call that has an explanation (default).")
@json_option
@options
def explain(
    request_id: str | None, last: bool, as_json: bool, server: str | None, key: str | None,
    admin_token: str | None,
) -> None:  # fmt: skip
    """Explain why a call was answered as it was.

    REQUEST_ID is in the answer, and in its header x-mock-explain: what broke which rule of
    openapi.yaml, what was expected, and the same call put right, as a line for a shell.
    """
    if last and request_id is not None:
        raise click.UsageError("give a REQUEST_ID or --last, not both")
    path = "/explain" if request_id is None else f"/explain/{_segment(request_id)}"
    query = {} if as_json else {"format": "text"}
    with ControlClient(server, key, admin_token) as fake:
        # A call that was refused for its key belongs to no key, so it is asked for without one.
        or_keyless = request_id is None and key is None
        answer = fake.get(path, or_keyless=or_keyless, **query)
    if as_json:
        print_json_text(answer.text)
    else:
        print_block(answer.text)


def _segment(request_id: str) -> str:
    from urllib.parse import quote

    if not request_id.strip(". "):
        raise click.UsageError(f"{request_id!r} is not a request_id; an answer has it in its body")
    return quote(request_id, safe="")
