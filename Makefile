# The commands of this project. Each does its own set-up first; `make help` lists them.
STACK := python3 deploy/local/stack.py
PYTHON := .venv/bin/python
EYES := PYTHONPATH=deploy/local $(PYTHON) -m altscore_local.observability
CHARTS := PYTHONPATH=deploy/local:deploy/helm $(PYTHON) -m altscore_helm
RELEASE := PYTHONPATH=deploy/local:deploy/connector $(PYTHON) -m altscore_release
CLUSTER := PYTHONPATH=deploy/local:deploy/compose:deploy/helm:deploy/cluster:. $(PYTHON) -m altscore_cluster
VAR := $(or $(ALTSCORE_VAR),var)
LAKE = PYTHONPATH=pipelines:libs/altscore_libs/src $$($(PYTHON) deploy/local/stack.py python lake) -m altscore_pipelines
RUNNING_LAKE = set -a; . $(VAR)/run/env/pipeline.env; "$$PIPELINE_PYTHON" -m altscore_pipelines
ENGINE ?= duckdb
ONLY ?=
LINES ?=
WITHOUT ?=
NAMES ?=
T ?=
SUITE ?=
TARGET ?= processes
PROOFS ?=
BACKUP ?=

KEY ?=
INFRA ?=
TF_PLUGIN_DIR ?=

export ENGINE

.DEFAULT_GOAL := help
.PHONY: help setup setup-spark up down status logs restart backup restore renew-certificates drill-restore drill-authority drill-portal journeys clean demo test check lock bench bench-score bench-vault bench-ingest bench-lake bench-scoring bench-ceiling bench-audit-search bench-audit bench-admin bench-pages
.PHONY: check-others mutants mutants-lake histories observe observe-pages observability-files doctor check-charts check-infra
.PHONY: lake-docs lake-explain lake-lineage security-page
.PHONY: connector-release connector-key connector-sign
.PHONY: demo-processes demo-compose demo-kubernetes test-deploy cluster-down images images-local sbom test-containers

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

logs:  ## follows the logs, merged by time, all or NAMES="a b"
	@$(STACK) logs $(NAMES)

restart:  ## ends processes, hung ones too, and starts them again: NAMES="a b"
	@$(STACK) restart $(or $(NAMES),$(error say which: make restart NAMES="score-api"))

backup:  ## copies databases, objects, keys and secrets of the running stack to BACKUP=folder (default: a new one in var/backups)
	@$(STACK) backup $(BACKUP)

restore:  ## puts BACKUP=folder in the place of this clone's state, starts it and proves it
	@$(STACK) restore $(or $(BACKUP),$(error say which: make restore BACKUP=var/backups/...))

drill-restore: setup  ## backup, loss of everything, restore, on an instance of its own; prints what was lost and how long it took
	@$(PYTHON) -m demo.restore_drill

drill-authority: setup  ## another certificate authority under a real broker of its own: nothing is lost, the old one is refused; about five minutes
	@$(PYTHON) -m demo.authority_drill

drill-portal: setup  ## an officer and an owner sign in at the portal of the running stack (TARGET=compose: of its containers)
	@$(PYTHON) -m demo.portal_drill --var $(if $(filter compose,$(TARGET)),var-compose,$(VAR))

journeys: setup  ## people at work in Chromium on the running stack, after the main job was done on it (TARGET=compose: on its containers)
	@$(PYTHON) -m demo.browser_journeys --var $(if $(filter compose,$(TARGET)),var-compose,$(VAR))

renew-certificates:  ## renews what is due of the services' certificates; running processes take it by themselves
	@$(STACK) renew-certificates

observe:  ## starts Prometheus and Alertmanager (and Grafana where it is installed) beside the running stack (TARGET=compose: its containers)
	@$(if $(filter compose,$(TARGET)),$(PYTHON) -m altscore_compose observe,$(EYES) observe)

observe-pages:  ## draws the dashboards from the running Prometheus into docs/operations
	@$(EYES) pages

observability-files:  ## makes rules/slo.yml and the dashboards anew from their tables
	@$(EYES) files

