# The commands of this project. Each does its own set-up first; `make help` lists them.
STACK := python3 deploy/local/stack.py
PYTHON := .venv/bin/python
ENGINE ?= duckdb
ONLY ?=
WITHOUT ?=
NAMES ?=
T ?=
SUITE ?=

export ENGINE

.DEFAULT_GOAL := help
INFRA ?=
TF_PLUGIN_DIR ?=
.PHONY: help setup setup-spark up down status logs clean demo test check check-infra lock bench bench-score

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

status:  ## a table: process, pid, port, health, memory, start-up seconds; fails when something that should run is down
	@$(STACK) status

logs:  ## follows the logs, all or NAMES="a b"
	@$(STACK) logs $(NAMES)

clean:  ## ends everything and removes its data, secrets and logs
	@$(STACK) clean

demo: setup $(if $(filter spark,$(ENGINE)),setup-spark)  ## removes this clone's data, then the main job from ERP data to the lender's answer (ENGINE=spark for the other engine)
	@$(STACK) clean
	@$(STACK) up
	@$(PYTHON) -m demo

# One test needs Spark's environment only when it is a lake test.
test: $(if $(T)$(filter unit integration,$(SUITE)),$(if $(filter pipelines%,$(T)),setup-spark,setup),setup-spark)  ## every suite, or SUITE=unit|lake|integration, or T=path[::name] for one test
	@deploy/local/test.sh $(if $(T),--target "$(T)",$(if $(SUITE),--suite "$(SUITE)"))

check: setup  ## linters, import contracts and types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(dir $(PYTHON))lint-imports --no-cache
	@deploy/local/check-types.sh

check-infra: setup  ## Terraform: formats, plans, applies on a stand-in, policies; TF_PLUGIN_DIR names a mirror of provider plug-ins, INFRA=a,b only these checks
	@TF_PLUGIN_DIR="$(TF_PLUGIN_DIR)" $(PYTHON) infra/terraform/check.py $(if $(INFRA),--only "$(INFRA)")

lock: ## compiles every lock file anew
	@$(STACK) lock

bench-score: setup  ## POST /v1/score beside a plain FastAPI version; starts servers of its own, needs no running stack
	@$(PYTHON) -m bench.score

bench: setup  ## the first table of speed and size
	@$(STACK) up
	@$(PYTHON) -m bench
