# Everything a newcomer needs: each target makes .venv, installs what it needs there and runs.
#   make demo    train LeNet on handwritten digits, with pictures in demo-output/
#   make test    the whole test suite
#   make quick   the tests without those that take seconds
#   make lint    ruff and mypy
#   make format  put the sources into the form that lint wants
#   make bench   the benchmarks

VENV := .venv
PY := $(VENV)/bin/python
JOBS ?= 2
PYTEST := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(PY) -m pytest -n $(JOBS) --dist worksteal
INTERPRETERS := python3 python python3.13 python3.12 python3.11 python3.10

.PHONY: demo test quick lint format bench clean

demo: $(VENV)/.installed-demo
	OMP_NUM_THREADS=1 $(PY) examples/digits.py  # a small network gains nothing from threads

test: $(VENV)/.installed-test
	$(PYTEST)

quick: $(VENV)/.installed-test
	$(PYTEST) -m "not slow"

lint: $(VENV)/.installed-test $(VENV)/.installed-lint
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(VENV)/.installed-lint
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

bench: $(VENV)/.installed-benchmarks
	$(PY) -m benchmarks

clean:
	rm -rf $(VENV) build dist demo-output .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info

# A stamp file per set of dependencies, so that the second call is quick.
$(VENV)/.installed-%: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$*]"
	@$(PY) -m compileall -q mxnet  # an installed package has its bytecode; a checkout should too
	@if $(PY) -c "import numba" 2>/dev/null; then $(PY) -m mxnet compile-kernels --quiet || \
	  echo "Kernels will be compiled when they are needed" >&2; fi
	@touch $@

$(VENV)/pyvenv.cfg:
	@for python in $(INTERPRETERS); do \
	  if $$python -c 'import sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' \
	      2>/dev/null; then echo "Making $(VENV) with $$($$python --version)"; \
	    exec $$python -m venv $(VENV); fi; \
	done; \
	echo "Python 3.10 to 3.13 is needed, and none is on PATH" >&2; exit 1

.SECONDARY:
