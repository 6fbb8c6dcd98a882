"""A call changed by the one difference of a trigger. Nothing here sends it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from msgspec import UNSET

from contracts.spec.pointers import parts_of, value_at
from mock_server.scenarios.catalogue.invalid_requests import changed
from mock_server.scenarios.catalogue.triggers import (
    FieldTrigger,
    HeaderTrigger,
    KeyTrigger,
    MethodTrigger,
    PathTrigger,
    QueryTrigger,
    SizeTrigger,
    Trigger,
    UrlTrigger,
)
from mock_server.simulation.call import Call


def altered(call: Call, trigger: Trigger) -> Call:
    """The call, changed by the one difference of the trigger."""
    match trigger:
        case HeaderTrigger(name=name, value=None):
            return call._replace(headers=_without(call.headers, name))
        case HeaderTrigger(name=name, value=str(value)):
            return call._replace(headers={**call.headers, name.lower().encode(): value.encode()})
        case KeyTrigger(scenario=scenario):
            key = b"Bearer " + key_of(call).encode() + b"+" + scenario.encode()
            return call._replace(headers={**call.headers, b"authorization": key})
        case UrlTrigger(pointer=pointer, scenario=scenario):
            url = value_at(json.loads(call.body), parts_of(pointer))
            return _with_field(call, pointer, f"{url}?{urlencode({'emo-scenario': scenario})}")
        case FieldTrigger(pointer="", value=value) if value is UNSET:
            return call._replace(body=b"")
        case FieldTrigger(pointer=pointer, value=value):
            return _with_field(call, pointer, value)
        case QueryTrigger(name=name, value=value):
            return call._replace(query=urlencode({name: value}))
        case MethodTrigger(method=method):
            return call._replace(method=method)
        case PathTrigger(path=path):
            return call._replace(path=path)
        case SizeTrigger(part="body", most=most):
            return call._replace(body=b" " * (most + 1))
        case SizeTrigger(part="headers", most=most):
            return call._replace(head_bytes=most + 1)
    raise AssertionError(f"nobody knows how to carry out {trigger}")


def key_of(call: Call) -> str:
    return call.headers[b"authorization"].decode().removeprefix("Bearer ")


def _without(headers: dict[bytes, bytes], name: str) -> dict[bytes, bytes]:
    return {key: value for key, value in headers.items() if key != name.lower().encode()}


def _with_field(call: Call, pointer: str, value: Any) -> Call:
    return call._replace(body=json.dumps(changed(json.loads(call.body), pointer, value)).encode())
