# Everything needs Python >= 3.11 and make; all else is installed into .venv from the lock files.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := umask 022 && $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes

.PHONY: run test lint fmt lock bench soak-gates soak-labels soak-criteria soak-api soak-passage

run: .venv/run.stamp
	@exec $(BIN)/python -m config.run

test: .venv/test.stamp
	@exec $(BIN)/python -m tests.run

lint: .venv/test.stamp
	@exec $(BIN)/python -m tests.run --lint

fmt: .venv/test.stamp
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

soak-labels: .venv/test.stamp
	@exec $(BIN)/python -m tests.soak.labels

soak-criteria: .venv/test.stamp
	@exec $(BIN)/python -m tests.soak.criteria

soak-api: .venv/test.stamp
	@exec $(BIN)/python -m tests.soak.api

soak-gates: .venv/test.stamp
	@exec $(BIN)/python -m tests.soak.gates

soak-passage: .venv/test.stamp
	@exec $(BIN)/python -m tests.soak.passage

bench: .venv/test.stamp
	@exec $(BIN)/python -m tests.bench

# Adds what pyproject.toml asks for anew and drops what it no longer does; with UPGRADE=--upgrade
# every version moves. The files name hashes and no host: pip asks whichever index it is set up for.
UPGRADE ?=
lock: .venv/test.stamp
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --output-file requirements/run.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group test --constraint requirements/run.txt \
		--output-file requirements/test.txt
LOCK = --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Clearway needs Python 3.11 or newer; found none."; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt | .venv/bin/python
	@echo "Installing what Clearway needs into .venv (this takes a minute or two, once)"
	@$(PIP) -r $<
	@touch $@

.venv/test.stamp: requirements/test.txt .venv/run.stamp
	@echo "Installing the test tools into .venv"
	@$(PIP) -r $<
	@touch $@
