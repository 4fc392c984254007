# Needs only make and Python 3.11 or newer. Everything is installed into .venv from pinned, hashed files.
PYTHON ?= python3
VENV := .venv
IN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help demo up test lint bench soak lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runs ## Play one campaign through, set-up included
	@$(IN)/undersigned demo

up: $(VENV)/.runs ## Run the whole program on this machine, for clicking
	@exec $(IN)/undersigned up

test: $(VENV)/.tests lint ## Run all tests, set-up included
	$(IN)/python -m pytest -n 2

lint: $(VENV)/.tests ## Check style and types
	$(IN)/ruff check .
	$(IN)/ruff format --check .
	$(IN)/mypy

bench: $(VENV)/.tests ## Measure, as ratios against peers and limits
	$(IN)/python -m tests.bench

soak: $(VENV)/.tests ## Try the promises for 25 minutes: kills, outages, faults
	$(IN)/python -m tests.soak

lock: ## Pin and hash the requirements anew
	$(IN)/uv pip compile -q pyproject.toml -o requirements.txt
	$(IN)/uv pip compile -q pyproject.toml --group test -c requirements.txt -o requirements-test.txt

clean: ## Remove what was installed and what runs left behind
	rm -rf $(VENV) var

$(VENV)/.runs: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@test -x $(IN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(IN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(IN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs requirements-test.txt
	@$(IN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@
