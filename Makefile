# segscope: everything a developer or a CI runs. `make` alone lists it.
# Works in a path with spaces: all paths below are relative.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11
ARGS ?=
WITHOUT ?=

# Two workers. Unit tests one by one, but for the groups of tests/conftest.py; browser tests by halves, and who is done
# helps the other.
BY_GROUP := -n 2 --dist loadgroup
BY_HALVES := -n 2 --dist worksteal

export PIP_ROOT_USER_ACTION := ignore

# The first Chromium there is: the CHROMIUM variable, or one on PATH. Empty: Playwright's own.
find_chromium = $${CHROMIUM:-$$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}

# ------------------------------------------------------------------------------------------------------------- commands

.PHONY: help
help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: .venv/.installed ## the demo: sample customers, clustered, in the browser
	@$(BIN)/segscope demo $(ARGS)

.PHONY: test
test: check test-browser ## everything: check, then the tests in a real browser

.PHONY: check
check: lint types layers test-unit ## everything but the browser

.PHONY: lint
lint: .venv/.installed-dev ## style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: types
types: .venv/.installed-dev ## mypy --strict
	$(BIN)/mypy --strict src tests

.PHONY: layers
layers: .venv/.installed-dev ## imports go downwards, libraries stay in their rooms
	$(BIN)/lint-imports

.PHONY: test-unit
test-unit: .venv/.installed-dev postgres java ## unit tests and doctests
	$(BIN)/pytest $(BY_GROUP) --ignore=tests/browser $(ARGS)

.PHONY: test-browser
test-browser: .venv/.installed-dev chromium ## the page in a real Chromium
	CHROMIUM="$(find_chromium)" $(BIN)/pytest $(BY_HALVES) tests/browser $(ARGS)

.PHONY: bench
bench: .venv/.installed-dev chromium ## time the main job, then exploring
	CHROMIUM="$(find_chromium)" $(BIN)/python benchmarks/main_job.py $(ARGS)
	CHROMIUM="$(find_chromium)" $(BIN)/python benchmarks/brushing.py $(ARGS)

.PHONY: screenshots
screenshots: .venv/.installed-dev chromium ## redraw docs/images/*.png
	CHROMIUM="$(find_chromium)" $(BIN)/python tools/screenshots.py $(ARGS)

.PHONY: format
format: .venv/.installed-dev ## put the code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: constraints
constraints: ## take the newest versions of everything and pin them in constraints.txt
	@trap 'rm -rf .venv-fresh' EXIT; $(call make_venv,.venv-fresh); \
	.venv-fresh/bin/python -m pip --quiet --disable-pip-version-check install -e '.[dev]'; \
	{ head -n 1 constraints.txt; .venv-fresh/bin/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$'; } > constraints.new; \
	mv constraints.new constraints.txt; git --no-pager diff --stat -- constraints.txt

.PHONY: clean
clean: ## remove what builds and tests leave behind
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: clean-all
clean-all: clean ## also remove the virtual environment
	rm -rf .venv

# --------------------------------------------------------------------------------------------------------- installation

# $(call make_venv,DIR): a virtual environment from the first Python that is new enough.
define make_venv
for python in $(PYTHONS); do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then "$$python" -m venv $(1); exit_status=0; break; fi; \
	exit_status=1; \
done; \
if [ "$$exit_status" != 0 ]; then echo 'segscope needs Python 3.11 or newer; none found. Name one: make PYTHON=/path/to/python3 ...' >&2; exit 1; fi
endef

.venv/.created:
	@$(call make_venv,.venv)
	@touch $@

.venv/.installed: .venv/.created pyproject.toml constraints.txt
	@echo 'Installing segscope into .venv (once; takes a minute or two) ...'
	@$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/.installed-dev: .venv/.created pyproject.toml constraints.txt
	@echo 'Installing segscope and its development tools into .venv (once; takes a minute or two) ...'
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch .venv/.installed $@

# $(call from_debian,NAME,PACKAGE): install what tests need, or fail and say why. Where that cannot be done at all, as without
# root, nothing is installed. WITHOUT=postgres (or java, or both) goes without: its tests are skipped, and say so.
define from_debian
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	echo 'Installing $(1) ...'; \
	if ! said=$$({ apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(2); } 2>&1); then \
		printf '%s\n' "$$said" | tail -n 12 >&2; \
		echo '$(1) could not be installed, see above. Install it yourself, or go without: make ... WITHOUT=$@' >&2; exit 1; \
	fi; \
fi
endef

.PHONY: chromium
chromium: .venv/.installed-dev
	@if [ -n "$(find_chromium)" ]; then exit 0; fi; \
	echo 'Installing Chromium ...'; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null && exit 0; \
	fi; \
	$(BIN)/python -m playwright install chromium

# A server for the tests that read from one; they are skipped, with the reason, where there is none.
.PHONY: postgres
postgres:
	@if [[ " $(WITHOUT) " = *" $@ "* ]]; then exit 0; fi; \
	if command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then exit 0; fi; \
	$(call from_debian,PostgreSQL,postgresql)

# For the tests that run on Spark; they are skipped, with the reason, where there is none.
.PHONY: java
java:
	@if [[ " $(WITHOUT) " = *" $@ "* ]]; then exit 0; fi; \
	if command -v java >/dev/null; then exit 0; fi; \
	$(call from_debian,Java,openjdk-17-jre-headless)
