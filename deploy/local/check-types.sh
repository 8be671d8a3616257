#!/usr/bin/env bash
# mypy over every package of the workspace, and over the tests that are clean, in one run.
set -euo pipefail
cd "$(dirname "$0")/../.."
mapfile -t packages < <(printf '%s\n' libs/*/src services/*/src services/*/verifier/src pipelines/altscore_pipelines deploy/local libs/*/tests)
exec .venv/bin/python -m mypy "${packages[@]}"
