"""No Python of the fake or of the contract kit names a model, its operation, its fields or the
schemas of its body: what differs between models is in openapi.yaml. emo_client is apart: its
defaults and its types are those of emo-v1."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from contracts.spec.fields import fields
from contracts.spec.loader import Spec
from contracts.spec.pointers import parts_of

ROOT = Path(__file__).parents[2]
SPEC = Spec.load()
OF_THE_CLIENT = "the command line of the client has options for these fields, or prints them"

# file: the names that it may have, and why.
ALLOWED = {
    "contracts/verify/checks/creation.py": ("style_level", "an id of a check, kept by baselines"),
    "contracts/verify/checks/routing.py": ("style_level", "a query that a client was seen to send"),
    "contracts/redact/secret_search.py": ("emo-detect-v1", "a text that looks like a key"),
    "mock_server/engine/operations/table.py": ("detectFace createVideoTask", "its handlers"),
    "mock_server/scenarios/catalogue/essentials.py": ("createVideoTask", "a scenario for users"),
    "emo_kit/cli/client.py": ("face_bbox ext_bbox", OF_THE_CLIENT),
    "emo_kit/cli/demo.py": ("image_url audio_url face_bbox ext_bbox", OF_THE_CLIENT),
    "emo_kit/cli/errors.py": ("image_url audio_url face_bbox ext_bbox", OF_THE_CLIENT),
    "emo_kit/cli/scenarios.py": ("image_url audio_url detectFace", "an example in a help text"),
    "emo_kit/cli/serve.py": ("video_url", "a help text"),
    "emo_kit/cli/task_output.py": ("video_url", OF_THE_CLIENT),
}  # fmt: skip


def names() -> set[str]:
    """The names of models, of their operations, and of what only their bodies and answers have."""
    found = {*SPEC.models, *(SPEC.models[name].operation for name in SPEC.models)}
    for name in SPEC.models:
        found |= {parts_of(pointer)[-1] for pointer in SPEC.models[name].answer}
        body = SPEC.operations[SPEC.models[name].operation].body_for(name)
        assert body
        found |= {field.path[-1] for field in fields(body.schema) if "_" in field.path[-1]}
    return found | {n for n in SPEC.schemas if re.fullmatch("(Create|Detect|Video)[A-Z].*", n)}


def strings(path: Path) -> Iterator[str]:
    """The string constants of a module, except for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = [
        n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    documented = {
        id(n.body[0].value) for n in parents if n.body and isinstance(n.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documented:
            value = node.value
            yield value.decode("latin-1") if isinstance(value, bytes) else str(value)


def test_only_openapi_yaml_knows_the_models() -> None:
    pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names()))
    files = [
        p for room in ("contracts", "mock_server", "emo_kit") for p in (ROOT / room).rglob("*.py")
    ]
    named = {
        str(path.relative_to(ROOT)): {
            word for text in strings(path) for word in pattern.findall(text)
        }
        for path in files
    }
    named = {file: words for file, words in named.items() if words}
    assert named == {file: set(words.split()) for file, (words, _) in ALLOWED.items()}
