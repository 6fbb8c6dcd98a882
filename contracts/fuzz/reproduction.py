"""Writes a ModelMismatch as curl lines for a shell and as a test for pytest. Task ids in the calls
become variables, and keys are new in each run."""

from __future__ import annotations

import json
import re
from typing import Any

from contracts.fuzz.call_log import JSON, CallLog, LoggedCall, ModelMismatch, SameAs, TaskTime
from contracts.provider.exchange import Exchange
from contracts.spec.pointers import MISSING
from contracts.text.printable import in_line, visible
from contracts.text.shell_words import is_plain, printf, shell_word

HEAD = '''\
import os
import uuid
from datetime import datetime

import httpx

TYPES = {{dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
         float: "number", type(None): "null"}}


def test_reproduction() -> None:
    """{reason}."""
    base = os.getenv("BASE", "http://127.0.0.1:8787")
    run, now = uuid.uuid4().hex[:8], {{}}
    with httpx.Client(base_url=base, timeout=60) as http:

        def call(user, method, path, body=None, **headers):
            """Send a call with the key of `user`; "" adds no headers."""
            key = {{"Authorization": f"Bearer sk-{{run}}-{{user}}"}} if user else {{}}
            kind = {{"Content-Type": "application/json"}} if user and body else {{}}
            return http.request(method, path, headers=key | kind | headers, content=body)

'''
TAIL = '''

def value_at(answer, pointer):
    """The value at a JSON pointer, `#status`, `#header/NAME`, POINTER/#names (of fields) or
    POINTER/#type; ... if there is none."""
    if pointer.startswith("#"):
        name = pointer.removeprefix("#header/")
        return answer.status_code if pointer == "#status" else answer.headers.get(name, ...)
    value = answer.json()
    for part in pointer.removesuffix("/#names").removesuffix("/#type").split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = dict(enumerate(value)).get(int(part) if part.isdigit() else part, ...)
        else:
            value = value.get(part, ...) if isinstance(value, dict) else ...
    if pointer.endswith("/#type") and value is not ...:
        return TYPES[type(value)]
    is_names = pointer.endswith("/#names") and isinstance(value, dict)
    return ", ".join(sorted(value)) if is_names else value


def epoch(value):
    """Epoch seconds of a time in an answer: text in UTC+8, or milliseconds."""
    if isinstance(value, int):
        return value / 1000
    return datetime.fromisoformat(f"{value}+08:00").timestamp()
'''
INDENT = " " * 8
FIND_TASK = r"""sed -n 's/.*"task_id": *"\([^"]*\)".*/\1/p'"""
SPECIAL = re.compile(r'([\\"$`])')  # characters that a shell expands between double quotes


def as_shell(mismatch: ModelMismatch) -> str:
    """Lines for a POSIX shell with curl and sed. The variable `base` is the provider's URL."""
    log = mismatch.log
    lines = ["base=${base:-http://127.0.0.1:8787}", "run=$$"]
    for call in _needed_calls(mismatch):
        command = _curl(log, call)
        lines.append(f"task{call.task}=$({command} | {FIND_TASK})" if call.task else command)
    return "\n".join([*lines, f"# {_reason(mismatch)}"]) + "\n"


def as_pytest(mismatch: ModelMismatch) -> str:
    """A test module for pytest. It needs httpx; the environment variable BASE is the provider's
    URL."""
    lines = []
    for call in _needed_calls(mismatch):
        lines.append(f"answer = {_httpx(mismatch.log, call)}")
        if call.task:
            lines.append(f'task{call.task} = value_at(answer, "/output/task_id")')
        if call.exchange.body == '{"freeze":true}':
            lines.append(f'now["{call.user}"] = answer.json()["now"]')
        if isinstance(mismatch.expected, SameAs) and call.exchange is mismatch.expected.exchange:
            lines.append("first = answer")
    reason = _reason(mismatch).replace("\\", r"\\").replace('"', "'")
    body = "".join(f"{INDENT}{line}\n" for line in [*lines, _assertion(mismatch)])
    # visible() writes a hidden character as `\u202e`, which Python reads as the same character
    return visible(HEAD.format(reason=reason) + body + TAIL)


