PY := .venv/bin/python
export PORT DATA_DIR PYTHON BILLING ALL_DATABASES
unexport PYTHONDONTWRITEBYTECODE # some three hundred processes of the tests would each compile all again

.PHONY: help run test check lint bench chaos security screens promises setup-run setup-dev servers ghost

help: ## lists the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

setup-run:
	@dev/setup.sh run

setup-dev:
	@dev/setup.sh dev

servers: setup-dev
	@$(PY) -m tests.servers.install

run: setup-run ## starts everything: web, publisher, worker, clock, database, queue; BILLING=local sells plans
	@exec $(PY) -m dev.run

test: servers ## the suite: SQLite and Postgres, real queue, real servers, browser; ALL_DATABASES=1 runs each test on both
	@$(PY) -m pytest -n 3 --dist loadscope --no-loadscope-reorder $(or $(T),--evidence=evidence.json)

lint: setup-dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@$(PY) -m dev.datamap --check
	@$(PY) -m dev.documents --check

check: lint test ## lint, types, import rules, the tests, then that every promise has a proof that ran
	@$(PY) -m dev.promises

bench: servers ## benchmarks beside floors; writes bench.json; T=figures for one part
	@$(PY) -m tests.bench $(T)

chaos: servers ## fault runs: make chaos N=1000 SEED=1
	@$(PY) -m tests.chaos $(or $(N),1000) $(or $(SEED),1)

security: servers ## the long attacks: every route, id and field, fuzz, mutants (minutes)
	@ALL_DATABASES=1 $(PY) -m pytest -m security_long -n 3 --dist loadscope --no-loadscope-reorder -rP $(T)

ghost: servers ## asks a real Ghost what the tests ask a double (installs a gigabyte, once)
	@$(PY) -m pytest -m real_ghost tests/networks/adapters/test_ghost.py $(T)

screens: servers ## screenshots of the main pages into screens/
	@$(PY) -m dev.screens

promises: setup-dev ## the promise register with its proofs; fails while one has none
	@$(PY) -m dev.promises
