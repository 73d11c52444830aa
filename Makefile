# Works from a fresh clone: every target that needs the environment makes it first.
# On a machine with several Pythons, `make setup PYTHON=/path/to/python3.12` chooses one.

SHELL := bash
PYTHON ?=
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# nbgrader starts helpers of its own by name.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check build tolerances bench release clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-17s %s\n", $$1, $$2 }'

setup: $(STAMP) ## make .venv with the versions of constraints.txt (again only when they change)

# The first Python that is new enough and can make a virtual environment. The stamp is written last, so an interrupted
# setup is taken up again; an environment that does not work is made anew.
SUITABLE := -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
$(STAMP): constraints.txt
	@found=; for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	  if $$python $(SUITABLE); then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "error: no Python 3.11 or newer that can make virtual environments was found; install one (on Debian:" \
	    "python3 and python3-venv) or name it: make setup PYTHON=/path/to/python3" >&2; \
	  exit 2; \
	fi; \
	if ! { $(PY) $(SUITABLE) && $(PY) -m pip --version >/dev/null 2>&1; }; then \
	  echo "Making $(VENV) with $$($$found --version)"; \
	  $$found -m venv --clear $(VENV) || exit 2; \
	fi; \
	echo "Installing the packages of constraints.txt (some minutes the first time)"; \
	set -o pipefail; \
	$(PY) -m pip install --disable-pip-version-check -r constraints.txt | awk -v all="$$(grep -c == constraints.txt)" \
	  '/^(Collecting|Processing)/ { sub(".*/", "", $$2); printf "\r  %3d of %d: %-60.60s", ++n, all, $$2; fflush() } \
	   /^Installing/ { printf "\n  unpacking them\n"; fflush() }' || { \
	  echo "error: pip could not install the packages; see its message above, then run the same command again" >&2; \
	  exit 2; \
	}
	@touch $@

demo: $(STAMP) ## build, grade a class of made-up students, and show the result
	@$(PY) -m grader demo

test: $(STAMP) ## all tests of this repository
	@$(PY) -m pytest

check: $(STAMP) ## style, types, drift of generated files, fast tests: before every commit
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy utils grader
	@$(PY) -m grader build --check
	@$(PY) -m pytest -q -m "not slow"

build: $(STAMP) ## make the notebooks and other generated files from their sources
	@$(PY) -m grader build

tolerances: $(STAMP) ## measure noise and signal of every check and store the tolerances between them
	@$(PY) -m tests.measure_tolerances

bench: $(STAMP) ## speed against torch, and of the gradient checker
	@$(PY) -m tests.benchmarks

release: $(STAMP) ## write the archive for students, dist/layerwise-student.zip
	@$(PY) -m grader release

clean: ## remove .venv, caches and dist; submissions and grades in grader/work stay
	@rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
