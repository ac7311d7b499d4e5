# `make demo` and `make test` do all the set-up on a fresh machine: each creates .venv and installs what it needs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint types tests bench pictures clean

demo: $(INSTALLED)
	$(BIN)/python examples/demo.py

test: lint types tests

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

tests: $(INSTALLED)
	$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal

# Ratios against hand-written torch loops. Not part of the tests: run it on a quiet machine.
bench: $(INSTALLED)
	$(BIN)/python tests/benchmarks/bench_speed.py
	$(BIN)/python tests/benchmarks/bench_memory.py
	$(BIN)/python tests/benchmarks/bench_state.py
	$(BIN)/python tests/benchmarks/bench_forecast.py

# The pictures of the guides follow the code: draw them anew when it changes.
pictures: $(INSTALLED)
	$(BIN)/python docs/draw_time.py
	$(BIN)/python docs/draw_forecasting.py

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
