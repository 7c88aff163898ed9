# Yakusoku: `make run` starts everything, `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python on PATH that is new enough; scripts/setup.py explains when there is none.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
SOURCES := accounts api audit branding common customers desk helpdesk integrations knowledge mail portal privacy reports rules \
  scripts sla tests tickets topics transfers manage.py
# attrs.html stands within tags, where a line's end would show.
TEMPLATES = $(shell find templates -name '*.html' -not -name attrs.html)

export LANG := C.UTF-8
# Packages are compiled when first imported; without keeping that, every process would do it again.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPATH := $(CURDIR)

# Settings make a secret key in the data directory; a check must not touch that.
check lint types messages: export SECRET_KEY := only-for-checks

.PHONY: run
run: $(RUNTIME) ## Start the whole desk; Ctrl-C stops it, the data stays
	@DEMO="$${DEMO-1}" exec $(BIN)/python -m helpdesk.supervisor

# Without ARGS in three parts side by side: what starts real processes and browsers waits more than it
# computes, and leaves room for the two others. LONG comes last of the part ONE.
LONG := tests/test_authorization.py tests/test_bad_input.py
ONE := tests/common tests/mail tests/sla tests/tickets
PYTEST := $(BIN)/python -m pytest
.PHONY: test
test: $(DEV) ## Run the whole test suite: make test ARGS="-k promise -x"
ifeq ($(strip $(ARGS)),)
	@SECRET_KEY=only-for-tests $(BIN)/python manage.py compile_catalogs --verbosity 0
	@CHROMIUM=$$($(BIN)/python scripts/get_chromium.py) && export CHROMIUM || exit 1; \
	  $(PYTEST) -m slow >.venv/tests-slow.txt 2>&1 & slow=$$!; \
	  $(PYTEST) -m 'not slow' $(ONE) $(LONG) >.venv/tests-one.txt 2>&1 & one=$$!; \
	  $(PYTEST) -m 'not slow' $(LONG:%=--ignore=%) $(ONE:%=--ignore=%); result=$$?; \
	  wait $$one || result=1; wait $$slow || result=1; \
	  cat .venv/tests-one.txt .venv/tests-slow.txt; exit $$result
else
	@chromium=$$($(BIN)/python scripts/get_chromium.py) && CHROMIUM=$$chromium $(BIN)/python -m pytest $(ARGS)
endif

.PHONY: fuzz
fuzz: $(DEV) ## Send the API thousands of requests that its description allows, as each role
	@API_FUZZ_CASES=$${CASES:-5000} $(BIN)/python -m pytest tests/api/test_schema.py -k nothing_that_is_sent

.PHONY: check
check: lint types ## Check format, lint, types, imports, templates, migrations: fast, no services
	@$(BIN)/python -W ignore manage.py makemigrations --check --dry-run --verbosity 0 \
	  || { echo 'Models have changed. Run: $(BIN)/python manage.py makemigrations'; exit 1; }
	@$(BIN)/python -W ignore -m scripts.lint_migrations
	@$(BIN)/python manage.py check --fail-level WARNING
	@echo 'All checks passed.'

.PHONY: lint
lint: $(DEV) ## Check format, lint, import contracts and templates
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo 'Run: make format'; exit 1; }
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/lint-imports >.venv/lint-imports.txt || { cat .venv/lint-imports.txt; exit 1; }
	@$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)
	@$(BIN)/djhtml --check --tabwidth 2 $(TEMPLATES) 2>.venv/djhtml.txt || { cat .venv/djhtml.txt; exit 1; }
	@$(BIN)/djlint --lint --quiet --profile=django templates

.PHONY: types
types: $(DEV) ## Check types with mypy --strict
	@$(BIN)/mypy --no-error-summary

.PHONY: format
format: $(DEV) ## Format code and templates
	@$(BIN)/ruff format --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet --fix $(SOURCES)
	@$(BIN)/djade --target-version 5.2 $(TEMPLATES) || true
	@$(BIN)/djhtml --tabwidth 2 $(TEMPLATES)

.PHONY: bench
bench: $(DEV) ## Run the benchmarks; JSON on the last line
	@$(BIN)/python -m scripts.bench $(ARGS)

.PHONY: messages
messages: $(DEV) ## Bring the Japanese catalogue in line with code and templates
	@$(BIN)/python scripts/messages.py
	@$(BIN)/python manage.py compile_catalogs

.PHONY: screenshots
screenshots: $(DEV) ## Make the screenshots of the README
	@chromium=$$($(BIN)/python scripts/get_chromium.py) && CHROMIUM=$$chromium $(BIN)/python -m scripts.screenshots $(ARGS)

.PHONY: shell
shell: $(RUNTIME) ## Open a Django shell on the running desk
	@DEMO="$${DEMO-1}" $(BIN)/python manage.py shell

.PHONY: reset
reset: $(RUNTIME) ## Delete the data directory of a stopped desk
	@$(BIN)/python -m helpdesk.supervisor reset

.PHONY: setup
setup: $(DEV) ## Install everything, development tools included

.PHONY: lock
lock: ## Renew both requirements files (needs uv)
	@command -v uv >/dev/null || { echo 'make lock needs uv on PATH.'; exit 1; }
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

.PHONY: clean
clean: ## Delete the virtual environment and caches; the data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.data/*' -prune -exec rm -rf {} +

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(RUNTIME): requirements.txt scripts/setup.py
	@$(PYTHON) scripts/setup.py runtime
	@touch $@

$(DEV): requirements-dev.txt scripts/setup.py
	@$(PYTHON) scripts/setup.py dev
	@touch $@ $(RUNTIME)
