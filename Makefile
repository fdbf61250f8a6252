# Two commands on a fresh machine with Python 3.11 or newer: `make run` and `make test`.
PY ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
# dkimpy is published as source only; it is plain Python.
LOCKED = --require-hashes --only-binary :all: --no-binary dkimpy

.PHONY: run test bench browser-test lint types format lock messages clean

.venv/.run: requirements.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit("EventHub needs Python 3.11 or newer; set PY=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up a virtual environment with locked dependencies …"
	@$(PY) -m venv .venv
	@$(PIP) install $(LOCKED) -r requirements.lock
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/eventhub-checkout.pth"
	@printf '#!/bin/sh\nexec "%s/$(BIN)/python" -m eventhub "$$@"\n' "$(CURDIR)" > $(BIN)/eventhub && chmod +x $(BIN)/eventhub
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@$(PIP) install $(LOCKED) -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

# Everything: migrates the embedded database under var/, loads the demonstration
# data once, starts web and background work in one process.
run: .venv/.run
	@$(BIN)/python -m eventhub.start

test: .venv/.dev
	@$(BIN)/python -m tests.everything

bench: .venv/.dev
	@$(BIN)/python -m benchmarks

browser-test: .venv/.dev
	@$(BIN)/python -m tests.everything browser

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Needs `uv` on the path. Lock files name no package registry.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-dev.lock
	! grep -nE 'https?://|file://|--(extra-)?index-url' requirements*.lock

# Extract the messages of pages, letters and rules, and merge them into the catalogues.
messages: .venv/.dev
	$(BIN)/python -m locales.extract

clean:
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache
