"""The error of an invalid recording."""

from __future__ import annotations

from contracts.files.user_file import FileError


class CassetteError(FileError):
    """A file is not a recording, or a recording cannot be written. The text names the mistake and
    its place."""


def with_place(error: Exception, where: str) -> CassetteError:
    """The error with the place in the file. where: the path of the invalid part, such as
    `$.log.entries[0]`."""
    text = str(error)
    return CassetteError(
        text.replace("`$", f"`{where}") if "`$" in text else f"{text} - at `{where}`"
    )