doctor:  ## says in words what is wrong with the running stack and which runbook to open; fails when something is
	@$(EYES) doctor

clean:  ## ends everything and removes its data, secrets and logs
	@$(STACK) clean

demo: setup $(if $(filter spark,$(ENGINE)),setup-spark)  ## removes this clone's data, then the main job from ERP data to the lender's answer (ENGINE=spark for the other engine, TARGET=compose or kubernetes for containers)
	@$(MAKE) --no-print-directory demo-$(TARGET)

demo-processes:
	@$(STACK) clean
	@$(STACK) up
	@$(PYTHON) -m demo

demo-compose:
	@$(PYTHON) -m altscore_compose clean
	@$(PYTHON) -m altscore_compose up
	@$(PYTHON) -m demo --var var-compose

demo-kubernetes:
	@$(CLUSTER) down
	@$(CLUSTER) demo

images:  ## builds our images with any Docker engine
	@deploy/images/build.sh ours

images-local: setup  ## builds stand-ins for the official images of the stores, for a machine that reaches no image registry
	@$(EYES) programs
	@deploy/images/build.sh local

sbom: setup  ## writes CycloneDX documents of every image that we build into var/sbom; fails when an image has none
	@$(EYES) programs
	@$(PYTHON) deploy/images/supplychain.py sbom

connector-release: setup  ## builds the distributor's connector: wheel, one file that installs itself, manifest, into var/connector
	@$(RELEASE) build

connector-key: setup  ## a new release key under a password, into the file KEY outside of the repository
	@$(RELEASE) key --key "$(or $(KEY),$(error say where: make connector-key KEY=<file>))"

connector-sign: setup  ## signs what connector-release built with the release key KEY
	@$(RELEASE) sign --key "$(or $(KEY),$(error say which: make connector-sign KEY=<file>))"

test-containers: setup  ## builds images, runs the compose target, a lender's call, restarts and stops it; skipped without an engine
	@$(PYTHON) -m pytest -p xdist -n 0 --timeout 1800 -rs tests/containers

test-deploy: setup  ## a real Kubernetes of one node (root): installs the chart, proves releases, policies, scaling; PROOFS="kill upgrade" only these
	@$(CLUSTER) prove $(if $(PROOFS),--only $(PROOFS))

cluster-down:  ## ends that cluster, with everything in it
	@$(CLUSTER) down

# One test needs Spark's environment only when it is a lake test.
test: $(if $(T)$(filter unit integration,$(SUITE)),$(if $(filter pipelines%,$(T)),setup-spark,setup),setup-spark)  ## every suite, or SUITE=unit|lake|integration, or T=path[::name] for one test
	@deploy/local/test.sh $(if $(T),--target "$(T)",$(if $(SUITE),--suite "$(SUITE)"))

histories: setup  ## plays COUNT=2000 random histories of each ERP source against the connector, from FIRST=0 on, and prints a table
	@PYTHONPATH=libs/altscore_connector/src:tests/simulators $(PYTHON) -m ledger_histories --count $(or $(COUNT),2000) --first $(or $(FIRST),0)

mutants: setup  ## changes guardrails, taxonomy and volume shifts one place at a time and lists what no test notices; ONLY=checks,constants for some modules; not part of make test
	@PYTHONPATH=. $(PYTHON) -m tests.mutants $(if $(ONLY),--only $(ONLY)) $(if $(LINES),--lines $(LINES))

mutants-lake: setup  ## the same for the SQL of Silver, features and labels, against the ledgers that the oracle walks; ONLY=labels,feat_payment for some files
	@PYTHONPATH=libs/altscore_libs/src:pipelines:pipelines/tests:tests/simulators $$($(STACK) python lake) -m sql_mutants $(if $(ONLY),--only $(ONLY))

check: setup  ## linters, import contracts, types, and the Helm chart where its programs can be built
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) deploy/local/side_by_side.py $(VAR)/check "types=deploy/local/check-types.sh" "others=make check-others"

