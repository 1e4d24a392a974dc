PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK = $(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --quiet $(if $(UPGRADE),--upgrade)
ROOMS := domain database integrations activities workflows workers starters config simulation tests

.DEFAULT_GOAL := help
# The tests start many processes: what one has compiled, the others load.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install extras demo test check format crash bench bench-stock bench-intake fuzz-api docs histories lock clean

help: ## List what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F '\t' '{printf "  make %-11s %s\n", $$1, $$2}'

install: $(STAMP) ## Install everything into .venv from the hash-locked constraints.txt

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Holdfast needs Python 3.11 or newer, and '$(PYTHON)' is not: name another with make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "'$(PYTHON) -m venv' failed: install your system's venv package (Debian: python3-venv), then repeat." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r constraints.txt
	@# pip would compile on one processor, and the whole of packages of which a few modules are ever imported
	@$(BIN)/python -m compileall -q -j 0 -x '/(pip|pyiso20022|stripe)/' $(VENV)/lib || true
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 -x '/test_' $(ROOMS) # pytest compiles its tests itself, after rewriting their asserts
	@touch $@

extras: $(STAMP) ## Install what is optional: forecasting (planning) and real carriers (carriers)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints-extras.txt

demo: $(STAMP) ## Start everything, let every sample order live its life, say what became of them (KEEP=1 leaves it running)
	$(BIN)/oms demo $(if $(KEEP),--keep)

test: $(STAMP) ## Run every test on the real server (ARGS='-k name' narrows it)
	$(BIN)/python -m pytest -n 4 --dist loadgroup $(ARGS)

check: $(STAMP) ## Format, lint, types and the direction of imports
	$(BIN)/ruff format --check $(ROOMS)
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## Format the code and mend what the linter can mend
	$(BIN)/ruff format $(ROOMS)
	$(BIN)/ruff check --fix $(ROOMS)

crash: $(STAMP) ## 100 orders while workers are killed and activities run twice
	$(BIN)/python -m simulation.crash $(ARGS)

bench: $(STAMP) ## Orders per second against the floor; writes docs/benchmarks.md
	$(BIN)/python -m simulation.bench $(ARGS)

bench-stock: $(STAMP) ## Reservations, sourcing and forecasts per second; writes docs/benchmarks.md
	$(BIN)/python -m simulation.bench_stock $(ARGS)

fuzz-api: $(STAMP) ## Ask a running door everything that its description allows and forbids (ARGS='--examples 1000')
	$(BIN)/python -m simulation.fuzz_api $(ARGS)

bench-intake: $(STAMP) ## Webhooks accepted a second while Temporal is away; writes docs/benchmarks.md
	$(BIN)/python -m simulation.bench_intake $(ARGS)

docs: $(STAMP) ## Write docs/order-lifecycle.md from the code
	$(BIN)/python -m starters.lifecycle_page docs/order-lifecycle.md

histories: $(STAMP) ## Record the histories that tests/replay goes through again (ARGS='name' records one)
	$(BIN)/python -m tests.replay.record $(ARGS)

lock: ## Renew constraints.txt from pyproject.toml (UPGRADE=1 takes the newest versions)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --extra dev --output-file constraints.txt
	$(LOCK) --extra carriers --extra planning --constraints constraints.txt --output-file constraints-extras.txt

clean: ## Remove the installation, the runtime files and every cache
	rm -rf $(VENV) .oms build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
