#!/usr/bin/env bash
# mypy --strict over the whole repository in one run; pyproject.toml names the little that is left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t packages < <(printf '%s\n' libs/*/src libs/*/tests services/*/src services/*/tests \
    services/*/verifier/src services/*/verifier/tests pipelines/altscore_pipelines pipelines/tests pipelines/dags \
    deploy/local deploy/compose deploy/images demo bench tests/architecture tests/contract tests/integration tests/simulators)
exec .venv/bin/python -m mypy "${packages[@]}"
