"""What can be wrong with a recording, as an exception. Knows no file."""

from __future__ import annotations

from urllib.parse import urlsplit


class CassetteError(ValueError):
    """A file that is no recording, or a recording that cannot be written. Its text says what is
    wrong, and where."""


def checked_url(url: str, where: str) -> None:
    """Raises CassetteError for a URL that cannot be read; where: its place in the file."""
    try:
        urlsplit(url)
    except ValueError as error:
        raise CassetteError(f"{url[:80]!r} is no URL: {error} - at `{where}`") from None
