# `make check` runs the runbook against a sandboxed DeepLearn, `make test` proves the project: from a bare machine with
# Python 3.11+ and make. What is installed stays in .venv and node_modules; once there, no network is needed.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help check test lint docs bench package sbom clean
.DEFAULT_GOAL := help

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

check: .venv/.installed  ## run the health suite against the sandbox and build the report
	@ci/health

test: .venv/.installed  ## run the whole test suite with the coverage gate
	@ci/setup-allure || true
	@ci/test

lint: .venv/.installed  ## formatting, lint, types, import arrows
	@ci/check

docs: .venv/.documenting  ## write the pages of docs/ that come from the code, and build the site, strictly
	@$(BIN)/python -m deeplearn_checks.reference docs
	@ci/docs

bench: .venv/.installed  ## measure speed and economy, peers side by side
	@$(BIN)/python benchmarks/signatures.py
	@$(BIN)/python benchmarks/suite.py
	@$(BIN)/python benchmarks/audit.py
	@$(BIN)/python benchmarks/monitor.py

package:  ## build wheel and sdist, try the wheel as installed on each Python
	@ci/package

sbom:  ## list what an installation consists of, and its known vulnerabilities
	@ci/supply-chain

clean:  ## remove what was installed and built
	rm -rf .venv node_modules build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sandbox,report,browser,duckdb,spark,monitor,postgresql]' --group dev
	@touch $@

.venv/.documenting: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	@touch $@
