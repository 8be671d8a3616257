#!/usr/bin/env bash
# Runs tests, each in the environment it needs. Usage: test.sh [--suite unit|lake|integration] [--target path[::name]]
# Without arguments: every suite; units first (a worker per core), then the lake beside the stories and drills on the real stack.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=.venv/bin/python
# A test file is rewritten and a module compiled once, not anew by every worker and every process that a test starts.
unset PYTHONDONTWRITEBYTECODE
suite=
target=
while [ $# -gt 0 ]; do
    case "$1" in
        --suite) suite=$2; shift 2 ;;
        --target) target=$2; shift 2 ;;
        *) echo "unknown argument: $1" >&2; exit 2 ;;
    esac
done

# The longest files first and many short ones last: a worker takes a whole file, and the others would wait for a long one
# at the end (the exploration of admin's API takes a minute). The libraries before the services, whose commands give the
# test's process a name that stands in its log lines.
unit_paths=(tests/simulators libs services deploy tests/contract tests/architecture tests/assume_breach)

# The same examples in every run, and none that fails because the machine was busy: Hypothesis's own profile for this.
examples=(--hypothesis-profile ci)

# Coverage is measured on the whole unit suite alone: a part of it says nothing about a package. SlipCover takes its
# probes out of lines that run often (testing_coverage), where a tracing tool costs two thirds of the suite's time.
run_units() {
    # A worker more than cores: tests wait for PostgreSQL, for processes that they start and for each other half of the time.
    mkdir -p var/coverage
    # It says that it measures no branches of the test files themselves, which are left out anyway.
    PYTHONWARNINGS="ignore:Unable to activate pytest branch coverage:RuntimeWarning" \
        "$python" -m slipcover --branch --json --out var/coverage/report.json -m pytest --numprocesses "$(($(nproc) + 1))" \
        -p altscore_libs.testing_coverage -p altscore_libs.testing_authorities -p altscore_libs.testing_garbage \
        -p altscore_libs.testing_types \
        --dist loadfile --no-loadscope-reorder "${examples[@]}" "$@"
    "$python" deploy/local/coverage_floors.py var/coverage/report.json
}

run_lake() {
    local lake
    lake=$("$python" deploy/local/stack.py python lake)
    PYTHONPATH="libs/altscore_libs/src:pipelines:tests/simulators:." "$lake" -m pytest --timeout 600 "${examples[@]}" "$@"
}

run_integration() {
    "$python" -m pytest --timeout 1800 "$@"
}

# The lake's suite computes while the other mostly waits for the stack; it gives way, since the stack's tests have limits in time.
run_lake_beside_integration() {
    "$python" deploy/local/side_by_side.py var/test "lake=nice -n 10 deploy/local/test.sh --suite lake" \
        "integration=deploy/local/test.sh --suite integration"
}

if [ -n "$target" ]; then
    path=${target%%::*}
    [ -e "$path" ] || { echo "no such test: $path" >&2; exit 2; }
    case "$path" in
        pipelines*) run_lake "$target" ;;
        tests/integration*) run_integration "$target" ;;
        *) "$python" -m pytest "$target" ;;
    esac
    exit
fi

case "$suite" in
    unit) run_units "${unit_paths[@]}" ;;
    lake) run_lake pipelines/tests ;;
    integration) run_integration tests/integration ;;
    "") run_units "${unit_paths[@]}"; run_lake_beside_integration ;;
    *) echo "unknown suite: $suite (unit, lake or integration)" >&2; exit 2 ;;
esac
