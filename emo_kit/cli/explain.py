"""`emo explain`: prints the explanation of a response of a running fake."""

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
@click.option("--last", is_flag=True, help="Explain the latest call with an explanation (default).")
@json_option
@options
def explain(
    request_id: str | None, last: bool, as_json: bool, server: str | None, key: str | None,
    admin_token: str | None,
) -> None:  # fmt: skip
    """Explain the response to a request: an error, a scenario or a fault.

    The explanation names the wrong value, the rule of openapi.yaml and the expected value, and
    prints the corrected call as a curl command. REQUEST_ID is in the body of the response and in
    its header x-mock-explain. Without it, the latest call with an explanation is explained.
    """
    if last and request_id is not None:
        raise click.UsageError("give a REQUEST_ID or --last, not both")
    path = "/explain" if request_id is None else f"/explain/{_segment(request_id)}"
    query = {} if as_json else {"format": "text"}
    with ControlClient(server, key, admin_token) as fake:
        # A call with a missing or wrong key belongs to no tenant: it is found without a key.
        or_keyless = request_id is None and key is None
        answer = fake.get(path, or_keyless=or_keyless, **query)
    if as_json:
        print_json_text(answer.text)
    else:
        print_block(answer.text)


def _segment(request_id: str) -> str:
    from urllib.parse import quote

    if not request_id.strip(". "):
        raise click.UsageError(
            f"{request_id!r} is not a request_id; a response has one in its body"
        )
    return quote(request_id, safe="")
