"""No output of the kit contains eight characters of a key, in any two encodings, in any part of
an exchange. The suite draws few examples; `python -m soak.secrets` draws 20,000 and more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.redact.redactor import TextRedactor
from emo_client.secrecy import Secret
from tests.helpers.secrets import CHAINS, KEYS, escaped_in_part, shows
from tests.helpers.surfaces import CARRIERS, PLACES, SURFACES, Exchanged

EXCHANGES = st.builds(
    Exchanged,
    key=KEYS,
    chain=CHAINS,
    place=st.sampled_from(PLACES),
    carrier=st.sampled_from(sorted(CARRIERS)),
)


@pytest.mark.parametrize("name", SURFACES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exchanged=EXCHANGES)
@example(Exchanged("st-LzfVbnMDnt9KouuzCv8WSLqA", ("zlib", "UTF-16"), "body", "Bearer"))
@example(
    Exchanged("sk-ws-H.pULjiKtcRKONTtXnmZh3SQWT", ("octal", "base64 in lines"), "body", "Bearer")
)
@example(
    Exchanged(
        "sk-ws-H.X24IovctpPvarclZdplnlBIL", ("HTML in hex", "base64 in lines"), "body", "Bearer"
    )
)
@example(Exchanged("sk-my_own/key+1=", ("JSON of some", "JSON of some"), "path", "Basic"))
@example(Exchanged("sk-my_own/key+1=", ("JSON of some", "JSON of some"), "JSON value", "Bearer"))
@example(Exchanged("st-PLRnomevDF8uLoWGDPTFJYX1", ("base64", "upper case"), "answer", "Bearer"))
def test_no_output_contains_eight_characters_of_a_key(
    tmp_path: Path, name: str, exchanged: Exchanged
) -> None:
    for output, text in SURFACES[name](exchanged, tmp_path).items():
        assert shows(text, exchanged.key) == "", output


@pytest.mark.parametrize(
    "redact",
    [lambda key, text: Secret(key).clean(text), lambda key, text: TextRedactor([key]).redact(text)],
    ids=["emo_client", "contracts"],
)
@settings(max_examples=30)
@given(key_and_text=escaped_in_part())
@example(("sk-attack-0001", r"\\163k-\141\\164tack\055\u005c06\u00300\\06\060\u005c0601"))
@example(("sk-attack-0001", "sk-&#9%37;t&#1%316;ack-&#4%38;&#%348;&#48;1"))
def test_a_key_in_escapes_that_spell_parts_of_escapes_is_hidden(
    redact: Callable[[str, str], str], key_and_text: tuple[str, str]
) -> None:
    key, text = key_and_text
    in_json = json.dumps(text)[1:-1]
    shown = redact(key, f'{{"message": "no such key: {in_json}"}}')
    assert in_json not in shown
    assert shows(shown, key) == ""
