# `make demo` and `make test` do all the set-up on a fresh machine: each creates .venv and installs what it needs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Other libraries want packages of their own, such as an older pandas.
CLIENTS := $(VENV)-clients

.PHONY: demo test lint types tests test-clients bench bench-cuda pictures clean

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

# With skforecast, sktime, mlforecast and MAPIE, whose own warnings are no errors here. Minutes; not part of `make test`.
test-clients: $(CLIENTS)/.installed
	$(CLIENTS)/bin/python -m pytest -W default tests/clients

# Ratios against hand-written torch loops. Not part of the tests: run it on a quiet machine.
bench: $(INSTALLED)
	$(BIN)/python tests/benchmarks/bench_speed.py
	$(BIN)/python tests/benchmarks/bench_memory.py
	$(BIN)/python tests/benchmarks/bench_state.py
	$(BIN)/python tests/benchmarks/bench_forecast.py

# Ratios against a hand-written loop on cuDNN: on a machine with a GPU, and a torch that can use it.
bench-cuda: $(INSTALLED)
	$(BIN)/python tests/benchmarks/bench_cuda.py

# The pictures of the guides follow the code: draw them anew when it changes.
pictures: $(INSTALLED)
	$(BIN)/python docs/draw_time.py
	$(BIN)/python docs/draw_forecasting.py

define install
test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
$(1)/bin/python -m pip install --quiet --upgrade pip
$(1)/bin/python -m pip install --quiet --editable ".[$(2)]"
touch $@
endef

$(INSTALLED): pyproject.toml
	$(call install,$(VENV),dev)

$(CLIENTS)/.installed: pyproject.toml
	$(call install,$(CLIENTS),clients)

clean:
	rm -rf $(VENV) $(CLIENTS) .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
