# make search | test | lint | bench | docs | dist: each sets up .venv first, once.
# Options: PYTHON=python3.12, GPU=1 (TensorFlow with CUDA), SLOW=1 (all tests), ARGS="..." (flags),
# MINUTES=30 (of a search; MINUTES= for as many children as without a limit of time),
# TESTERS=4 (processes that test at a time, each on one core and with up to 6 GB).
PYTHON ?= python3
TESTERS ?= 2
MINUTES ?= 5
ARGS ?=
# Pinned, so that pip takes the CPU build "2.13.0+cpu" wherever one is at hand. PyPI's own build for
# Linux brings CUDA along; TORCH="torch --index-url https://download.pytorch.org/whl/cpu" does not.
TORCH ?= torch==2.13.0
BIN := .venv/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3

ifdef GPU
REQUIREMENTS := grep -v '^tensorflow' requirements.txt | $(BIN)/pip install -q -r /dev/stdin -r requirements-gpu.txt
else
REQUIREMENTS := $(BIN)/pip install -q -r requirements.txt
endif

.PHONY: search test lint bench docs dist setup clean
.DEFAULT_GOAL := setup

setup: .venv/ready

search: .venv/ready
	$(BIN)/nasnet search $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

test: .venv/ready-test $(if $(SLOW),.venv/ready-slow)
	$(BIN)/python -m pytest -n $(TESTERS) $(if $(SLOW),,-m "not slow") $(ARGS)

lint: .venv/ready-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The short forms; benchmarks/README.md has the long ones.
bench: .venv/ready-bench
	$(BIN)/python -m benchmarks.children --rounds 1 --children 2
	$(BIN)/python -m benchmarks.step --short --rounds 1
	$(BIN)/python -m benchmarks.startup --rounds 1
	$(BIN)/python -m benchmarks.child --batches 8 --cells 1
	$(BIN)/python -m benchmarks.commands --rounds 1
	$(BIN)/python -m benchmarks.memory --children 30
	$(BIN)/python -m benchmarks.growth --rounds 1
	$(BIN)/python -m benchmarks.supernet --short
	$(BIN)/python -m benchmarks.controller --short
	$(BIN)/python -m benchmarks.controller_learning --seeds 1
	$(BIN)/python -m benchmarks.loop --sizes 100 1000
	$(BIN)/python -m benchmarks.idle --trials 6 --controllers random
	$(BIN)/python -m benchmarks.cores --rounds 1
	$(BIN)/python -m benchmarks.cluster --rounds 1 --children 2
	$(BIN)/python -m benchmarks.scale --slots 100 --rounds 5 --controllers random evolution
	$(BIN)/python -m benchmarks.pipeline --rounds 1 --images 200
	$(BIN)/python -m benchmarks.stacking --short

# The pages of docs/ with a reference from docstrings, in docs/_build/html; a broken link is an error.
docs: .venv/ready-docs
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "open docs/_build/html/index.html"

# Wheel and source archive in dist/, checked as PyPI checks them.
dist: .venv/ready-dist
	rm -rf dist
	$(BIN)/python -m build -q
	$(BIN)/twine check --strict dist/*

.venv/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"python is {v[0]}.{v[1]}, expected 3.11 to 3.13: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --upgrade pip

.venv/ready: requirements.txt requirements-gpu.txt pyproject.toml | .venv/bin/python
	@echo "installing into .venv (TensorFlow is large, this takes a minute or two) ..."
	$(REQUIREMENTS)
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

.venv/ready-test: .venv/ready
	$(BIN)/pip install -q "hypothesis>=6.100" "pyte>=0.8" "pytest>=8.2" "pytest-timeout>=2.3" "pytest-xdist>=3.6"
	-$(BIN)/pip install -q "distributed>=2026.8" "psycopg[binary]>=3.2"
	@touch $@

# Tests skip what cannot be installed, so that one platform without a wheel does not stop the rest.
.venv/ready-slow: .venv/ready-test
	-$(BIN)/pip install -q "jax>=0.5"
	-$(BIN)/pip install -q "ai-edge-litert>=1.2" "onnx>=1.17" "onnxruntime>=1.20" "tf2onnx>=1.17"
	-$(BIN)/pip install -q "importlib_resources" "tensorflow-datasets>=4.9"
	-$(BIN)/pip install -q "tensorboard>=2.17" "twine>=6"
	-$(BIN)/pip install -q "safetensors>=0.4"
	-$(BIN)/pip install -q $(TORCH)
	@touch $@

# A peer that cannot be installed is left out of the comparison, which says so.
.venv/ready-bench: benchmarks/requirements.txt | .venv/ready-test
	-$(BIN)/pip install -q $$(grep -v '^#' $< | sed 's/ *#.*//' | grep -v '^torch')
	-$(BIN)/pip install -q $(TORCH)
	@touch $@

.venv/ready-lint: .venv/ready-test
	$(BIN)/pip install -q "mypy>=1.15" "ruff>=0.12"
	@touch $@

.venv/ready-docs: .venv/ready-test
	$(BIN)/pip install -q furo myst-nb "sphinx>=8"
	@touch $@

.venv/ready-dist: .venv/ready
	$(BIN)/pip install -q "build>=1.2" "twine>=6"
	@touch $@

clean:
	rm -rf .venv build dist docs/_build src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
