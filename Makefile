# Everything runs in .venv of this checkout; only Python >= 3.11, make and the package registry are needed.
PYTHON ?= python3
BIN := .venv/bin
# The exact versions that are tested. -c is for what is installed; the two variables are for what
# builds the package, as old and new versions of pip call it.
INSTALL := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

# The suite starts hundreds of processes; without what Python keeps, each compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint tools models scenarios control proven mutants media bench soak fuzz constraints clean

demo: .venv/installed
	$(BIN)/emo demo

test: .venv/installed-dev lint
	$(BIN)/pytest -n auto

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# What tests/tools tries with openapi.yaml; without it those tests are skipped.
tools: tests/tools/.venv/installed tests/tools/node_modules/installed

models: .venv/installed-dev
	$(BIN)/python scripts/generate_models.py

scenarios: .venv/installed-dev
	$(BIN)/python scripts/generate_scenarios.py

control: .venv/installed-dev
	$(BIN)/python scripts/generate_control.py

proven: .venv/installed-dev
	$(BIN)/python scripts/generate_proven.py

mutants: .venv/installed-dev
	$(BIN)/python scripts/mutate_spec.py

media: .venv/installed-dev
	$(BIN)/python -m scripts.media.draw

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks

# Good, busy and hostile clients at once, and limits for all: `make soak SECONDS=60` for a short one.
SECONDS ?= 600
soak: .venv/installed-dev
	$(BIN)/python -m soak --seconds $(SECONDS)

# The properties about bytes of strangers, each with far more examples than `make test` has time for.
EXAMPLES ?= 20000
FUZZED := $(addprefix tests/,contracts/http1/test_reader contracts/redact/test_masks \
	contracts/text/test_printable contracts/provider/test_bounded_http \
	contracts/files/test_whole_file mock_server/control/test_export \
	mock_server/journal/test_log_disk mock_server/journal/test_journal)
fuzz: .venv/installed-dev
	$(BIN)/pytest -n auto --examples $(EXAMPLES) $(FUZZED:=.py)

# The newest versions that pyproject.toml permits become the ones that are tested: run `make test`
# with them, and commit the file.
constraints:
	$(PYTHON) scripts/freeze_constraints.py

clean:
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache dist build

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) --editable .
	touch $@

.venv/installed-dev: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) --quiet --editable '.[dev]'
	touch $@ .venv/installed

tests/tools/.venv/installed: tests/tools/requirements.txt
	$(PYTHON) -m venv tests/tools/.venv
	tests/tools/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

tests/tools/node_modules/installed: tests/tools/package.json
	cd tests/tools && npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	touch $@
