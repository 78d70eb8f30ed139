# Every target sets up what it needs. `make run` and `make demo` are all a newcomer has to know.
VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := $(VENV)/bin
RUNNING := $(VENV)/.running
DEVELOPING := $(VENV)/.developing

.PHONY: run demo test check lint types format docs bench train lock sbom audit container screenshots clean help

help:  ## Lists the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(RUNNING): requirements/run.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found. Name one: make PYTHON=/path/to/python3"; exit 2; }
	@echo "Setting up in $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(DEVELOPING): $(RUNNING) requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

run: $(RUNNING)  ## Runs the tracker: checks, mails, pages at http://127.0.0.1:8000
	@$(BIN)/tracker run

demo: $(RUNNING)  ## Shows it at work on a built-in site, in under a minute, without network
	@$(BIN)/tracker demo

test: $(DEVELOPING)  ## The everyday tests, under five minutes
	$(BIN)/python -m pytest -n auto -m "not slow"

check: $(DEVELOPING)  ## Everything that CI runs
	.ci/run

lint: $(DEVELOPING)  ## Style and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(DEVELOPING)  ## mypy, strict
	$(BIN)/mypy

format: $(DEVELOPING)  ## Puts the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DEVELOPING)  ## The documentation site in ./site
	$(BIN)/python docs/make_house.py
	$(BIN)/mkdocs build --strict

bench: $(DEVELOPING)  ## The figures of the README that need no data folder
	$(BIN)/python -m bench

train: $(DEVELOPING)  ## The classifier's model from the training text, reproducibly
	$(BIN)/python -m tracker.classify.train

screenshots: $(DEVELOPING)  ## The pictures of the documentation
	$(BIN)/python docs/screenshots/make_pages.py
	$(BIN)/python docs/screenshots/make_mails.py

lock: $(DEVELOPING)  ## Locks the requirements anew, with hashes
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes --no-header -c requirements/run.txt -o requirements/dev.txt

	echo "cyclonedx-bom>=7" | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header -o requirements/sbom.txt

sbom: requirements/sbom.txt  ## The bill of materials (CycloneDX) of what is locked: build/sbom.cdx.json
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found. Name one: make PYTHON=/path/to/python3"; exit 2; }
	@test -x build/sbom/bin/cyclonedx-py || { $(PYTHON) -m venv build/sbom && build/sbom/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/sbom.txt; }
	@build/sbom/bin/python -W ignore .ci/sbom.py build/sbom.cdx.json

audit: $(DEVELOPING)  ## Known holes in what is locked (asks pypi.org)
	$(BIN)/python .ci/audit.py

container:  ## The image's steps without a container daemon: a stand-in
	.ci/container.sh

clean:  ## Removes what was built
	rm -rf build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