def _reason(mismatch: ModelMismatch) -> str:
    text = " ".join(mismatch.text.split())
    for task_id, name in mismatch.log.task_names.items():
        text = text.replace(task_id, name)
    return in_line(text)


def _needed_calls(mismatch: ModelMismatch) -> list[LoggedCall]:
    """The calls up to the failed one, without lists, which change nothing."""
    calls = mismatch.log.calls
    last = next(i for i, call in enumerate(calls) if call.exchange is mismatch.exchange)
    return [call for call in calls[:last] if "/tasks?" not in call.exchange.url] + [calls[last]]


def _path(log: CallLog, exchange: Exchange) -> list[str]:
    """The path, split at the ids of tasks. Every second part is the name of a task."""
    path = "/" + exchange.url.partition("://")[2].partition("/")[2]
    names = {task_id: name for task_id, name in log.task_names.items() if task_id in path}
    parts = re.split(f"({'|'.join(map(re.escape, names))})", path) if names else [path]
    return [names.get(part, part) for part in parts]


def _curl(log: CallLog, call: LoggedCall) -> str:
    exchange, path = call.exchange, _path(log, call.exchange)
    path[::2] = [SPECIAL.sub(r"\\\1", text) for text in path[::2]]
    path[1::2] = [f"${name}" for name in path[1::2]]
    url = "".join(path)
    parts = [f'curl -sS -g -X {exchange.method} "$base{url}"']
    parts += [f'-H "Authorization: Bearer sk-$run-{call.user}"'] if call.user else []
    parts += [f"-H {shell_word(f'{name}: {value}')}" for name, value in _headers(call).items()]
    if exchange.body and not is_plain(exchange.body):
        return " ".join([printf(exchange.body), "|", *parts, "--data-binary @-"])
    parts += [f"--data-binary {shell_word(exchange.body)}"] if exchange.body else []
    return " ".join(parts)


def _httpx(log: CallLog, call: LoggedCall) -> str:
    exchange, path = call.exchange, _path(log, call.exchange)
    is_formatted = len(path) > 1
    if is_formatted:
        path[::2] = [text.replace("{", "{{").replace("}", "}}") for text in path[::2]]
        path[1::2] = [f"{{{name}}}" for name in path[1::2]]
    url = "f" * is_formatted + _quoted("".join(path))
    arguments = [_quoted(call.user), _quoted(exchange.method), url]
    arguments += [repr(exchange.body)] if exchange.body else []
    more = {n: v for n, v in _headers(call).items() if not (call.user and JSON.get(n) == v)}
    arguments += [f"**{more!r}"] if more else []
    return f"call({', '.join(arguments)})"


def _headers(call: LoggedCall) -> dict[str, str]:
    hidden = {"Authorization"} if call.user else set()
    return {n: value for n, value in call.exchange.headers.items() if n not in hidden}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _assertion(mismatch: ModelMismatch) -> str:
    """The assert line that fails for the same reason."""
    wanted, got = mismatch.expected, f"value_at(answer, {_quoted(mismatch.pointer)})"
    if isinstance(wanted, TaskTime):
        passed = wanted.epoch - mismatch.log.frozen_at[wanted.user]
        return f'assert abs(epoch({got}) - now["{wanted.user}"] - {passed!r}) < 0.002'
    if isinstance(wanted, SameAs):
        return f"assert {got} == value_at(first, {_quoted(wanted.pointer)})"
    names = mismatch.log.task_names
    values = ", ".join(sorted(_literal(one, names) for one in wanted))
    return f"assert {got} {'in' if mismatch.must_match else 'not in'} [{values}]"


def _literal(value: Any, names: dict[str, str]) -> str:
    if value is MISSING:
        return "..."
    return names.get(value, repr(value)) if isinstance(value, str) else repr(value)
