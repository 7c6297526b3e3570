# A fresh machine needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin

# uv where it is present, because it is ten times faster; pip otherwise.
UV := $(shell command -v uv 2>/dev/null)
VENV := $(if $(UV),uv venv --quiet --allow-existing --python $(PYTHON),$(PYTHON) -m venv)
INSTALL := $(if $(UV),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)

.DEFAULT_GOAL := help
PICTURED ?= var
.PHONY: help demo test lint chaos attack bench picture lock

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

demo: .venv/installed  ## simulate a CRM, train, score, write back and report
	$(BIN)/leadscore demo

test: .venv/developed  ## run the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/developed  ## check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --project pyproject.toml

chaos: .venv/developed  ## kill commands 200 times and more at random moments, scores on a real PostgreSQL, and count
	LEADSCORE_KILLS=200 $(BIN)/python -m pytest tests/pipelines/test_chaos.py

attack: .venv/developed  ## send hostile cells, settings, models, forms and connections, race what there may be one of, and count
	LEADSCORE_ATTACK=1 $(BIN)/python -m pytest tests/test_linear.py tests/app/security tests/data/config tests/data/test_drafts.py \
		tests/data/dataset/test_damage.py tests/data/sources/test_connections.py tests/data/sources/test_unpacking.py \
		tests/data/store/test_feedback.py \
		tests/data/store/test_store.py tests/models/versions/test_artifacts.py tests/pipelines/doctor tests/pipelines/personal

bench: .venv/developed  ## measure speed and memory beside named references
	$(BIN)/python -m benchmarks.pipeline
	$(BIN)/python -m benchmarks.scoring
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.quality --simulator

picture: .venv/developed  ## make the picture of the lead page in the docs, from the demo
	$(BIN)/python -m benchmarks.picture $(PICTURED) docs/lead.png

# What developers need besides is resolved under the pins of what running needs.
COMPILE := uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make lock" --quiet
lock: .venv/developed  ## pin the dependencies of pyproject.toml, with hashes, in requirements.txt and requirements-dev.txt
	$(BIN)/$(COMPILE) pyproject.toml --group install --output-file requirements.txt
	$(BIN)/$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt

# Each file marks a finished installation; the project itself is installed in place, from this folder.
.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "This is Python %d.%d; 3.11 or newer is needed: make PYTHON=python3.11" % sys.version_info[:2])'
	$(VENV) .venv
	$(INSTALL) --requirement requirements.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.venv/developed: .venv/installed requirements-dev.txt
	$(INSTALL) --requirement requirements-dev.txt
	touch $@
