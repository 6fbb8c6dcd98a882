# Everything runs in .venv of this checkout; only Python >= 3.11, make and the package registry are needed.
PYTHON ?= python3
BIN := .venv/bin
# The exact versions that are tested. -c is for what is installed; the two variables are for what
# builds the package, as old and new versions of pip call it.
INSTALL := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt

# The suite starts hundreds of processes; without what Python keeps, each compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint tools models scenarios control proven mutants media bench soak fuzz constraints clean

demo: .venv/installed ## Make a video against the fake, in about a second.
	$(BIN)/emo demo

help: ## List the targets.
	@sed -n 's/^\([a-z]*\):.* ## /\1|/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r target text; do printf '%-12s %s\n' "$$target" "$$text"; done

test: .venv/installed-dev lint ## Run ruff, mypy and every test.
	$(BIN)/pytest -n auto --dist worksteal

lint: .venv/installed-dev ## Run ruff and mypy: what the pre-commit hooks run too.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

tools: tests/tools/.venv/installed tests/tools/node_modules/installed ## Install the code generators and linters of tests/tools; without them those tests are skipped.

models: .venv/installed-dev ## Generate emo_client/models.py from openapi.yaml.
	$(BIN)/python scripts/generate_models.py

scenarios: .venv/installed-dev ## Generate docs/scenarios.md from openapi.yaml and scripts/scenarios.md.
	$(BIN)/python scripts/generate_scenarios.py

control: .venv/installed-dev ## Generate docs/control.md from what the fake answers and scripts/control.md.
	$(BIN)/python scripts/generate_control.py

proven: .venv/installed-dev ## Generate docs/maintainers/proven.md from the checks and the ledger.
	$(BIN)/python scripts/generate_proven.py

mutants: .venv/installed-dev ## Break openapi.yaml in every small way and write docs/maintainers/mutants.md (half an hour).
	$(BIN)/python scripts/mutate_spec.py

media: .venv/installed-dev ## Draw the sample portrait, voice and video again.
	$(BIN)/python -m scripts.media.draw

bench: .venv/installed-dev ## Measure speed and write benchmarks/RESULTS.md.
	$(BIN)/python -m benchmarks

SECONDS ?= 600
soak: .venv/installed-dev ## Attack the real programs for ten minutes; SECONDS=60 for one minute.
	$(BIN)/python -m soak --seconds $(SECONDS)

EXAMPLES ?= 20000
FUZZED := $(addprefix tests/,contracts/fuzz/test_stateful \
	contracts/http1/test_reader contracts/redact/test_redactor \
	contracts/text/test_printable contracts/provider/test_bounded_http \
	contracts/files/test_whole_file mock_server/control/test_export \
	mock_server/journal/test_log_disk mock_server/journal/test_journal)
fuzz: .venv/installed-dev ## Run the tests on hostile bytes and orders of calls with 20,000 examples each (30 minutes); EXAMPLES=2000 for fewer.
	$(BIN)/pytest -n auto --examples $(EXAMPLES) $(FUZZED:=.py)

constraints: ## Write the newest permitted versions to constraints.txt; run the tests and commit it.
	$(PYTHON) scripts/freeze_constraints.py

clean: ## Remove the environment, caches and builds.
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
