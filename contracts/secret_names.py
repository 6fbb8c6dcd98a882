"""Names of headers, parameters and fields whose value is a key, a token or a password."""

from __future__ import annotations

import re
from functools import lru_cache

# As a part of a pattern in any case. Not `api_key_id`, which is a number that is no secret.
KEY_NAMES = (
    r"(?:[a-z0-9]+[-_])*(?:api[-_]?key|key|token|accesstoken|secret|password|passwd|authorization"
    r"|auth|bearer|credentials?)"
)
# One of these is in each of them, in lower case.
WORDS = ("key", "token", "secret", "passw", "auth", "bearer", "credential")
_KEY_NAME = re.compile(KEY_NAMES, re.IGNORECASE)
_HEADER = re.compile(
    r"auth|token|secret|password|session|signature|credential|cookie|api-?key|(?:^|-)key(?:-|$)"
)


@lru_cache(maxsize=1024)
def is_key_name(name: str) -> bool:
    """Whether a parameter or a field of this name holds a key."""
    return _KEY_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Whether a header of this name, in lower case, holds a secret; a misspelled one too."""
    return _HEADER.search(name) is not None
