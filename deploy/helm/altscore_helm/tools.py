"""The programs that check a chart: built once per version by Go, kept outside the clone."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from altscore_local.layout import cache_dir

BUILD_TIMEOUT_S = 3_600


class ToolMissing(Exception):
    """A program is not in the cache and cannot be built here; the message says why."""


@dataclass(frozen=True)
class Tool:
    """A program of the Go module proxy.

    Args:
        name: of the program.
        package: what `go install` builds.
        version: without the leading v.
        flags: for the linker, besides those that leave out debugging symbols.
    """

    name: str
    package: str
    version: str
    flags: str = ""

    @property
    def path(self) -> Path:
        """The program in the cache; another version has another folder."""
        return cache_dir() / f"{self.name}-{self.version}" / self.name


TOOLS = (
    Tool("helm", "helm.sh/helm/v4/cmd/helm", "4.3.1", flags="-X helm.sh/helm/v4/internal/version.version=v4.3.1"),
    Tool("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", "0.8.0"),
    Tool("kube-score", "github.com/zegl/kube-score/cmd/kube-score", "1.20.0", flags="-X main.version=1.20.0"),
    Tool("conftest", "github.com/open-policy-agent/conftest", "0.71.1"),
)


def tool(name: str) -> Path:
    """The program of that name; built when it is not in the cache.

    Raises:
        ToolMissing: it cannot be built here.
    """
    [entry] = [candidate for candidate in TOOLS if candidate.name == name]
    if not entry.path.exists():
        _build(entry)
    return entry.path


def cached(name: str) -> Path | None:
    """The program of that name when it is in the cache; nothing is built."""
    [entry] = [candidate for candidate in TOOLS if candidate.name == name]
    return entry.path if entry.path.exists() else None


def _build(entry: Tool) -> None:
    go = shutil.which("go")
    if go is None:
        raise ToolMissing(f"{entry.name} {entry.version} is not in the cache, and there is no Go to build it")
    print(f"  building {entry.name} {entry.version}, once", flush=True)
    unfinished = entry.path.parent.with_name(f"{entry.path.parent.name}.building")
    unfinished.mkdir(parents=True, exist_ok=True)
    env = os.environ | {"GOBIN": str(unfinished), "GOFLAGS": "-trimpath -buildvcs=false", "CGO_ENABLED": "0"}
    command = [go, "install", "-ldflags", f"-s -w {entry.flags}".strip(), f"{entry.package}@v{entry.version}"]
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, check=False, timeout=BUILD_TIMEOUT_S, cwd=unfinished
        )
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"{entry.name} {entry.version} was not built in {BUILD_TIMEOUT_S} s") from None
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise ToolMissing(f"{entry.name} {entry.version} could not be built: {lines[-1]}")
    entry.path.parent.mkdir(parents=True, exist_ok=True)
    (unfinished / entry.name).replace(entry.path)
    shutil.rmtree(unfinished, ignore_errors=True)
