"""What can be wrong with a recording, as an exception. Knows no file."""

from __future__ import annotations


class CassetteError(ValueError):
    """A file that is no recording, or a recording that cannot be written. Its text says what is
    wrong, and where."""
