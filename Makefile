# Plain GNU make and Python 3.11 or later are all that is needed; everything else is set up in .venv.
.DEFAULT_GOAL := help
.PHONY: help run dev test rules soak check check-static format lock bench
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# Looked up only when used: the first one that runs and is new enough.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
INSTALL = @python="$(PYTHON)"; \
	test -n "$$python" || { echo "需要 Python 3.11 或更高版本 (Python 3.11 or later is needed)" >&2; exit 1; }; \
	VENV=$(VENV) "$$python" tools/bootstrap.py

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "make %-13s %s\n", $$1, $$2 }'

run: ## the whole portal in one process on SQLite, with a demonstration district (HOST, PORT, DEMO_PASSWORD)
	$(INSTALL) run
	@exec $(BIN)/python manage.py portal

dev: ## the same with development tools installed; pages reload when code changes (no worker, no beat)
	$(INSTALL) dev
	@DJANGO_SETTINGS_MODULE=fenghua_portal.settings.dev exec $(BIN)/python manage.py portal --dev

test: ## the tests on SQLite, on PostgreSQL and in a browser; services are started when there are none
	$(INSTALL) dev
	@$(BIN)/python -m tools.run_tests

rules: ## the rule engine's tests only (no database)
	$(INSTALL) dev
	@$(BIN)/python -m pytest -q -p no:xdist tests/rules

soak: ## the long tests, minutes each: a worker killed 200 times (PostgreSQL and Redis)
	$(INSTALL) dev
	@$(BIN)/python -m tools.run_tests --soak

check: ## everything a commit must pass: check-static, then the tests
	@$(MAKE) check-static
	@$(MAKE) test

check-static: ## style, types, import contracts, templates, settings, migrations
	$(INSTALL) dev
	@$(BIN)/python -m tools.check

format: ## put the code in the house style
	$(INSTALL) dev
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

lock: ## pin requirements*.in with hashes (UPGRADE=1 takes newer releases)
	$(INSTALL) dev
	@$(BIN)/python -m tools.lock $(if $(UPGRADE),--upgrade)

bench: ## measure against the physical limit (docs/performance.md); takes some minutes
	$(INSTALL) dev
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))
