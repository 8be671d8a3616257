#!/usr/bin/env bash
# Every suite: units first (a worker per core), then the lake in its own environment,
# then the stories and drills on the real stack.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=.venv/bin/python
lake=$("$python" deploy/local/stack.py python lake)
"$python" -m pytest --numprocesses auto --dist loadfile \
    libs services deploy tests/architecture tests/contract tests/simulators "$@"
PYTHONPATH="libs/altscore_libs/src:pipelines:tests/simulators:." "$lake" -m pytest pipelines/tests "$@"
"$python" -m pytest tests/integration --timeout 1800 "$@"
