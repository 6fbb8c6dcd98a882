"""A stranger who follows one call meets few files and functions of ours."""

from __future__ import annotations

import threading
from pathlib import Path

from contracts.spec.loader import Spec
from mock_server.server.run import running
from mock_server.settings import Settings
from scripts.walks import Trace, client_of, situations

# The most files and functions between the first byte of the call and the last of the answer.
MOST = {"a poll": (21, 49), "a create": (30, 73), "a refused create": (22, 45)}


def test_a_call_enters_few_files_and_functions(spec: Spec) -> None:
    trace = Trace()
    threading.setprofile(trace)  # for the thread of the server
    with running(Settings(port=0, time="frozen")) as url, client_of(url) as client:
        threading.setprofile(None)  # type: ignore[arg-type]
        entered = {name: trace.of(call) for name, call in situations(spec, client) if name in MOST}
    met = {
        name: (len({Path(code.co_filename) for code in codes}), len(set(codes)))
        for name, codes in entered.items()
    }
    assert all(met[name] <= most and met[name][1] <= most[1] for name, most in MOST.items()), met
