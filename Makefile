# Everything runs in the environment that `make setup` puts into the cache folder; nothing has to be
# activated. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
# Folders for pytest, and options for it: `make test PYTEST="-k rollback -x"`.
PYTEST ?=
# Parts of the benchmark, and options for it.
BENCH ?=
# Options for the chaos table.
CHAOS ?=

RUN := $(PYTHON) -m toolchain run
# Groups of tests side by side (tests/conftest.py), in the order of SUITES: the longest begin first.
# A process that crashes ends the run with an error: for the tests of one that took its place, xdist
# would wait for ever. Unit tests compute: one process for each processor. The others wait more than
# they compute: four processes fill two cores.
PARALLEL := --dist loadgroup --no-loadscope-reorder --max-worker-restart 0
SUITES := $(addprefix tests/,lab chaos agent github workflows shop conformance)
# Takes the lab down, which others need.
ALONE := tests/lab/test_lifecycle.py
# PYTEST may leave out all of a part.
OR_NONE = || [[ $$? == 5 ]]
# Targets side by side, the output of each in one piece.
TOGETHER := --jobs --output-sync=target
STATIC := format-check lint types
SCRIPTS := $(shell git ls-files '*.sh' .ci/run examples/shop/bin)
# What runs on servers keeps to the standard library of Python 3.9.
ON_SERVERS := slipway/agent slipway/rollout slipway/protocol slipway/errors.py slipway/strenum.py

export PYTHONUNBUFFERED := 1

##@ Start
.PHONY: help setup github demo
help: ## list the targets
	@awk -F ':.*## ' '/^##@ / {print "\n" substr($$0, 5)} \
	    /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## install what is missing into the cache folder (quick when nothing is)
	@$(PYTHON) -m toolchain setup

github: ## set up, and install the GitHub plugin for stacks that manage GitHub
	@$(PYTHON) -m toolchain github

demo: setup ## the main job on this machine: a sample shop from source to staging and production
	@$(RUN) python -m lab.demo

##@ Check
.PHONY: check format-check lint types unit test lifecycle proofs bench chaos
check: setup ## format, lint, types and unit tests, side by side
	@$(MAKE) $(TOGETHER) $(STATIC) unit

format-check:
	@$(RUN) ruff format --check --quiet .

lint: ## lint Python and shell, and that what runs on servers runs on Python 3.9
	@$(RUN) ruff check --quiet .
	@$(RUN) vermin --quiet --no-tips --violations --target=3.9- $(ON_SERVERS)
	@$(RUN) shellcheck $(SCRIPTS)

types: ## type-check
	@$(RUN) mypy

unit: ## unit tests
	@$(RUN) pytest tests/unit --quiet $(PARALLEL) --numprocesses auto $(PYTEST) $(OR_NONE)

test: github ## all tests, on a real engine and the lab
	@$(MAKE) $(TOGETHER) $(STATIC) unit lifecycle
	@$(RUN) pytest $(SUITES) --ignore $(ALONE) -m "not proof" $(PARALLEL) --numprocesses 4 $(PYTEST) $(OR_NONE)

lifecycle:
	@$(RUN) pytest $(ALONE) $(PYTEST) $(OR_NONE)

proofs: github ## what is too heavy for `make test`: for each larger change, and before a release
	@$(RUN) pytest tests -m proof $(PARALLEL) --numprocesses 4 $(PYTEST)
	@$(RUN) python -m chaos $(CHAOS)

bench: $(if $(findstring github,$(BENCH)),github,setup) ## time deliveries: `make bench BENCH="delivery strategies growth peers planning github"`
	@$(RUN) python -m bench $(BENCH)

chaos: setup ## inject faults into rollouts under load: `make chaos CHAOS="--only '*killed*'"`
	@$(RUN) python -m chaos $(CHAOS)

##@ Work
.PHONY: env lab-up lab-down format lock clean
env: setup ## print the environment as lines for a shell's eval
	@$(PYTHON) -m toolchain env
	@$(RUN) slipway lab env

lab-up: setup ## start the servers and the registry
	@$(RUN) slipway lab up

lab-down: setup ## stop them, leaving nothing behind
	@$(RUN) slipway lab down

format: setup ## format the code and mend what lint can mend
	@$(RUN) ruff check --fix --quiet .
	@$(RUN) ruff format .

lock: setup ## pin every Python package with hashes: after changing pyproject.toml
	@$(RUN) uv pip compile --quiet --universal --generate-hashes --group dev \
	    --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

clean: ## remove what earlier versions left in the cache folder
	@$(PYTHON) -m toolchain clean
