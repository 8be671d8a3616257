#!/usr/bin/env bash
# mypy --strict over the whole repository; pyproject.toml names the little that is left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t packages < <(printf '%s\n' libs/*/src libs/*/tests services/*/src services/*/tests \
    services/*/verifier/src services/*/verifier/tests pipelines/altscore_pipelines pipelines/tests pipelines/dags \
    deploy/local deploy/compose deploy/images deploy/connector/altscore_release deploy/helm/altscore_helm deploy/cluster/altscore_cluster infra/terraform demo bench tests/architecture tests/assume_breach tests/contract \
    tests/integration tests/mutants tests/simulators)
.venv/bin/python -m mypy "${packages[@]}"
# A run of its own: in one run these would be a second module `tests.conftest`, beside the local stack's.
.venv/bin/python -m mypy deploy/helm/tests
.venv/bin/python -m mypy deploy/cluster/tests
.venv/bin/python -m mypy deploy/connector/tests
