# Needs only make and Python 3.11 or newer. Everything is installed into .venv from pinned, hashed files.
PYTHON ?= python3
VENV := .venv
IN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help demo up test lint bench soak wheel lock words font clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runs ## Play one campaign through, set-up included
	@$(IN)/undersigned demo

up: $(VENV)/.runs ## Run the whole program on this machine, for clicking
	@exec $(IN)/undersigned up

test: $(VENV)/.tests lint ## Run all tests, set-up included
	$(IN)/python -m pytest -n 3

lint: $(VENV)/.tests ## Check style and types
	$(IN)/ruff check .
	$(IN)/ruff format --check .
	$(IN)/mypy

bench: $(VENV)/.tests ## Measure, as ratios against peers and limits
	$(IN)/python -m tests.bench

soak: $(VENV)/.tests ## Try the promises for 25 minutes: kills, outages, faults
	$(IN)/python -m tests.soak

wheel: $(VENV)/.runs ## Build what can be installed without a checkout, into dist/
	$(IN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist .

lock: ## Pin and hash the requirements anew
	$(IN)/uv pip compile -q pyproject.toml -o requirements.txt
	$(IN)/uv pip compile -q --group build -c requirements.txt -o requirements-build.txt
	$(IN)/uv pip compile -q pyproject.toml --group test -c requirements.txt -c requirements-build.txt -o requirements-test.txt

words: $(VENV)/.runs ## Collect the words to translate into the catalogues
	@mkdir -p var
	$(IN)/pybabel -q extract -F pyproject.toml --add-location=file --width=100 -o var/pages.pot templates worker
	$(IN)/pybabel -q update -D pages -i var/pages.pot -d templates/locale --width=100 \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

font: $(VENV)/.tests ## Make the pages' Khmer font anew from the letter's
	$(IN)/uv run -q --no-project --with fonttools --with brotli sh -c '\
	  fonttools varLib.instancer "$$1" wdth=100 wght=400:700 -q -o var/khmer.ttf && \
	  pyftsubset var/khmer.ttf --unicodes=20,A0,AB,BB,1780-17FF,19E0-19FF,200B-200D,25CC \
	    --layout-features="*" --flavor=woff2 --output-file=templates/pages/khmer.woff2' \
	  font "$$($(IN)/python -c 'import fontpkg_noto_sans_khmer as f; print(*(f.ROOT / "files").glob("*.ttf"))')"

clean: ## Remove what was installed and what runs left behind
	rm -rf $(VENV) dist var

$(VENV)/.runs: requirements.txt requirements-build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@test -x $(IN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(IN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-build.txt
	@$(IN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs requirements-test.txt
	@$(IN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@
