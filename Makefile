.DEFAULT_GOAL := help
.PHONY: help run test coverage test-fast check lint types imports bench results chaos fuzz format clean

export PIP_DISABLE_PIP_VERSION_CHECK := 1
BIN := .venv/bin
INSTALLED := .venv/.installed
READY := .venv/.ready

$(INSTALLED): pyproject.toml constraints.txt
	python3 -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable . && touch $@

$(READY): $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]' && touch $@

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED)  ## train on generated digits, evaluate, and draw the figures
	$(BIN)/nnlab train configs/glyphs.yaml
	$(BIN)/nnlab eval latest && $(BIN)/nnlab plot all latest --open

test: $(READY)  ## run all tests on all cores
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadscope -q

coverage: $(READY)  ## run all tests and list the lines that none of them reaches
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadscope --cov --cov-report=term -q

test-fast: $(READY)  ## run the tests that take under half a second and need no other program
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadscope -m 'not slow' -q

check: lint types imports  ## lint, type-check and check the layering

lint: $(READY)  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy --strict
	$(BIN)/mypy

imports: $(READY)  ## import-linter
	$(BIN)/lint-imports

bench: $(READY)  ## time a training step, beside PyTorch's where that is installed
	$(BIN)/python -m bench

results: $(READY)  ## train every published experiment and write docs/results.md
	$(BIN)/python -m results train
	$(BIN)/python -m results write

chaos: $(READY)  ## disturb trainings in thousands of ways (hours); print what was tried
	NNLAB_CHAOS=1 $(BIN)/python -m pytest tests/faults -q

fuzz: $(READY)  ## give every parser a million damaged files (hours), then some guided by coverage
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	PYTHONPATH=tests $(BIN)/python -m faults.fuzz --guided 60

format: $(READY)  ## format the code and sort the imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the virtual environment and everything generated but runs
	rm -rf .venv .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist
	find . -name __pycache__ -prune -exec rm -rf {} +
