"""Write emo_client/models.py from openapi.yaml, or check that it is up to date.

    python scripts/generate_models.py            write the file
    python scripts/generate_models.py --check    compare it; exit status 1 if it differs

A newer service may add or leave out fields, and the client accepts that. Therefore the models have
only names and types of fields: limits on values stay in the contract, unknown fields are ignored,
and only the fields in NEEDED are required in an answer.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

import yaml
from datamodel_code_generator import InputFileType, generate
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import Formatter, PythonVersion

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi.yaml"
MODELS = ROOT / "emo_client" / "models.py"

# Fields without which an answer is useless. Others, such as the request_id, the usage or the region
# of a listed task, may be missing or null, and so may the state of a new task, which is paid for.
NEEDED = {"output", "task_id", "task_status", "status", "data"}
NEEDED |= {"total", "total_page", "page_no", "page_size"}
NOT_NEEDED = {("TaskCreatedOutput", "task_status")}

HEADER = '''\
"""Models of the requests and answers of the EMO API.

Generated from openapi.yaml by scripts/generate_models.py: do not edit. Boxes are `[x1, y1, x2, y2]`
in px. A field that is None is not sent. Keys in parentheses (EMO-3, CNB) are sources, listed in the
info of openapi.yaml.
"""

from msgspec import Struct

'''

Schema = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Write or check the file; returns the exit status."""
    wanted = render(yaml.load(SPEC.read_bytes(), yaml.CSafeLoader))
    if "--check" not in arguments:
        MODELS.write_text(wanted, encoding="utf-8")
        return 0
    if MODELS.exists() and MODELS.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{MODELS} does not match {SPEC.name}; run python scripts/generate_models.py")
    return 1


def render(spec: Schema) -> str:
    """The text of models.py for this spec."""
    shapes: Schema = {"openapi": "3.1.0", "info": {"title": "EMO", "version": "1"}, "paths": {}}
    shapes["components"] = {"schemas": dict(_models(spec))}
    code = generate(
        json.dumps(shapes),
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.MsgspecStruct,
        target_python_version=PythonVersion.PY_311,
        formatters=[Formatter.BUILTIN],
        custom_file_header=HEADER + _constants(spec),
        disable_timestamp=True,
        disable_future_imports=True,
        use_schema_description=True,
        keyword_only=True,
        extra_template_data=defaultdict(
            dict, {"#all#": {"base_class_kwargs": {"frozen": True, "omit_defaults": True}}}
        ),
    )
    return _tidy(str(code))


def _tidy(code: str) -> str:
    """Make a missing field None, like a null one: the tool generates UNSET for it."""
    code = code.replace(" | None | UnsetType = UNSET", " | None = None")
    code = code.replace("from msgspec import UNSET, Struct, UnsetType\n", "")
    code = re.sub(r'(?<=    """)\n    (?=\S)', "", code)
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(MODELS), "-"]
    done = subprocess.run(ruff, input=code, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    return done.stdout


def _constants(spec: Schema) -> str:
    """Constants from the contract: states, operations and models."""
    calls = {
        operation["operationId"]: (method.upper(), path)
        for path, item in spec["paths"].items()
        for method, operation in item.items()
    }
    status = spec["components"]["schemas"]["TaskStatus"]
    # The first model of an operation is the client's default.
    models = {model["operation"]: name for name, model in reversed(spec["x-models"].items())}
    terminal = status["x-task-lifecycle"]["terminal"]
    return (
        f"TASK_STATUSES: tuple[str, ...] = {tuple(status['enum'])}\n"
        f"TERMINAL_STATUSES: frozenset[str] = frozenset({terminal})\n"
        f"OPERATIONS: dict[str, tuple[str, str]] = {calls!r}\n"
        f"DETECT_MODEL = {models['detectFace']!r}\n"
        f"VIDEO_MODEL = {models['createVideoTask']!r}\n"
    )


def _models(spec: Schema) -> Iterator[tuple[str, Schema]]:
    """The schemas that become classes: all objects, in the order of the spec."""
    schemas, sent = spec["components"]["schemas"], _sent(spec)
    for name, schema in schemas.items():
        if "properties" in schema:
            model = _model(name, schema, schemas, request=name in sent)
            yield name, model | {"description": _docstring(name, schema, spec)}


def _model(name: str, schema: Schema, schemas: Schema, *, request: bool) -> Schema:
    needed = {key for key in NEEDED if (name, key) not in NOT_NEEDED}
    required = [key for key in schema.get("required", []) if request or key in needed]
    properties = {
        key: _shape(part, schemas) if key in required else _optional(_shape(part, schemas))
        for key, part in schema["properties"].items()
    }
    return {"type": "object", "required": required, "properties": properties}


def _optional(shape: Schema) -> Schema:
    return {"anyOf": [shape, {"type": "null"}], "default": None}


def _shape(schema: Schema, schemas: Schema) -> Schema:
    """The type of a schema without its limits: a reference to a class, a scalar or a list."""
    if "$ref" in schema:
        target = schemas[schema["$ref"].rsplit("/", 1)[-1]]
        return {"$ref": schema["$ref"]} if "properties" in target else _shape(target, schemas)
    items = {"items": _shape(schema["items"], schemas)} if "items" in schema else {}
    return {"type": schema["type"], **items}


def _docstring(name: str, schema: Schema, spec: Schema) -> str:
    """The description of the schema, then one of each field that has one."""
    about = _filled(schema.get("description") or _use(name, spec))
    parts = [
        (key, part["description"])
        for key, part in schema["properties"].items()
        if "description" in part
    ]
    fields = "\n".join(_filled(f"{key}: {text}", "    ") for key, text in parts)
    return "\n\n".join(filter(None, [about, fields]))


def _filled(text: str, hanging: str = "") -> str:
    return fill(" ".join(text.split()), 92, subsequent_indent=hanging)


def _use(name: str, spec: Schema) -> str:
    """The description of a schema that has none: the operation that uses it."""
    reference = f"#/components/schemas/{name}'"
    for operation in _operations(spec):
        if reference in str(operation.get("requestBody")):
            return f"Sent to {operation['operationId']}."
        if reference in str(operation["responses"]["200"]):
            return f"The answer of {operation['operationId']}."
    return ""


def _sent(spec: Schema) -> set[str]:
    """The names of the schemas that clients send."""
    schemas = spec["components"]["schemas"]
    found: set[str] = set()
    waiting = list(_references([operation.get("requestBody") for operation in _operations(spec)]))
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting += [other for other in _references(schemas[name]) if other not in found]
    return found


def _operations(spec: Schema) -> Iterator[Schema]:
    for path in spec["paths"].values():
        yield from path.values()


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if str(node.get("$ref", "")).startswith("#/components/schemas/"):
            yield node["$ref"].rsplit("/", 1)[-1]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _references(part)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
