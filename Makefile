# Two commands matter: `make demo` and `make test`. Both set everything up first, once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BUILT := $(VENV)/.built
CORE := $(wildcard pipeline/cascade/*.py pipeline/cascade/*.pyx pipeline/cascade/*.pxd)
FOR ?=
SEED ?=
JOBS ?= 4
N ?= $(if $(SEED)$(CASE),1,500)
CASE ?=
FAULTS ?= 200
PEERS := faust quix bytewax pathway

.PHONY: help setup demo test test-all simulate faults bench check lock generate clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(BUILT) ## make .venv with the locked dependencies, fetch Kafka's jars, compile the core

$(STAMP): requirements/dev.lock requirements/bootstrap.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: set PYTHON=/path/to/python3.11")'
	@echo "[1/4] making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "[2/4] installing locked packages (a minute on the first run)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes requirements/dev.lock
	@echo "[3/4] fetching Apache Kafka's jars (about 45 MB on the first run)"
	@$(BIN)/python -m pipeline.embedded.prepare
	@touch $@

$(BUILT): $(STAMP) $(CORE) setup.py
	@echo "[4/4] compiling the core (a minute or two; without a C compiler it runs as plain Python)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## live cascades on a page; FOR=60 stops by itself after 60 s of moving data
	@$(BIN)/cascades demo $(if $(FOR),--for $(FOR))

test: setup ## every test, in JOBS=4 processes (most of them wait); ARGS="tests/unit -k ledger" runs some
	@CASCADES_TEST_EFFORT=$${CASCADES_TEST_EFFORT:-0.35} $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

test-all: setup ## the same with three times the random examples, and what repeats a promise at more points: every step to be killed at, every way to fail
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --extended $(ARGS)

simulate: setup ## seeded lives of workers on simulated Kafka and ClickHouse; SEED=123 replays one, N=10000 runs many
	@PYTHONPATH=tests $(BIN)/python -W ignore -m simulation --seed $(or $(SEED),0) --seeds $(N) $(if $(CASE),--case $(CASE))

faults: setup ## real workers, broker and engine struck at random while cascades flow; SEED=7 FAULTS=60, ARGS="--data FOLDER"
	@PYTHONPATH=tests:. $(BIN)/python -W ignore -m campaign $(if $(SEED),--seed $(SEED)) --faults $(FAULTS) $(ARGS)

bench: setup ## compare with other stream processors, half an hour, goes on where it was cut off; ARGS="--only c0,c,b --events 200000 --runs 1" is quick
	@$(BIN)/python -m benchmarks.compare $(ARGS)

check: setup ## lint, format, types, import direction
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

generate: setup ## write the generated files again: JSON Schema, AsyncAPI, Grafana dashboards, table of platforms
	@$(BIN)/python -m schemas.generate
	@$(BIN)/python -m pipeline.ingest.platform_docs
	@$(BIN)/python -m grafana.generate

lock: setup ## resolve the dependencies again (hashes, no registry addresses)
	@$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --all-extras pyproject.toml requirements/build.in -o requirements/dev.lock
	@for one in "pyproject.toml -o requirements/runtime.lock" "requirements/build.in -o requirements/build.lock"; do \
	  $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --constraint requirements/dev.lock $$one; done
	@for peer in $(PEERS); do \
	  $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 benchmarks/peers/$$peer.in -o benchmarks/peers/$$peer.lock > /dev/null; done

clean: ## remove what was built (keeps downloads)
	rm -rf pipeline/cascade/*.so $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
