"""The chart rendered for an environment, and its parts as data."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from altscore_local.layout import ROOT

from altscore_helm.tools import tool

Manifest = dict[str, Any]
CHART = ROOT / "deploy" / "helm" / "altscore"
RELEASE = NAMESPACE = "altscore"
KUBERNETES = "1.36.3"
ENVIRONMENTS = ("local", "staging", "production-mumbai", "dr-pune")
TIMEOUT_S = 60


def values_file(environment: str) -> Path:
    """The values of an environment."""
    return CHART / f"values-{environment}.yaml"


def run_tool(name: str, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a pinned program; its status is the caller's business.

    Raises:
        ToolMissing: it is not there and cannot be built.
    """
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}  # noqa: S108
    return subprocess.run(
        [str(tool(name)), *arguments],
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def template(environment: str, *settings: str) -> subprocess.CompletedProcess[str]:
    """`helm template` of an environment, with further `--set` arguments."""
    arguments = ["template", RELEASE, str(CHART), "--namespace", NAMESPACE, "--kube-version", KUBERNETES]
    arguments += ["--values", str(values_file(environment))]
    for setting in settings:
        arguments += ["--set", setting]
    return run_tool("helm", *arguments)


@cache
def rendered(environment: str) -> str:
    """All manifests of an environment, hooks and embedded pod templates included.

    Raises:
        ValueError: the chart does not render; the message is Helm's.
    """
    done = template(environment)
    if done.returncode:
        raise ValueError(f"{environment}: {done.stderr.strip()}")
    embedded = "".join(f"---\n{text}" for text in pod_templates(manifests_of(done.stdout)))
    return done.stdout + embedded


def manifests_of(text: str) -> list[Manifest]:
    """The documents of a YAML stream that hold something."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with it
    return [document for document in yaml.load_all(text, loader) if document]


@cache
def manifests(environment: str) -> list[Manifest]:
    """All manifests of an environment, read once: whoever changes one copies it first."""
    return manifests_of(rendered(environment))


def pod_templates(documents: Iterable[Manifest]) -> list[str]:
    """Pods that ConfigMaps hold for others to start: they are checked like every other manifest."""
    return [
        document["data"][name]
        for document in documents
        if document["kind"] == "ConfigMap"
        for name in sorted(document.get("data", {}))
        if name == "pod.yaml"
    ]


def of_kind(documents: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    """The manifests of a kind by name."""
    return {document["metadata"]["name"]: document for document in documents if document["kind"] == kind}


def pod_spec(document: Manifest) -> Manifest | None:
    """The pod that a manifest makes; None where it makes none."""
    kind, spec = document["kind"], document.get("spec", {})
    if kind == "Pod":
        return dict(spec)
    if kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        return dict(spec["template"]["spec"])
    if kind == "CronJob":
        return dict(spec["jobTemplate"]["spec"]["template"]["spec"])
    return None


def environment_of(document: Manifest) -> dict[str, Any]:
    """Variables of a manifest's first container: name to value, or to {"secret": …, "key": …}."""
    spec = pod_spec(document)
    if spec is None:
        raise ValueError(f"{document['kind']} makes no pod")
    return {entry["name"]: _value(entry) for entry in spec["containers"][0].get("env", [])}


def _value(entry: Mapping[str, Any]) -> Any:
    if "value" in entry:
        return entry["value"]
    reference = entry["valueFrom"]["secretKeyRef"]
    return {"secret": reference["name"], "key": reference["key"]}


def callers() -> dict[str, dict[str, Any]]:
    """deploy/callers.yml."""
    content: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "callers.yml").read_text(encoding="utf-8"))
    return content


def edges(table: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Calls of our processes as (caller, "callee.listener")."""
    return {(name, call) for name, entry in table.items() for call in entry["calls"]}
