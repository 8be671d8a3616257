#!/usr/bin/env bash
# Runs every suite. The integration suite starts the stack itself, once.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec .venv/bin/python -m pytest "$@"
