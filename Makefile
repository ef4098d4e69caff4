# make run    everything installed and up at http://127.0.0.1:8000 (Ctrl-C stops all of it)
# make demo   the main job end to end through the REST API; leaves its outputs in demo-output/
# make test   all tests            make check   lints, types, layers, migrations, contract artifact
# make bench  how fast PDFs are signed and evidence is notarised, how well contracts are reviewed; beside others

PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help install run demo test check bench format clean

help:
	@sed -n '1,5s/^# //p' Makefile

install: .make/installed

.make/installed: requirements.lock package-lock.json pyproject.toml app/install.sh
	@PYTHON="$(PYTHON)" sh app/install.sh
	@mkdir -p .make && touch $@

run: install
	@exec $(BIN)/dingyue up

demo: install
	@$(BIN)/dingyue demo

test: install
	@sh app/install.sh test-tools
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m app.check_migrations
	$(BIN)/python -m ledger.contracts.compile --check
	$(BIN)/python -m app.errors_page --check

bench: install
	@sh app/install.sh test-tools
	$(BIN)/python -m bench.signing --check
	$(BIN)/python -m bench.ledger
	$(BIN)/python -m bench.review
	$(BIN)/python -m bench.performance

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv node_modules .make .mypy_cache .ruff_cache .pytest_cache .hypothesis
