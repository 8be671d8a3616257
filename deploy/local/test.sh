#!/usr/bin/env bash
# Runs tests, each in the environment it needs. Usage: test.sh [--suite unit|computing|lake|integration] [--target path[::name]]
# Without arguments: every suite; first the units but those that only compute, then these and the lake beside the stories
# and drills on the real stack, which mostly wait for it.
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

# Units that only compute, with no limit in time shorter than minutes: a third of the units' time of the processor.
computing_paths=(tests/simulators/tests/histories services/scoring)

# The same examples in every run, and none that fails because the machine was busy: Hypothesis's own profile for this.
examples=(--hypothesis-profile ci)

# Coverage is measured on the whole unit suite alone: a part of it says nothing about a package. SlipCover takes its
# probes out of lines that run often (testing_coverage), where a tracing tool costs two thirds of the suite's time.
measured=var/coverage

# Usage: run_units <name of its report> <workers> <arguments of pytest>
run_units() {
    local report=$measured/$1.json workers=$2
    shift 2
    mkdir -p "$measured"
    # It says that it measures no branches of the test files themselves, which are left out anyway.
    PYTHONWARNINGS="ignore:Unable to activate pytest branch coverage:RuntimeWarning" \
        "$python" -m slipcover --branch --json --out "$report" -m pytest --numprocesses "$workers" \
        -p altscore_libs.testing_coverage -p altscore_libs.testing_authorities -p altscore_libs.testing_garbage \
        -p altscore_libs.testing_types \
        --dist loadfile --no-loadscope-reorder "${examples[@]}" "$@"
}

# A worker more than cores: tests wait for PostgreSQL, for processes that they start and for each other half of the time.
run_prompt_units() {
    run_units prompt "$(($(nproc) + 1))" "${unit_paths[@]}" "${computing_paths[@]/#/--ignore=}"
}

run_computing_units() {
    run_units computing "$(nproc)" "${computing_paths[@]}"
}

compare_coverage_with_floors() {
    "$python" -m slipcover --branch --json --merge "$measured/prompt.json" "$measured/computing.json" \
        --out "$measured/report.json" >/dev/null # it shows every file besides
    "$python" deploy/local/coverage_floors.py "$measured/report.json"
}

run_lake() {
    local lake
    lake=$("$python" deploy/local/stack.py python lake)
    PYTHONPATH="libs/altscore_libs/src:pipelines:tests/simulators:." "$lake" -m pytest --timeout 600 "${examples[@]}" "$@"
}

run_integration() {
    "$python" -m pytest --timeout 1800 "$@"
}

# What computes gives way to the stack's stories, which have limits in time.
run_side_by_side() {
    "$python" deploy/local/side_by_side.py var/test "lake=nice -n 10 deploy/local/test.sh --suite lake" \
        "computing=nice -n 12 deploy/local/test.sh --suite computing" \
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
    unit) run_prompt_units; run_computing_units; compare_coverage_with_floors ;;
    computing) run_computing_units ;;
    lake) run_lake pipelines/tests ;;
    integration) run_integration tests/integration ;;
    "") run_prompt_units; run_side_by_side; compare_coverage_with_floors ;;
    *) echo "unknown suite: $suite (unit, computing, lake or integration)" >&2; exit 2 ;;
esac
