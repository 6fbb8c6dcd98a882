# Everything runs in .venv of this checkout; only Python >= 3.11, make and the package registry are needed.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint models scenarios proven mutants media bench clean

demo: .venv/installed
	$(BIN)/emo demo

test: .venv/installed-dev lint
	$(BIN)/pytest -n auto

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

models: .venv/installed-dev
	$(BIN)/python scripts/generate_models.py

scenarios: .venv/installed-dev
	$(BIN)/python scripts/generate_scenarios.py

proven: .venv/installed-dev
	$(BIN)/python scripts/generate_proven.py

mutants: .venv/installed-dev
	$(BIN)/python scripts/mutate_spec.py

media: .venv/installed-dev
	$(BIN)/python -m mock_server.media.draw

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache dist build

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ .venv/installed
