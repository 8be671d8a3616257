"""What is not Python: system packages, jars, the S3 server. Fetched or built once per version, outside the clone."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from altscore_local.files import Stamp
from altscore_local.layout import ROOT, cache_dir

MINIO_VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
STREAMING_VERSION = "kafka4.3.1-apicurio3.3.3"
SPARK_JARS_VERSION = "spark4.1.1-hadoop3.4.2"
SOFTHSM_MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
)
_MAVEN_FILES = ROOT / "deploy" / "local" / "maven"
_CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")
_DEBIAN_PACKAGES: Mapping[str, str] = {
    "/usr/lib/postgresql/15/bin/initdb": "postgresql-15",
    "/usr/bin/redis-server": "redis-server",
    "/usr/bin/softhsm2-util": "softhsm2",
    # The browser of the pages' tests, and letters that show Hindi in it.
    "/usr/bin/chromium": "chromium",
    "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf": "fonts-noto-core",
}


def streaming_dist() -> Path:
    """Folder with the broker's jars and the schema registry."""
    return cache_dir() / f"streaming-{STREAMING_VERSION}"


def spark_jars() -> Path:
    """Folder with the jars that give Spark the object store."""
    return cache_dir() / SPARK_JARS_VERSION


def minio_program() -> Path:
    """The S3 server."""
    return cache_dir() / f"minio-{MINIO_VERSION}" / "minio"


def softhsm_module() -> Path:
    """The PKCS#11 library."""
    path_text = os.environ.get("ALTSCORE_SOFTHSM_MODULE")
    for path in (Path(path_text),) if path_text else SOFTHSM_MODULES:
        if path.exists():
            return path
    raise SystemExit("softhsm2 is not installed: run `make setup`")


def ensure_system_packages() -> None:
    """Installs the Debian packages that are missing; needs root, and says how to do without.

    Raises:
        SystemExit: something is missing and we are not root.
    """
    missing = [package for file, package in _DEBIAN_PACKAGES.items() if not Path(file).exists()]
    if importlib.util.find_spec("ensurepip") is None:  # Debian ships Python without it
        missing.append("python3-venv")
    if not missing:
        return
    words = " ".join(missing)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(
            f"missing system packages: {words}\n"
            f"Ask an administrator to run once:  apt-get install --no-install-recommends {words}\n"
            "then run `make setup` again: everything else works without root, in this clone and your cache folder."
        )
    print(f"  installing system packages as root: {words}", flush=True)
    _forbid_own_cluster()
    _forbid_autostart(missing)


def _forbid_own_cluster() -> None:
    """Debian would make and start a cluster of its own; we bring ours."""
    if not _CLUSTER_SETTINGS.exists():
        _CLUSTER_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
        _CLUSTER_SETTINGS.write_text("create_main_cluster = false\n")


def _forbid_autostart(packages: list[str]) -> None:
    """Installs while a policy forbids to start services; the policy is taken away afterwards."""
    policy = Path("/usr/sbin/policy-rc.d")
    is_ours = not policy.exists()
    if is_ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(["apt-get", "update", "-qq"], env=env, check=True)
        install = [
            "apt-get",
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "-o",
            "Dpkg::Options::=--force-confold",
        ]
        subprocess.run([*install, *packages], env=env, check=True, stdout=subprocess.DEVNULL)
    finally:
        if is_ours:
            policy.unlink()


def _need(program: str, what_for: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise SystemExit(f"`{program}` is not installed; it is needed {what_for}")
    return path


def ensure_minio() -> None:
    """Builds the S3 server once (about seven minutes on two cores)."""
    target = minio_program()
    if target.exists():
        return
    go = _need("go", "to build the S3 server (Go 1.25 or newer)")
    print("  building the S3 server, once: 5-8 minutes", flush=True)
    unfinished = target.parent.with_name(f"{target.parent.name}.building")
    unfinished.mkdir(parents=True, exist_ok=True)
    module = f"github.com/minio/minio@{MINIO_VERSION}"
    env = os.environ | {"GOBIN": str(unfinished), "GOFLAGS": "-trimpath"}
    subprocess.run([go, "install", "-ldflags", "-s -w", module], env=env, check=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    (unfinished / "minio").rename(target)
    shutil.rmtree(unfinished)


def _ensure_jars(pom: Path, target: Path) -> bool:
    stamp = Stamp(target / ".stamp", [pom])
    if stamp.is_current():
        return False
    maven = _need("mvn", "to fetch jars")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    quiet = ["-q", "-B", "-Dstyle.color=never"]
    subprocess.run([maven, *quiet, "-f", str(pom), "initialize", f"-Ddist={target}"], check=True)
    stamp.set()
    return True


def ensure_streaming() -> None:
    """Fetches the broker and the schema registry."""
    if _ensure_jars(_MAVEN_FILES / "streaming.xml", streaming_dist()):
        print(f"  fetched Kafka and the schema registry into {streaming_dist()}", flush=True)


def ensure_spark_jars() -> None:
    """Fetches S3A for Spark; drops the netty jars that Spark ships in another version."""
    if _ensure_jars(_MAVEN_FILES / "spark-s3a.xml", spark_jars()):
        for jar in spark_jars().glob("netty-*.jar"):
            if not jar.name.startswith("netty-nio-client"):
                jar.unlink()
