# Needs only make and Python 3.11 or newer. Everything is installed into .venv from pinned, hashed files.
PYTHON ?= python3
VENV := .venv
IN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help demo up test secrets digests lint bench soak wheel lock words font clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runs ## Play one campaign through, set-up included
	@$(IN)/undersigned demo

up: $(VENV)/.runs ## Run the whole program on this machine, for clicking
	@exec $(IN)/undersigned up

# What is there is kept. The users of several containers read the files in secrets/; here only you can open the folder.
secrets: ## Make .env and secrets/ for a server, with random passwords
	@test -e .env || (umask 077 && cp .env.example .env)
	@mkdir -p -m 700 secrets out && chmod 700 secrets
	@set -eu; umask 022; \
	  drawn() { od -An -N"$$1" -tx1 /dev/urandom | tr -d ' \n'; }; \
	  once_in_env() { sed -n "s/^$$1=//p" .env | tail -n 1 | tr -d "\"'"; }; \
	  keep() { test -s "secrets/$$1" || printf '%s' "$$2" > "secrets/$$1"; }; \
	  before=$$(once_in_env UNDERSIGNED_SECRET_KEY); keep secret_key "$${before:-$$(drawn 32)}"; \
	  before=$$(once_in_env POSTGRES_PASSWORD); keep postgres_password "$${before:-$$(drawn 24)}"; \
	  keep redis.conf "requirepass $$(drawn 24)"; \
	  keep database_url "postgresql+psycopg://undersigned:$$(cat secrets/postgres_password)@db/undersigned"; \
	  keep broker_url "redis://:$$(sed -n 's/^requirepass //p' secrets/redis.conf)@redis:6379/0"; \
	  keep smtp_url "$$(once_in_env UNDERSIGNED_SMTP_URL)"; \
	  keep imap_url "$$(once_in_env UNDERSIGNED_IMAP_URL)"; \
	  chmod 644 secrets/*; \
	  user=$${SUDO_UID:-$$(id -u)}:$${SUDO_GID:-$$(id -g)} theirs='.env secrets out'; \
	  case $$user in 0:*) user=10001:10001 theirs=out;; esac; \
	  grep -q '^RUN_AS=' .env || printf '\nRUN_AS=\n' >> .env; \
	  changed=$$(sed "s/^RUN_AS=$$/RUN_AS=$$user/" .env); printf '%s\n' "$$changed" > .env; \
	  test "$$(id -u)" != 0 || chown -R "$$(sed -n 's/^RUN_AS=//p' .env)" $$theirs; \
	  for name in DOMAIN UNDERSIGNED_MAIL_FROM; do \
	    grep -q "^$$name=." .env || echo "Fill in $$name in .env."; done; \
	  test -s secrets/smtp_url || echo "Write your mail relay into secrets/smtp_url, such as smtps://user:password@host."; \
	  for name in UNDERSIGNED_SECRET_KEY POSTGRES_PASSWORD UNDERSIGNED_SMTP_URL UNDERSIGNED_IMAP_URL; do \
	    ! grep -q "^$$name=." .env || echo "Remove $$name from .env: it is in secrets/ now."; done; \
	  echo "Keep a copy of secrets/ in a safe place: without secrets/secret_key every link dies."

digests: ## Pin the images of Docker by the digests that their registry tells
	@set -eu; files='Dockerfile docker-compose.yml'; new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; cp $$files "$$new"; \
	  for image in $$(sed -n 's/^FROM \([^ @]*\).*/\1/p; s/^ *image: \([^ @]*:[^ @]*\).*/\1/p' $$files | sort -u); do \
	    digest=$$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$$image" | grep -x 'sha256:[0-9a-f]\{64\}') || { \
	      echo "The digest of $$image cannot be read, and nothing was changed: is docker buildx there, and can the registry be reached?" >&2; \
	      exit 1; }; \
	    echo "$$image@$$digest"; \
	    for file in $$files; do \
	      sed "s|$$image@sha256:[0-9a-f]*|$$image|; s|$$image|$$image@$$digest|" "$$new/$$file" > "$$new/edited"; \
	      cp "$$new/edited" "$$new/$$file"; done; \
	  done; \
	  for file in $$files; do cat "$$new/$$file" > "$$file"; done

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
	$(IN)/pybabel -q extract -F pyproject.toml --add-location=file --width=100 --no-default-keywords \
	  -k O_ -k On_:1,2 -k P_ -k Pn_:1,2 -o var/organizers.pot worker
	@for domain in pages organizers; do \
	  $(IN)/pybabel -q update -D $$domain -i var/$$domain.pot -d templates/locale --width=100 \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date || exit 1; done

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
