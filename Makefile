# `make demo` and `make test` do all the set-up on a fresh machine: each creates .venv and installs what it needs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Other libraries want packages of their own, such as an older pandas.
CLIENTS := $(VENV)-clients
# The benchmark compares with Keras on JAX, which need nothing of this package.
KERAS := $(VENV)-keras

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

# Ratios against hand-written torch loops and Keras. Not part of the tests: an hour on a quiet machine of two cores.
bench: $(INSTALLED) $(KERAS)/.installed
	$(BIN)/python tests/benchmarks/bench_speed.py --grid --keras $(KERAS)/bin/python
	$(BIN)/python tests/benchmarks/bench_memory.py
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
$(1)/bin/python -m pip install --quiet $(2)
touch $@
endef

$(INSTALLED): pyproject.toml
	$(call install,$(VENV),--editable ".[dev]")

$(CLIENTS)/.installed: pyproject.toml
	$(call install,$(CLIENTS),--editable ".[clients]")

$(KERAS)/.installed: Makefile
	$(call install,$(KERAS),keras==3.15.* jax==0.10.*)

clean:
	rm -rf $(VENV) $(CLIENTS) $(KERAS) .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
