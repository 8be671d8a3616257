"""`make setup`: everything a fresh machine lacks, each step skipped when it was done for the same versions."""

import time
from collections.abc import Callable

from altscore_local import environments, java, npm_packages, pages, toolchain
from altscore_local.layout import Layout, cache_dir


def set_up(layout: Layout) -> None:
    """System packages, environments, jars, the S3 server, the pages."""
    steps: list[tuple[str, Callable[[], object]]] = [
        ("system packages", toolchain.ensure_system_packages),
        ("uv", environments.ensure_uv),
        (".venv", lambda: environments.ensure_development(layout)),
        *((name, lambda n=name: environments.ensure_cached(layout, n)) for name in environments.CACHED),
        ("Kafka and registry", toolchain.ensure_streaming),
        ("Java 21 or newer", lambda: java.ensure_java_21(environments.pip_of_uv())),
        ("S3 server", toolchain.ensure_minio),
        ("identity providers", npm_packages.ensure_identity_providers),
        ("pages", lambda: pages.ensure_pages(layout)),
    ]
    _run(steps)
    print(f"set up; what is shared between clones lies in {cache_dir()}", flush=True)


def set_up_spark(layout: Layout) -> None:
    """Spark for the lake: the environment's package and the object store's jars."""
    _run([
        ("lake", lambda: environments.ensure_cached(layout, "lake")),
        ("pyspark", lambda: environments.ensure_spark(layout)),
        ("Spark jars", toolchain.ensure_spark_jars),
    ])  # fmt: skip


def lock(layout: Layout) -> None:
    """Every lock file."""
    environments.compile_locks(layout)


def _run(steps: list[tuple[str, Callable[[], object]]]) -> None:
    for name, step in steps:
        begun = time.monotonic()
        step()
        seconds = time.monotonic() - begun
        if seconds >= 1:
            print(f"  {name:<28} {seconds:6.1f} s", flush=True)
