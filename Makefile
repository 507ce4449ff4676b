# Every target does its own set-up: a virtual environment with the locked versions, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SAMPLE := data/sample
STUDY := reports/study
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

.PHONY: help setup report example pictures test test-fast lint lab bench oracles clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("cdo-analysis needs Python 3.11 or later; name one with make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

report: $(READY)  ## the main job on the bundled sample: study and three reports under reports/
	@$(BIN)/python benchmarks/main_job.py --study $(STUDY) --out reports

example: $(READY)  ## the published examples, in reports/example/, from the bundled sample
	@$(BIN)/python benchmarks/example_reports.py

pictures: $(READY)  ## the pictures of the documentation, from the examples (needs Chromium)
	@$(BIN)/python benchmarks/page_pictures.py

test: $(READY) lint  ## every check: lint, types, import contract, doctests, notebooks, browser
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-fast: $(READY)  ## the quick tests, under two minutes
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

lab: $(READY)  ## JupyterLab; its launcher opens working copies of the notebooks, in reports/atelier
	$(BIN)/cdo-analysis lab --folder reports/atelier -- $(LAB)

bench: $(READY)  ## the speed and accuracy figures
	$(BIN)/python benchmarks/planted_truth.py
	$(BIN)/python benchmarks/weighting_speed.py
	$(BIN)/python benchmarks/measure_speed.py
	$(BIN)/python benchmarks/short_forms.py
	$(BIN)/python benchmarks/interval_coverage.py
	$(BIN)/python benchmarks/decision_speed.py
	$(BIN)/python benchmarks/report_speed.py
	$(BIN)/python benchmarks/explorer_speed.py
	$(BIN)/python benchmarks/latent_class_speed.py
	$(BIN)/python benchmarks/typology_truth.py
	$(BIN)/python benchmarks/typology_speed.py
	$(BIN)/python benchmarks/intake_speed.py
	$(BIN)/python benchmarks/import_cost.py
	$(BIN)/python benchmarks/planted_worlds.py --quick

oracles:  ## the reference numbers of tests/oracles, from R (needs R with survey, psych, nnet)
	cd tests/oracles && for script in *.R; do Rscript $$script || exit 1; done

clean:  ## remove the environment and what was rendered
	rm -rf $(VENV) $(STUDY) reports/*.html reports/*.ipynb reports/.runs
