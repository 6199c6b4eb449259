# make demo       the grocery example, from nothing
# make test       everything that holds the project together
# make test-long  as many more made-up projects as you like: FIRST=100 SEEDS=100000 make test-long
#                 (with CASES=FOLDER what databases select otherwise becomes a small case there)
# make snowflake-check  does Snowflake itself select the right people? SNOWFLAKE_URL says where: see tests/snowflake_check.py
# make site       the documentation as a site, in site/
# make lint       style, layout and types, which `make test` looks at, too
# make fmt        mends style and layout
# make docs       writes docs/functions.md, docs/library.md, segdsl/schemas/*.json and segdsl/grammar/segment.json from what they are made of
# make clean      takes away what was made
#
# Both make their own virtual environment in .venv from requirements.lock; python3 must be 3.11 or newer.

PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-long snowflake-check site lint fmt docs clean

help:
	@sed -n 's/^# \(make.*\|  *(with.*\)/\1/p' Makefile

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "segdsl needs Python 3.11 or newer; $$($(PYTHON) --version 2>&1) is what $(PYTHON) is. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/grocery/demo.sh

test: $(STAMP)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

test-long: $(STAMP)
	$(BIN)/python -m pytest -q -s -m long

snowflake-check: $(STAMP)
	$(BIN)/python -m tests.snowflake_check

site: $(STAMP)
	$(BIN)/python -m mkdocs build --strict

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy segdsl tests action

fmt: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)
	$(BIN)/python -m segdsl.schemas
	$(BIN)/python -m segdsl.grammar.tables
	$(BIN)/python -m pytest -q tests/test_functions_page.py tests/test_library_page.py --update

clean:
	rm -rf $(VENV) build dist site *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -f examples/*/data/memberships.* examples/*/data/*/memberships.*
