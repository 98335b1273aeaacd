# run: start the dashboard · demo: fill it · test: everything CI runs · bench: measure, docs/performance.md
PYTHON ?= python3
PORT ?= 8000
DATA ?= data
TRANSCRIPTS ?=
AGENTS ?=
BIN := .venv/bin
# One a core. Three on two cores took 12:30 and 12:39 (6,338 tests), two 11:21 (6,186).
WORKERS ?= 2
export TOKEN_BUDGET_DATA := $(abspath $(DATA))

.PHONY: run demo run-cluster test suite test-clients lint bench vendor lock audit chromium screenshots soak

run: .venv/server
	@$(BIN)/python manage.py up --port $(PORT) $(if $(TRANSCRIPTS),--transcripts "$(TRANSCRIPTS)") $(if $(AGENTS),--agents)

# Play invented sessions into the server that `make run` started.
demo: .venv/server
	@$(BIN)/python manage.py demo --address http://127.0.0.1:$(PORT) $(ARGS)

# Three server processes, PostgreSQL and Valkey on this machine (docs/operations.md).
run-cluster: .venv/dev
	@$(BIN)/python manage.py run_cluster --port $(PORT)

# With bytecode on the disk, each of the hundred processes that tests start begins sooner.
test: export PYTHONDONTWRITEBYTECODE :=
test:
	@$(MAKE) --no-print-directory -j2 lint suite

suite: .venv/dev chromium
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

# Test with real SDKs, each group in its own environment (ARGS=--record renews fixtures),
# and with agents through the gateway and by the files they write (Node is needed).
test-clients: .venv/dev
	$(BIN)/python -m tests.clients.run $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m tests.clients.agents)
	$(if $(ARGS),,$(BIN)/python -m tests.clients.session_files)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	TOKEN_BUDGET_DATA=$$(mktemp -d) $(BIN)/mypy
	$(BIN)/lint-imports
	TOKEN_BUDGET_DATA=$$(mktemp -d) $(BIN)/python manage.py makemigrations --check --dry-run

# Hours of bad input and killed servers; SECURITY.md says what that shows.
soak: .venv/dev
	$(BIN)/python -m tests.soak $(ARGS)

bench: .venv/dev
	$(BIN)/python -m tests.bench $(ARGS)

# Versions are locked: a later release of a package cannot break this one. uv installs
# in an eighth of pip's time; pip does it where uv does not come or finds no package, as
# behind a mirror that pip.conf alone names.
install = $(BIN)/uv pip install -q --python $(BIN)/python --link-mode copy \
  --require-hashes -r requirements/$(1).lock || \
  $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/$(1).lock

.venv/pip:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) not found. Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	-$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@touch $@

.venv/server: .venv/pip pyproject.toml requirements/server.lock
	$(call install,server)
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	TOKEN_BUDGET_DATA=$$(mktemp -d) $(BIN)/python manage.py collectstatic --no-input -v0
	@touch $@

.venv/dev: .venv/server requirements/dev.lock
	$(call install,dev)
	@touch $@

# The browser tests drive Debian's Chromium, or the one that CHROMIUM names.
chromium:
	@if [ -n "$$CHROMIUM" ] || command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else echo "The browser tests need Chromium: install the package 'chromium', or set CHROMIUM=/path/to/it."; exit 1; fi

# Take the guide's pictures anew; a browser test takes them.
screenshots: .venv/dev chromium
	TOKEN_BUDGET_SCREENSHOTS=1 $(BIN)/pytest -q tests/browser/test_guide.py

# Refresh the plotly bundle in static/vendor; its licence and hashes lie beside it.
vendor: .venv/server
	$(BIN)/python static/vendor/refresh.py

# Newer versions of everything, with their hashes; `sh requirements/lock.sh` alone keeps
# versions and adds what pyproject.toml has gained.
lock: .venv/pip
	sh requirements/lock.sh --upgrade

# Ask pypi.org's advisories about every locked package. Needs the internet.
audit: .venv/pip
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install -q --disable-pip-version-check pip-audit
	.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/server.lock -r requirements/dev.lock
