"""Two writers of one file lose nothing of each other."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts.files.file_lock import PATIENCE, locked
from contracts.files.file_target import Unwritable
from contracts.files.user_file import FileError
from contracts.files.whole_file import WriteError, write
from contracts.spec.loader import Spec
from contracts.verify.baseline import AcceptedDifference, Baseline, load, save
from contracts.verify.ledger import Ledger
from contracts.verify.ledger import load as load_ledger
from contracts.verify.ledger import save as save_ledger
from contracts.verify.ledger import update as update_ledger
from contracts.verify.registry import all_checks
from tests.helpers.contract import refuses_everything, verification

CHECKS = sorted(all_checks())


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_writers_that_hold_the_lock_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    (tmp_path / "link").symlink_to("x")

    def add(number: int) -> None:
        with locked(
            tmp_path / ("x", "link")[number % 2], sleep=lambda _: threading.Event().wait(0.001)
        ):
            before = path.read_text() if path.exists() else ""
            write(path, f"{before}{number}\n")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))
    assert sorted(map(int, path.read_text().split())) == list(range(40))
    assert names(tmp_path) == ["link", "x"]


def test_two_processes_that_write_one_ledger_lose_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    program = """
import sys
import threading
from pathlib import Path
from contracts.verify import ledger
path = Path(sys.argv[1])
for number in range(20):
    with ledger.locked(path):
        seen = ledger.load(path)
        new = {f"{sys.argv[2]}{number}": [ledger.Observation("2026-02-11", "h", "", True)]}
        ledger.save(path, ledger.Ledger(claims={**seen.claims, **new}))
"""
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in ("a", "b")
    ]
    assert [process.wait(30) for process in started] == [0, 0]
    assert len(load_ledger(path).claims) == 40
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_lock_that_stays_held_is_an_error_with_the_reason(tmp_path: Path) -> None:
    waited: list[float] = []
    with (
        locked(tmp_path / "x"),
        pytest.raises(WriteError, match=r"another program has held .*\.x\.lock for 10 s; end"),
        locked(tmp_path / "x", sleep=waited.append),
    ):
        pytest.fail("the lock was given twice")
    assert sum(waited) == pytest.approx(PATIENCE)
    assert not names(tmp_path)


def test_a_lock_file_left_by_a_killed_process_is_reused(tmp_path: Path) -> None:
    (tmp_path / ".x.lock").touch()
    with locked(tmp_path / "x"):
        pass


def test_a_symlink_as_lock_file_is_refused_and_a_stream_has_no_lock(tmp_path: Path) -> None:
    (tmp_path / ".x.lock").symlink_to("elsewhere")
    with pytest.raises(WriteError, match=r"\.x\.lock: Too many levels"), locked(tmp_path / "x"):
        pass
    with pytest.raises(Unwritable, match="not a regular file"), locked(Path(os.devnull)):
        pass
    assert names(tmp_path) == [".x.lock"]


def entry(number: int) -> AcceptedDifference:
    return AcceptedDifference(CHECKS[number], "", "#status", "400")


def test_two_runs_that_update_one_baseline_keep_both_changes(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    save(path, Baseline([entry(0), entry(1)]))
    first = load(path, CHECKS, is_updating=True)
    second = load(path, CHECKS, is_updating=True)
    first.entries = {entry(1), entry(2)}
    second.entries = {entry(0), entry(1), entry(3)}
    save(path, first)
    save(path, second)
    assert load(path, CHECKS).entries == {entry(1), entry(2), entry(3)}


@pytest.mark.parametrize(
    ("text", "said"),
    [("{\n  'a'}", "line 2, column 3"), ("", "line 1, column 1"), ('{"format": 1, "x": 1}', "x")],
)
def test_a_damaged_ledger_is_reported_with_its_line_and_not_changed(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(text)
    spec = Spec.load()
    events = list(verification(spec, refuses_everything, "keys.missing").run())
    with pytest.raises(FileError, match=rf"ledger\.json is not a ledger: .*{said}"):
        update_ledger(path, spec, events)
    assert path.read_text() == text


def test_a_ledger_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    save_ledger(path, Ledger())
    path.chmod(0o640)
    save_ledger(path, Ledger())
    assert path.stat().st_mode & 0o777 == 0o640
