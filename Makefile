# The commands of this project. Each does its own set-up first; `make help` lists them.
STACK := python3 deploy/local/stack.py
PYTHON := .venv/bin/python
ENGINE ?= duckdb
ONLY ?=
WITHOUT ?=
NAMES ?=

export ENGINE

.DEFAULT_GOAL := help
.PHONY: help setup setup-spark up down status logs clean demo test check lock bench bench-score

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## installs and builds what is missing (root only for system packages; it says so)
	@$(STACK) setup

setup-spark: setup  ## adds Spark to the lake environment
	@$(STACK) setup-spark

up: setup  ## starts the whole system, or ONLY=a,b or all but WITHOUT=a,b
	@$(STACK) up $(if $(ONLY),--only $(ONLY)) $(if $(WITHOUT),--without $(WITHOUT))

down:  ## ends every process of this clone, keeps the data
	@$(STACK) down

status:  ## a table: process, pid, port, health, memory, start-up seconds
	@$(STACK) status

logs:  ## follows the logs, all or NAMES="a b"
	@$(STACK) logs $(NAMES)

clean:  ## ends everything and removes its data, secrets and logs
	@$(STACK) clean

demo: setup $(if $(filter spark,$(ENGINE)),setup-spark)  ## the main job from ERP book to lender's answer, step by step (ENGINE=spark for the other engine)
	@$(STACK) clean
	@$(STACK) up
	@$(PYTHON) -m demo

test: setup-spark  ## every suite
	@deploy/local/test.sh

check: setup  ## linters and types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@deploy/local/check-types.sh

lock: ## compiles every lock file anew
	@$(STACK) lock

bench-score: setup  ## POST /v1/score beside a plain FastAPI version; starts servers of its own, needs no running stack
	@$(PYTHON) -m bench.score

bench: setup  ## the first table of speed and size
	@$(STACK) up
	@$(PYTHON) -m bench
