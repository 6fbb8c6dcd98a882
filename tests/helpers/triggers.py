"""A call changed by the one difference of a trigger. Nothing here sends it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from msgspec import UNSET

from contracts.spec.pointers import parts_of, value_at
from mock_server.scenarios.catalogue.invalid_requests import changed
from mock_server.scenarios.catalogue.triggers import Trigger
from mock_server.simulation.call import Call


def altered(call: Call, trigger: Trigger) -> Call:
    """The call, changed by the one difference of the trigger."""
    name, value = trigger.name, trigger.value
    match trigger.way:
        case "header" if value is None:
            return call._replace(headers=_without(call.headers, name))
        case "header":
            return call._replace(headers={**call.headers, name.lower().encode(): value.encode()})
        case "key":
            key = b"Bearer " + key_of(call).encode() + b"+" + value.encode()
            return call._replace(headers={**call.headers, b"authorization": key})
        case "url":
            url = value_at(json.loads(call.body), parts_of(name))
            return _with_field(call, name, f"{url}?{urlencode({'emo-scenario': value})}")
        case "field" if not name and value is UNSET:
            return call._replace(body=b"")
        case "field":
            return _with_field(call, name, value)
        case "query":
            return call._replace(query=urlencode({name: value}))
        case "method":
            return call._replace(method=value)
        case "path":
            return call._replace(path=value)
        case "size" if name == "body":
            return call._replace(body=b" " * (value + 1))
        case "size":
            return call._replace(head_bytes=value + 1)
    raise AssertionError(f"nobody knows how to carry out {trigger}")


def key_of(call: Call) -> str:
    return call.headers[b"authorization"].decode().removeprefix("Bearer ")


def _without(headers: dict[bytes, bytes], name: str) -> dict[bytes, bytes]:
    return {key: value for key, value in headers.items() if key != name.lower().encode()}


def _with_field(call: Call, pointer: str, value: Any) -> Call:
    return call._replace(body=json.dumps(changed(json.loads(call.body), pointer, value)).encode())
