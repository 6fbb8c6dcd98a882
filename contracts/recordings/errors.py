"""What can be wrong with a recording, as an exception. Knows no file."""

from __future__ import annotations


class CassetteError(ValueError):
    """A file that is no recording, or a recording that cannot be written. Its text says what is
    wrong, and where."""


def placed(error: Exception, where: str) -> CassetteError:
    """The error of a part of a file, with the place of that part in the file. where: `$.log…`."""
    text = str(error)
    return CassetteError(
        text.replace("`$", f"`{where}") if "`$" in text else f"{text} - at `{where}`"
    )