check-others:
	@$(dir $(PYTHON))lint-imports --no-cache
	@$(EYES) check
	@cd services/admin/web && npm run --silent check
	@$(CHARTS).check --optional
	@$(PYTHON) deploy/images/supplychain.py audit

check-charts: setup  ## the Helm chart of every environment: schemas, kube-score, policies; builds the programs once
	@$(CHARTS).check

check-infra: setup  ## Terraform: formats, plans, applies on a stand-in, policies; TF_PLUGIN_DIR names a mirror of provider plug-ins, INFRA=a,b only these checks
	@TF_PLUGIN_DIR="$(TF_PLUGIN_DIR)" $(PYTHON) infra/terraform/check.py $(if $(INFRA),--only "$(INFRA)")

lock: ## compiles every lock file anew
	@$(STACK) lock

bench-score: setup  ## POST /v1/score beside a plain FastAPI version; starts servers of its own, needs no running stack
	@$(PYTHON) -m bench.score

bench-vault: setup  ## the vault with 500,000 identities; starts servers of its own, needs no running stack
	@$(PYTHON) -m bench.vault

bench-ingest: setup  ## batches to Bronze beside a plain FastAPI version; starts servers of its own, needs no running stack
	@$(PYTHON) -m bench.ingest

security-page: setup  ## writes the tables and the picture of docs/security.md from the code
	@PYTHONPATH=deploy/local $(PYTHON) -m docs.security.trust_map

lake-docs: setup  ## dbt's documentation of the lake as one HTML page into var/lake-docs
	@$(LAKE) docs --out $(VAR)/lake-docs

lake-explain: setup  ## the source records behind a value of the newest run: RETAILER=<retailer id> FEATURE=<column of Gold> [RUN=<run id>] [JSON=1]
	@($(RUNNING_LAKE) explain $(or $(RETAILER),$(error say whose: make lake-explain RETAILER=ret_... FEATURE=...)) $(or $(FEATURE),$(error say which: make lake-explain RETAILER=ret_... FEATURE=...)) $(if $(RUN),--run $(RUN)) $(if $(JSON),--json))

lake-lineage: setup  ## draws what the newest run's tables were made of into var/lake-lineage.svg [RUN=<run id>]
	@($(RUNNING_LAKE) lineage $(if $(RUN),--run $(RUN)) --out $(VAR)/lake-lineage.svg)

bench-lake: setup  ## Bronze to Gold of 5,000, 50,000 and 500,000 retailers; needs no running stack (SIZES=5000,50000 ENGINE=duckdb)
	@$(PYTHON) -m bench.lake $(if $(SIZES),--sizes $(SIZES)) $(if $(ENGINE),--engine $(ENGINE))

bench-scoring: setup  ## a run of 500,000 retailers by one worker and by two, and one on demand; servers of its own (RETAILERS=, WORKERS="1 2")
	@$(PYTHON) -m bench.scoring $(if $(RETAILERS),--retailers $(RETAILERS)) $(if $(WORKERS),--workers $(WORKERS))

bench-ceiling: setup  ## the demo's model beside what the generator knows and a learner without constraints, and the frauds it notices; needs no running stack
	@$(PYTHON) -m bench.ceiling $(if $(RETAILERS),--retailers $(RETAILERS))

bench-audit-search: setup  ## every search of the audit API over ten million entries; a PostgreSQL of its own
	@$(PYTHON) -m bench.audit_search

bench-audit: setup  ## rows a second that the audit chain takes and that its verifier reads, beside naive versions; a durable PostgreSQL of its own
	@$(PYTHON) -m bench.audit $(if $(ROWS),--rows $(ROWS))

bench-admin: setup  ## admin's lists and a year's compliance report over a million audit entries; servers of its own (ROWS=)
	@$(PYTHON) -m bench.admin $(if $(ROWS),--rows $(ROWS))

bench-pages: setup  ## first loads of the three kinds of pages in Chromium at a quarter of the processor's speed; needs no running stack (RUNS=)
	@$(PYTHON) -m bench.pages $(if $(RUNS),--runs $(RUNS))

bench: setup  ## the first table of speed and size
	@$(STACK) up
	@$(PYTHON) -m bench
