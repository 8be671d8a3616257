# The commands of this project. Each does its own set-up first; `make help` lists them.
STACK := python3 deploy/local/stack.py
PYTHON := .venv/bin/python
ENGINE ?= duckdb
ONLY ?=
WITHOUT ?=
NAMES ?=
T ?=
SUITE ?=
TARGET ?= processes
COMPOSE := deploy/compose/compose.sh

export ENGINE

.DEFAULT_GOAL := help
.PHONY: demo-processes demo-compose help setup setup-spark up down status logs clean demo test test-containers check lock bench bench-score images images-local sbom

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

demo: setup $(if $(filter spark,$(ENGINE)),setup-spark)  ## removes this clone's data, then the main job from ERP data to the lender's answer (ENGINE=spark for the other engine, TARGET=compose for containers)
	@$(MAKE) --no-print-directory demo-$(TARGET)

demo-processes:
	@$(STACK) clean
	@$(STACK) up
	@$(PYTHON) -m demo

demo-compose:
	@$(COMPOSE) --profile demo down --volumes --remove-orphans
	@$(PYTHON) -m altscore_compose up
	@$(PYTHON) -m demo --var var-compose

images:  ## builds our images with any Docker engine
	@deploy/images/build.sh ours

images-local: setup  ## builds stand-ins for the official images of the stores, for a machine that reaches no image registry
	@deploy/images/build.sh local

sbom: setup  ## writes a CycloneDX document per image into var/sbom
	@$(PYTHON) deploy/images/supplychain.py sbom

test-containers: setup  ## builds images, runs the compose target, a lender's call, restarts and stops it; skipped without an engine
	@$(PYTHON) -m pytest -p xdist -n 0 --timeout 1800 -rs tests/containers

# One test needs Spark's environment only when it is a lake test.
test: $(if $(T)$(filter unit integration,$(SUITE)),$(if $(filter pipelines%,$(T)),setup-spark,setup),setup-spark)  ## every suite, or SUITE=unit|lake|integration, or T=path[::name] for one test
	@deploy/local/test.sh $(if $(T),--target "$(T)",$(if $(SUITE),--suite "$(SUITE)"))

check: setup  ## linters, import contracts and types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(dir $(PYTHON))lint-imports --no-cache
	@deploy/local/check-types.sh
	@$(PYTHON) deploy/images/supplychain.py audit

lock: ## compiles every lock file anew
	@$(STACK) lock

bench-score: setup  ## POST /v1/score beside a plain FastAPI version; starts servers of its own, needs no running stack
	@$(PYTHON) -m bench.score

bench: setup  ## the first table of speed and size
	@$(STACK) up
	@$(PYTHON) -m bench
