"""No output of the kit contains eight characters of a key, in any two encodings, in any part of
an exchange. The suite draws few examples; `python -m soak.secrets` draws 20,000 and more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.helpers.secrets import CHAINS, KEYS, shows
from tests.helpers.surfaces import CARRIERS, PLACES, SURFACES, Exchanged

EXCHANGES = st.builds(
    Exchanged,
    key=KEYS,
    chain=CHAINS,
    place=st.sampled_from(PLACES),
    carrier=st.sampled_from(sorted(CARRIERS)),
)


@pytest.mark.parametrize("name", SURFACES)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
@example(Exchanged("st-PLRnomevDF8uLoWGDPTFJYX1", ("base64", "upper case"), "answer", "Bearer"))
def test_no_output_contains_eight_characters_of_a_key(
    tmp_path: Path, name: str, exchanged: Exchanged
) -> None:
    for output, text in SURFACES[name](exchanged, tmp_path).items():
        assert shows(text, exchanged.key) == "", output
