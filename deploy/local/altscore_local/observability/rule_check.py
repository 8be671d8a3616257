"""`promtool check rules` and `promtool test rules` over every file, several at once."""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from altscore_local.observability.paths import RULE_TESTS, RULES

_TIMEOUT_S = 300


class RulesFailed(Exception):
    """promtool refuses a file, or a test of a rule failed; the message is what it says."""


def check_rules(promtool: Path, rules: Path = RULES) -> int:
    """Checks that every file of rules can be loaded; returns how many files there are.

    Raises:
        RulesFailed: one cannot, or there is none.
    """
    files = sorted(rules.glob("*.yml"))
    if not files:
        raise RulesFailed(f"no rules in {rules}")
    _run(promtool, ["check", "rules", *map(str, files)])
    return len(files)


def run_rule_tests(promtool: Path, tests: Sequence[Path] | None = None) -> int:
    """Runs the tests of the rules; returns how many files of tests there are.

    Raises:
        RulesFailed: a test failed, or there is none.
    """
    files = sorted(RULE_TESTS.glob("*.yml")) if tests is None else list(tests)
    if not files:
        raise RulesFailed("no tests of rules")
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda file: _run(promtool, ["test", "rules", str(file)]), files))
    return len(files)


def _run(promtool: Path, arguments: Sequence[str]) -> None:
    done = subprocess.run([str(promtool), *arguments], capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    if done.returncode:
        raise RulesFailed((done.stdout + done.stderr)[-6_000:])
