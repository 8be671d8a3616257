"""The programs of the cluster: pinned, built once per version from the Go module proxy, kept outside the clone.

    python -m altscore_cluster.programs [NAME ...]     builds these, or all of them

Modules that `go install` refuses, because their go.mod replaces others, are built in a module of ours below modules/,
whose go.sum holds the digest of everything that is compiled.
"""

import argparse
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from altscore_local.layout import ROOT, cache_dir

MODULES = ROOT / "deploy" / "cluster" / "modules"
BUILD_TIMEOUT_S = 3_600
KUBERNETES, ETCD, CONTAINERD, RUNC = "1.36.3", "3.6.16", "2.4.2", "1.5.2"
CNI, COREDNS, METRICS_SERVER = "1.9.1", "1.15.0", "0.9.0"


class ProgramMissing(Exception):
    """A program is not in the cache and cannot be built here; the message says why."""


@dataclass(frozen=True)
class Program:
    """One program.

    Args:
        name: of the file.
        family: with the version, the folder in the cache.
        version: without the leading v.
        package: what is built.
        module: folder below modules/ in which it is built; empty for `go install`.
        flags: for the linker, besides those that leave out debugging symbols.
        tags: build tags; with tags, C is compiled too.
    """

    name: str
    family: str
    version: str
    package: str
    module: str = ""
    flags: str = ""
    tags: str = ""

    @property
    def path(self) -> Path:
        """The program in the cache; another version has another folder."""
        return cache_dir() / f"{self.family}-{self.version}" / self.name


def _kubernetes_flags() -> str:
    major, minor, _ = KUBERNETES.split(".")
    values = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    values |= {"buildDate": "1970-01-01T00:00:00Z"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())


def _kubernetes(name: str) -> Program:
    package = "./kubectl" if name == "kubectl" else f"k8s.io/kubernetes/cmd/{name}"
    return Program(name, "kubernetes", KUBERNETES, package=package, module="kubernetes", flags=_kubernetes_flags())


def _containerd(name: str) -> Program:
    module = "github.com/containerd/containerd/v2"
    return Program(
        name,
        "containerd",
        CONTAINERD,
        package=f"{module}/cmd/{name}",
        flags=f"-X {module}/version.Version=v{CONTAINERD}",
    )


def _cni(kind: str, name: str) -> Program:
    return Program(name, "cni", CNI, package=f"github.com/containernetworking/plugins/plugins/{kind}/{name}")


PROGRAMS = (
    _cni("main", "loopback"),
    _cni("main", "bridge"),
    _cni("ipam", "host-local"),
    _cni("meta", "portmap"),
    Program(
        "runc",
        "runc",
        RUNC,
        package="github.com/opencontainers/runc",
        flags=f"-X main.version={RUNC}",
        tags="seccomp",
    ),
    _containerd("containerd"),
    _containerd("containerd-shim-runc-v2"),
    _containerd("ctr"),
    Program("etcd", "etcd", ETCD, package="go.etcd.io/etcd/server/v3", module="etcd"),
    *(
        _kubernetes(name)
        for name in (
            "kubectl",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubelet",
            "kube-proxy",
        )
    ),
    Program("coredns", "coredns", COREDNS, package="github.com/coredns/coredns"),
    Program(
        "metrics-server", "metrics-server", METRICS_SERVER, package="sigs.k8s.io/metrics-server/cmd/metrics-server"
    ),
)


def program(name: str) -> Program:
    """The entry of that name.

    Raises:
        ProgramMissing: there is none.
    """
    for entry in PROGRAMS:
        if entry.name == name:
            return entry
    raise ProgramMissing(f"{name} is no program of the cluster")


def missing() -> list[Program]:
    """What is not in the cache."""
    return [entry for entry in PROGRAMS if not entry.path.exists()]


def command_of(entry: Program, go: str, target: Path) -> list[str]:
    """How Go builds it: into the file `target`, or into its folder by `go install`."""
    options = ["-ldflags", f"-s -w {entry.flags}".strip()] + (["-tags", entry.tags] if entry.tags else [])
    if entry.module:
        return [go, "build", "-mod=readonly", *options, "-o", str(target), entry.package]
    return [go, "install", *options, f"{entry.package}@v{entry.version}"]


def build(entry: Program) -> float:
    """Builds a program that is not in the cache; seconds it took.

    Raises:
        ProgramMissing: it cannot be built here.
    """
    go = shutil.which("go")
    if go is None:
        raise ProgramMissing(f"{entry.name} {entry.version} is not in the cache, and there is no Go to build it")
    begin = time.monotonic()
    unfinished = entry.path.parent.with_name(f"{entry.path.parent.name}-{entry.name}.building")
    unfinished.mkdir(parents=True, exist_ok=True)
    env = os.environ | {
        "GOBIN": str(unfinished),
        "GOFLAGS": "-trimpath -buildvcs=false",
        "CGO_ENABLED": "1" if entry.tags else "0",
    }
    folder = MODULES / entry.module if entry.module else unfinished
    command = command_of(entry, go, unfinished / entry.name)
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, check=False, timeout=BUILD_TIMEOUT_S, cwd=folder
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise ProgramMissing(f"{entry.name} {entry.version} could not be built: {lines[-1]}")
        entry.path.parent.mkdir(parents=True, exist_ok=True)
        built = unfinished / (entry.name if entry.module else Path(entry.package).name)
        built.replace(entry.path)
    except subprocess.TimeoutExpired:
        raise ProgramMissing(f"{entry.name} {entry.version} was not built in {BUILD_TIMEOUT_S} s") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return time.monotonic() - begin


def main() -> None:
    """Builds the named programs, or all.

    Raises:
        SystemExit: one of them cannot be built.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="default: every program")
    parser.add_argument("--list", action="store_true", help="prints the names of what is not in the cache")
    options = parser.parse_args()
    if options.list:
        print("\n".join(entry.name for entry in missing()))
        return
    selected = [program(name) for name in options.names] or list(PROGRAMS)
    for entry in selected:
        if entry.path.exists():
            continue
        try:
            seconds = build(entry)
        except ProgramMissing as error:
            raise SystemExit(f"cluster: {error}") from None
        megabytes = entry.path.stat().st_size / 1_000_000
        print(f"  built {entry.name} {entry.version}: {seconds:.0f} s, {megabytes:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
