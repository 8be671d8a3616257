"""`make check-charts`: renders every environment and holds the manifests against schemas, kube-score and our policies.

Fails when something is wrong, when a step read nothing, and when a program is missing. With --optional a missing
program is named and no failure, for machines without Go.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from altscore_local.layout import ROOT

from altscore_helm.chart import CHART, ENVIRONMENTS, KUBERNETES, manifests_of, rendered, run_tool, values_file
from altscore_helm.tools import TOOLS, ToolMissing, tool

HELM = ROOT / "deploy" / "helm"
POLICY = HELM / "policy"
# Tests of kube-score that ask for something else than we mean, each with the reason.
NOT_ASKED = {
    "container-image-pull-policy": "tags are versions and production pins digests, so a pull per start proves nothing",
    "deployment-has-host-podantiaffinity": "topologySpreadConstraints say it, and more exactly",
}
# The same of some environments: one node has one replica, and a standby is one of each until the failover.
NOT_ASKED_OF = {"local": "horizontalpodautoscaler-replicas", "dr-pune": "horizontalpodautoscaler-replicas"}
LINE = "  {:<34} {}"


class CheckFailed(Exception):
    """What a step did not pass, as text for people."""


def lint(environment: str) -> str:
    """`helm lint --strict`, the schema of the values included."""
    done = run_tool("helm", "lint", "--strict", str(CHART), "--values", str(values_file(environment)))
    if done.returncode:
        raise CheckFailed(done.stdout + done.stderr)
    return "no remark"


def validate(environment: str, file: Path) -> str:
    """kubeconform on the committed schemas; every document must have one."""
    locations = [HELM / "schemas", HELM / "schemas" / "custom"]
    arguments = ["-strict", "-output", "json", "-summary", "-kubernetes-version", KUBERNETES]
    for location in locations:
        arguments += ["-schema-location", f"{location}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"]
    done = run_tool("kubeconform", *arguments, str(file))
    answer = json.loads(done.stdout or "{}")
    summary, expected = answer.get("summary", {}), len(manifests_of(rendered(environment)))
    if done.returncode or summary.get("valid") != expected or expected == 0:
        raise CheckFailed(
            f"{expected} documents, {summary}\n{json.dumps(answer.get('resources'), indent=1)}{done.stderr}"
        )
    return f"{expected} documents valid"


def score(environment: str, file: Path) -> str:
    """kube-score without the tests of NOT_ASKED."""
    ignored = ",".join([*NOT_ASKED, *filter(None, [NOT_ASKED_OF.get(environment)])])
    done = run_tool("kube-score", "score", "--output-format", "json", "--ignore-test", ignored, str(file))
    objects = json.loads(done.stdout or "[]") or []
    remarks = [
        f"{entry['object_name']}: {check['check']['name']}: {comment['summary']}"
        for entry in objects
        for check in entry["checks"]
        if not check["skipped"] and check["grade"] < 10  # 10 is "ok" there
        for comment in check["comments"] or [{"summary": "no comment"}]
    ]
    asked = sum(not check["skipped"] for entry in objects for check in entry["checks"])
    if done.returncode or remarks or asked == 0:
        raise CheckFailed("\n".join(remarks) + done.stderr or f"{asked} tests ran")
    return f"{asked} tests passed"


def enforce(file: Path) -> str:
    """Our own policies; the number of documents that they saw is part of the answer."""
    done = run_tool("conftest", "test", "--combine", "--output", "json", "--policy", str(POLICY), str(file))
    results = json.loads(done.stdout or "[]")
    failures = [failure["msg"] for result in results for failure in result.get("failures") or []]
    passed = sum(result.get("successes", 0) for result in results)
    if done.returncode or failures or passed == 0:
        raise CheckFailed("\n".join(failures) or f"{passed} rules\n{done.stdout}{done.stderr}")
    return f"{passed} rules hold"


def check_environment(environment: str, folder: Path) -> dict[str, str]:
    """All steps of an environment.

    Raises:
        CheckFailed: one of them; the message says which.
    """
    try:
        text = rendered(environment)
    except ValueError as error:
        raise CheckFailed(str(error)) from error
    file = folder / f"{environment}.yaml"  # kubeconform reads no file of another ending, and says nothing
    file.write_text(text, encoding="utf-8")
    kinds = Counter(document["kind"] for document in manifests_of(text))
    answers = {"rendered": ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))}
    steps: dict[str, Callable[[], str]] = {
        "helm lint": lambda: lint(environment),
        "kubeconform": lambda: validate(environment, file),
        "kube-score": lambda: score(environment, file),
        "policies": lambda: enforce(file),
    }
    for name, step in steps.items():
        try:
            answers[name] = step()
        except CheckFailed as error:
            raise CheckFailed(f"{environment}: {name}: {error}") from error
    return answers


def main() -> None:
    """Checks every environment.

    Raises:
        SystemExit: something does not hold, or (without --optional) could not be checked.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--optional", action="store_true", help="a missing program is named and no failure")
    options = parser.parse_args()
    begin = time.monotonic()
    try:
        for entry in TOOLS:
            tool(entry.name)
    except ToolMissing as error:
        print(f"charts: NOT CHECKED: {error}")
        raise SystemExit(0 if options.optional else 3) from None
    with tempfile.TemporaryDirectory() as folder:
        for environment in ENVIRONMENTS:
            try:
                answers = check_environment(environment, Path(folder))
            except CheckFailed as error:
                raise SystemExit(f"charts: FAILED\n{error}") from None
            for name, answer in answers.items():
                print(LINE.format(f"{environment} {name}", answer), flush=True)
    print(f"charts: ok, {len(ENVIRONMENTS)} environments in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
