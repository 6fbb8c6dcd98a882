"""Names of headers, parameters and fields whose value is a key, a token or a password."""

from __future__ import annotations

import re
from functools import lru_cache

# As a part of a pattern in any case: one of these words, or a name that ends with one behind `-`,
# `_` or as in `authToken`. Not `api_key_id`, a number that is no secret, and no signature, without
# which a call could not be sent again.
KEY_NAMES = (
    r"(?:[a-z0-9_-]{0,40}?(?:[_-]|(?-i:(?<=[a-z0-9])(?=[A-Z]))))?(?:(?:api|access|app)[-_]?keys?"
    r"|keys?|(?:access)?token|secret|password|passwd|passphrase|pwd|pass|auth|authorization|bearer"
    r"|credentials?|jwt|session|ak|sk)"
)
# One of these is in each of them, in lower case.
WORDS: tuple[str, ...] = (
    "key", "token", "secret", "pass", "pwd", "auth", "bearer", "credential", "jwt", "session", "ak",
    "sk",
)  # fmt: skip
_KEY_NAME = re.compile(KEY_NAMES, re.IGNORECASE)
_HEADER = re.compile(
    r"auth|token|secret|passw|passphrase|pwd|session|signature|credential|cookie|bearer|jwt"
    r"|(?:api|access|app)[-_]?key|(?:^|[-_])(?:keys?|pass|ak|sk)(?:[-_]|$)|^sec-websocket-protocol$"
)


@lru_cache(maxsize=1024)
def is_key_name(name: str) -> bool:
    """Whether a parameter or a field of this name holds a key."""
    return _KEY_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Whether a header of this name, in lower case, holds a secret; a misspelled one too."""
    return _HEADER.search(name) is not None


def without_secret_parameters(url: str) -> str:
    """The URL without those parameters of its query that hold a key; for what must be the same of a
    recording, in which they are hidden."""
    before, mark, query = url.partition("?")
    if not mark:
        return url
    kept = [part for part in query.split("&") if not is_key_name(part.partition("=")[0])]
    return before + mark + "&".join(kept)
