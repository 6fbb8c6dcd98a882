"""Reads and writes recordings as files. Reads our own format, HAR and VCR.py, and redacts secrets
in all of them. Writes a file completely or not at all, and searches it for secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from contracts.files.bounded_yaml import YamlError
from contracts.files.user_file import FileError, bytes_of, json_problem, text_of
from contracts.files.whole_file import write
from contracts.recordings import tagged_yaml
from contracts.recordings.dashscope_calls import required_calls
from contracts.recordings.encoding import Encoder
from contracts.recordings.errors import CassetteError
from contracts.recordings.har import from_har
from contracts.recordings.model import FORMAT, Cassette
from contracts.recordings.vcr import from_betamax, from_vcr
from contracts.redact.secret_forms import redacted_value
from contracts.spec.loader import Spec


def load(path: Path, spec: Spec, *, needed: bool = False) -> Cassette:
    """Read a recording from a file in any format. needed: it must contain a call of DashScope's
    API. Raises CassetteError, whose text names the file and the place in it."""
    try:
        cassette = read(bytes_of(path), spec)
        return required_calls(cassette, spec) if needed else cassette
    except FileError as error:
        raise CassetteError(f"{path}: {error}") from None


def read(data: bytes, spec: Spec) -> Cassette:
    """Read a recording from the bytes of a file. Raises CassetteError."""
    tree = _tree(data)
    for key, reader in _READERS.items():
        if isinstance(tree, dict) and key in tree:
            try:
                return reader(tree, spec)
            except msgspec.ValidationError as error:
                raise CassetteError(str(error)) from None
            except RecursionError:
                raise CassetteError("is nested too deeply") from None
    known = "`emo-cassette` (ours), `log` (HAR), `interactions` or `http_interactions` (VCR.py)"
    raise CassetteError(f"is not a recording: it must have one of these fields at its top: {known}")


def save(path: Path, cassette: Cassette) -> None:
    """Write the file completely, or leave it unchanged, even if the process is killed. Only the
    owner can read a new file. Raises OSError."""
    write(path, Encoder().pieces(cassette), private=True)


def _tree(data: bytes) -> Any:
    try:
        text = text_of(data)
    except FileError as error:
        raise CassetteError(str(error)) from None
    if text.lstrip().startswith("{"):
        try:
            return _json(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise CassetteError(f"is not JSON: {json_problem(text, error)}") from None
    return _yaml(text)


def _json(text: str) -> Any:
    """The JSON value. Browsers save half a surrogate pair in a page's script unchanged; it becomes
    `?`."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        try:
            value = json.loads(text)
            return msgspec.json.decode(
                json.dumps(value, ensure_ascii=False).encode(errors="replace")
            )
        except ValueError:
            raise error from None


def _yaml(text: str) -> Any:
    try:
        return tagged_yaml.load(text)
    except YamlError as error:
        raise CassetteError(f"is not YAML: {error}") from None


class _Format(Struct, rename={"format": "emo-cassette"}):
    format: int


def _own(tree: dict[str, Any], _spec: Spec) -> Cassette:
    version = msgspec.convert(tree, _Format).format
    if version != FORMAT:
        raise CassetteError(f"has the format {version}; this version reads {FORMAT}")
    cassette = msgspec.convert(redacted_value(tree), Cassette)
    for number, timeline in enumerate(cassette.timelines):
        if timeline.created_by is not None and timeline.created_by >= len(cassette.exchanges):
            where = f"$.timelines[{number}].created_by"
            raise CassetteError(f"there is no exchange {timeline.created_by} - at `{where}`")
    return cassette


_READERS = {
    "emo-cassette": _own,
    "log": from_har,
    "interactions": from_vcr,
    "http_interactions": from_betamax,
}
