# Needs Python 3.11 or newer and make; everything else goes into .venv, at the versions of constraints.txt.

PYTHON ?= python3
BIN := .venv/bin
PIP = $(BIN)/python -m pip install -qq --constraint constraints.txt

.PHONY: help run simulate test check soak bench mutants docs constraints clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: .venv/.ready ## start a shop with widget, workspace and help centre
	@exec $(BIN)/python examples/demo/run.py

simulate: .venv/.ready ## let a day pass at the shop, on a virtual clock
	@$(BIN)/python examples/shop/day.py

test: .venv/.ready ## run the tests on two processes
	@$(BIN)/pytest -n 2 tests

check: .venv/.ready docs ## lint, types, layers, documentation and its code blocks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest docs $(wildcard README.md)

soak: .venv/.ready ## ten minutes of kills, sleeps and restarts (needs PostgreSQL's programs and redis-server)
	@CSCHAT_NEEDS_ALL=1 CSCHAT_CHAOS_SECONDS=600 $(BIN)/pytest -q -s tests/chaos

bench: .venv/.ready ## measure against hand-written rows
	@$(BIN)/python -m benchmarks

mutants: .venv/.ready ## break the code in many places and see that a test notices each
	@$(BIN)/python tests/mutants.py

docs: .venv/.ready ## build the pages into build/docs
	$(BIN)/sphinx-build -q -E -W --keep-going -d build/doctrees docs build/docs

constraints: ## resolve all dependencies anew and rewrite constraints.txt
	rm -rf build/resolve
	$(PYTHON) -m venv build/resolve
	build/resolve/bin/python -m pip install -qq --upgrade pip
	build/resolve/bin/python -m pip install -qq --group dev --editable '.[bots,charts,cli,knowledge,parquet,postgres,redis,search,stats,web]' hatchling editables
	{ grep '^#' constraints.txt; build/resolve/bin/python -m pip freeze --all --exclude cschat --exclude setuptools; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean: ## remove everything that was made
	rm -rf .venv build dist htmlcov .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The pip that comes with Python 3.11 knows no dependency groups, so it is brought to the pinned one first.
.venv/.ready: pyproject.toml constraints.txt
	@echo "Preparing .venv ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) --upgrade pip
	@$(PIP) --build-constraint constraints.txt --group dev --editable '.[bots,charts,cli,knowledge,parquet,postgres,redis,search,stats,web]'
	@touch $@
