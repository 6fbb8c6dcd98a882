"""`emo contract diff`: output, exit codes, refused files, and its page."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.diff.compare import Document, diff
from emo_kit.cli.main import cli, main
from tests.contracts.diff.test_diff import TREE, changed
from tests.helpers.cases import each_case
from tests.helpers.fake import need
from tests.project.test_docs import ROOT, run, shown

NORMAL = "#/components/schemas/CreateParameters/properties/style_level"
WILD = (f"{NORMAL}/enum/-", "wild")
CALM = (f"{NORMAL}/enum/2", "wild")
WORDS = (f"{NORMAL}/description", "How much.")


def written(path: Path, tree: Any) -> Path:
    path.write_text(json.dumps(tree, indent=1), "utf-8")  # which is YAML, and quickly written
    return path


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("diff") / "old.yaml", TREE)


def compared(old: Path, new: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["contract", "diff", *options, str(old), str(new)])


@pytest.mark.parametrize(
    ("change", "options", "code"),
    [(WILD, [], 1), (WILD, ["--for", "client"], 0), (WILD, ["--for", "server"], 1),
     (CALM, ["--for", "client"], 1), (WORDS, [], 0), (WORDS, ["--format", "json"], 0),
     (WILD, ["--format", "json"], 1)],
)  # fmt: skip
def test_the_exit_code_says_whether_a_change_breaks_the_chosen_side(
    old: Path, tmp_path: Path, change: tuple[str, Any], options: list[str], code: int
) -> None:
    new = written(tmp_path / "new.yaml", changed(change))
    with pytest.raises(SystemExit) as end:
        main(["contract", "diff", *options, str(old), str(new)])
    assert end.value.code == code


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(cli, ["contract", "diff", "--help"])
    assert "emo contract diff v1.yaml v2.yaml" in result.output.partition("Examples:")[2]


def test_a_file_does_not_differ_from_itself(old: Path) -> None:
    result = compared(old, old, "--all")
    assert (result.output, result.exit_code) == ("no difference\n", 0)


def test_a_change_is_printed_with_its_place_both_values_and_its_uses(
    old: Path, tmp_path: Path
) -> None:
    new = written(tmp_path / "new.yaml", changed(CALM))
    lines = compared(old, new).output.splitlines()
    assert lines[0] == "breaking for both"
    place = lines[1].removeprefix(f"  enum-changed  {new}:")
    number, _, pointer = place.partition(" ")
    assert pointer == f"{NORMAL}/enum"
    assert new.read_text("utf-8").splitlines()[int(number) - 1].strip() == '"enum": ['
    assert lines[2].startswith('    no longer allowed: "active", now allowed: "wild"; ')
    assert lines[3:6] == [
        '    was  ["normal","calm","active"]',
        '    is   ["normal","calm","wild"]',
        "    in   createVideoTask parameters.style_level",
    ]
    assert lines[-1].startswith("1 breaking for both, 0 breaking for the client, 0 breaking for")


def test_a_removed_property_is_shown_in_the_old_file(old: Path, tmp_path: Path) -> None:
    tree = changed()
    del tree["components"]["schemas"]["CreateParameters"]["properties"]["style_level"]
    result = compared(old, written(tmp_path / "new.yaml", tree))
    assert f"property-removed  {old}:" in result.output
    assert "    is " not in result.output


def test_many_uses_are_counted_and_long_values_cut(old: Path, tmp_path: Path) -> None:
    change = ("#/components/schemas/ErrorAnswer/properties", {})
    lines = compared(old, written(tmp_path / "new.yaml", changed(change))).output.splitlines()
    assert any(line.strip().startswith("in ") and line.endswith(" more") for line in lines)
    assert max(len(line) for line in lines if line.startswith("    was ")) <= 110


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_key_in_a_file_is_not_shown(tmp_path: Path, options: tuple[str, ...]) -> None:
    old = written(tmp_path / "a.json", changed(("/info/x-key", "sk-Qzx9Yw8Vu7")))
    new = written(tmp_path / "b.json", changed(("/info/x-key", "sk-Yw8Vu7Qzx9")))
    result = compared(old, new, "--all", *options)
    assert "sk-***" in result.stdout
    assert "Qzx9" not in result.output


def test_long_values_are_shown_around_their_difference(tmp_path: Path) -> None:
    both = [changed((f"{NORMAL}/pattern", "x" * 150 + end + "y" * 150)) for end in "ab"]
    files = [written(tmp_path / name, tree) for name, tree in zip("on", both, strict=True)]
    said = compared(*files).output
    assert f"was  …{'x' * 25}a{'y' * 74}…" in said
    assert f"is   …{'x' * 25}b{'y' * 74}…" in said


def test_cosmetic_changes_are_counted_and_printed_with_all(old: Path, tmp_path: Path) -> None:
    new = written(tmp_path / "new.yaml", changed(WORDS))
    counted, whole = compared(old, new), compared(old, new, "--all")
    assert counted.output.endswith("0 additive, 1 cosmetic\n")
    assert "description-changed" not in counted.output
    assert "cosmetic\n  description-changed" in whole.output


def test_json_has_the_whole_values_and_both_verdicts(old: Path, tmp_path: Path) -> None:
    new = written(tmp_path / "new.yaml", changed(WILD, WORDS))
    report = json.loads(compared(old, new, "--format", "json").output)
    assert (report["old"], report["new"]) == (str(old), str(new))
    assert report["counts"]["breaking for the server"] == report["counts"]["cosmetic"] == 1
    assert report["unresolved"] == [[], []]
    (change,) = report["changes"]
    assert change == {
        "pointer": f"{NORMAL}/enum",
        "kind": "enum-widened",
        "text": 'now allowed: "wild"; a server must accept more than before',
        "side": "request",
        "client": "additive",
        "server": "breaking",
        "was": ["normal", "calm", "active"],
        "now": ["normal", "calm", "active", "wild"],
        "uses": ["createVideoTask parameters.style_level"],
    }
    whole = json.loads(compared(old, new, "--format", "json", "--all").output)
    assert len(whole["changes"]) == 2


def test_json_distinguishes_null_from_a_removed_value(old: Path, tmp_path: Path) -> None:
    new = written(tmp_path / "new.yaml", changed((f"{NORMAL}/default", None)))
    (change,) = json.loads(compared(old, new, "--format", "json").output)["changes"]
    assert (change["was"], change["now"]) == ("normal", None)


def test_refs_to_other_files_are_named_as_not_compared(old: Path, tmp_path: Path) -> None:
    new = written(tmp_path / "new.yaml", changed((NORMAL, {"$ref": "other.yaml#/style"})))
    result = compared(old, new)
    assert f"note: not followed in {new}, so not compared: $ref other.yaml#/style" in result.stderr
    same = compared(new, new)
    assert same.stdout == "no difference in the parts that were compared\n"


def test_json_with_escaped_surrogates_is_read(tmp_path: Path) -> None:
    told = {"openapi": "3.1.0", "info": {"title": "\N{DOG FACE}"}, "paths": {}}
    dog = written(tmp_path / "dog.json", told)
    assert "\\ud83d" in dog.read_text("utf-8")
    assert compared(dog, dog).stdout == "no difference\n"


def test_a_pipe_is_compared_without_line_numbers(old: Path) -> None:
    need(os.path.exists("/dev/fd"), "/dev/fd")  # noqa: PTH110
    read, write = os.pipe()
    Thread(target=_fill, args=(write, json.dumps(changed(WILD)).encode())).start()
    try:
        result = compared(old, Path(f"/dev/fd/{read}"))
    finally:
        os.close(read)
    assert f"enum-widened  /dev/fd/{read} #/components" in result.output


def _fill(pipe: int, text: bytes) -> None:
    with os.fdopen(pipe, "wb") as file:
        file.write(text)


@each_case(
    "text, words",
    [("[1]", "is not a mapping"), ("a: [", "cannot be read"), ("a: 1", "openapi is missing"),
     ("openapi: 2.5", "openapi is 2.5"), ("swagger: '2.0'", "convert it to OpenAPI 3"),
     ("openapi: 3.1.0\npaths: []", "paths is not an object"), ("\x00", "is not text in UTF-16"),
     ("openapi: 3.1.0\nx: {{ title }}", "a key is not a string (line 2, column 5)"),
     ('{"openapi": "3.1.0", "paths": {}, "paths": {}}', "duplicate key 'paths'"),
     ("openapi: 3.1.0\nx: &x {y: *x}", "aliases make a value hold itself (line 2, column 4)"),
     ("openapi: 3.1.0\nx: " + "[" * 500 + "]" * 500, "nested more than 128 deep"),
     ("openapi: 3.1.0\nx: " + "[" * 5000 + "]" * 5000, "cannot be read"),
     ("openapi: 3.1.0\nx: " + "- " * 5000 + "y", "cannot be read")],
)  # fmt: skip
def test_a_file_that_is_not_an_openapi_document_is_refused_with_the_reason(
    old: Path, tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    for files in ([old, bad], [bad, old]):
        with pytest.raises(SystemExit) as end:
            main(["contract", "diff", *map(str, files)])
        assert end.value.code == 2
        said = capsys.readouterr().err
        assert words in said and str(bad) in said
        assert "Traceback" not in said


JUNK = st.sampled_from([None, 0, "x", [], {}, [None], {"$ref": 5}, {"$ref": "#/paths"}, True, [[]]])
SMALL = {key: TREE[key] for key in ("openapi", "components", "security", "servers")}
SMALL["paths"] = {path: TREE["paths"][path] for path in ("/tasks", "/tasks/{task_id}")}
small = settings(
    max_examples=60, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@small
@given(st.data())
def test_diff_compares_documents_with_any_value_at_any_place(data: st.DataObject) -> None:
    node: Any = SMALL
    way: list[str] = []
    while isinstance(node, dict | list) and node and (not way or data.draw(st.integers(0, 5))):
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        way.append(str(key))
        node = node[key]
    pointer = "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in way)
    other = changed((pointer, data.draw(JUNK)), tree=SMALL)
    for pair in ((SMALL, other), (other, SMALL)):
        diff(*map(Document, pair))


def test_the_page_shows_what_the_example_prints(tmp_path: Path) -> None:
    need(shutil.which("sed"), "sed")
    page = (ROOT / "docs/diff.md").read_text("utf-8")
    example = (ROOT / "examples/diff.sh").read_text("utf-8")
    assert f"<!-- examples/diff.sh -->\n```sh\n{example}```" in page
    printed = run(["sh", str(ROOT / "examples/diff.sh")], tmp_path)
    assert printed.strip() == shown("docs/diff.md", "diff.sh")
