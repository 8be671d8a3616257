"""Python environments: .venv in the clone, the others in the cache; each is made from one hash-locked file."""

import fcntl
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from altscore_local.files import PUBLIC, Stamp, digest_of, write_file
from altscore_local.layout import Layout, cache_dir

UV_VERSION = "0.13.8"
PYTHON = "3.11"
CACHED = ("lake", "airflow", "mlflow")
DUCKDB_EXTENSIONS = "duckdb-extensions"
ENVIRONMENTS_VARIABLE = "ALTSCORE_ENVIRONMENTS"
_PATH_FILE = "altscore_workspace.pth"
_SOURCES = ("libs/*/src", "services/*/src", "services/*/verifier/src")
_MORE_SOURCES = ("pipelines", "tests/simulators", "deploy/local", "deploy/compose", ".")
_REGISTER_HTTPFS = """\
import sys, duckdb, duckdb_extensions
connection = duckdb.connect(config={"extension_directory": sys.argv[1]})
duckdb_extensions.import_extension("httpfs", con=connection)
"""


def environment(layout: Layout, name: str) -> Path:
    """Folder of a cached environment: its name carries the digest of its lock, so clones share and never mix.

    An image has its environments, by name, in the folder that ALTSCORE_ENVIRONMENTS names.
    """
    if folder := os.environ.get(ENVIRONMENTS_VARIABLE):
        return Path(folder) / name
    lock = layout.root / "requirements" / f"{name}.txt"
    return cache_dir() / "envs" / f"{name}-{digest_of([PYTHON, lock])[:16]}"


def python_of(layout: Layout, name: str) -> Path:
    """The Python of a cached environment."""
    return environment(layout, name) / "bin" / "python"


def base_python() -> str:
    """A Python of the version that everything is locked for.

    Raises:
        SystemExit: there is none.
    """
    for candidate in (sys.executable, shutil.which(f"python{PYTHON}"), "/usr/bin/python3"):
        if candidate is None or not Path(candidate).exists():
            continue
        shown = subprocess.run(
            [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if shown.stdout.strip() == PYTHON:
            return candidate
    raise SystemExit(f"Python {PYTHON} is needed: install it, or put python{PYTHON} on the PATH")


def ensure_uv() -> Path:
    """uv in a private environment of the cache: it must not matter what is on the PATH."""
    home = cache_dir() / f"uv-{UV_VERSION}"
    program = home / "bin" / "uv"
    if not program.exists():
        unfinished = home.with_name(f"{home.name}.making")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run([base_python(), "-m", "venv", str(unfinished)], check=True)
        pip = [str(unfinished / "bin" / "python"), "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"]
        subprocess.run(pip, check=True)
        shutil.rmtree(home, ignore_errors=True)
        unfinished.rename(home)
    return program


def pip_of_uv() -> Path:
    """The Python beside uv, which has pip."""
    return ensure_uv().parent / "python"


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two clones may set up at once; they share the cache."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _uv(*arguments: str) -> None:
    clean = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    # A company's own authority is known to the system, not to the list that uv ships.
    command = [str(ensure_uv()), "--quiet", "--system-certs", *arguments]
    subprocess.run(command, check=True, env=clean)


def _make(folder: Path, lock: Path) -> bool:
    """Makes or repairs an environment; False when it already equals its lock."""
    stamp = Stamp(folder / ".altscore-stamp", [UV_VERSION, PYTHON, lock])
    if stamp.is_current() and (folder / "bin" / "python").exists():
        return False
    if not (folder / "bin" / "python").exists():
        _uv("venv", "--clear", "--no-python-downloads", "--python", base_python(), str(folder))
    _uv("pip", "sync", "--compile-bytecode", "--require-hashes", "--python", str(folder / "bin" / "python"), str(lock))
    stamp.set()
    return True


def ensure_development(layout: Layout) -> None:
    """The environment of services, tests and demo, with the sources of this clone on its path."""
    folder = layout.root / ".venv"
    if _make(folder, layout.root / "requirements" / "dev.txt"):
        print("  environment .venv made from requirements/dev.txt", flush=True)
    write_source_path(layout)


def write_source_path(layout: Layout) -> None:
    """Puts the sources of this clone on the path of .venv; `up` does so too, since a new service may have come."""
    lines = "".join(f"{folder}\n" for folder in source_folders(layout))
    write_file(_site_packages(layout.root / ".venv") / _PATH_FILE, lines, mode=PUBLIC)


def source_folders(layout: Layout) -> list[Path]:
    """Where our own packages lie; imported from there, never installed."""
    folders = [folder for pattern in _SOURCES for folder in sorted(layout.root.glob(pattern))]
    return folders + [(layout.root / name).resolve() for name in _MORE_SOURCES]


def _site_packages(folder: Path) -> Path:
    return folder / "lib" / f"python{PYTHON}" / "site-packages"


def ensure_cached(layout: Layout, name: str) -> None:
    """One of the environments that only third parties' packages are in."""
    folder = environment(layout, name)
    with _one_at_a_time(folder):
        if _make(folder, layout.root / "requirements" / f"{name}.txt"):
            print(f"  environment {name} made in {folder}", flush=True)
        if name == "lake":
            _register_httpfs(folder)


def _register_httpfs(folder: Path) -> None:
    """DuckDB finds its signed extension offline from here; without this dbt would look for it on the network."""
    target = folder / DUCKDB_EXTENSIONS
    if any(target.glob("**/*.duckdb_extension")):
        return
    target.mkdir(exist_ok=True)
    subprocess.run([str(folder / "bin" / "python"), "-c", _REGISTER_HTTPFS, str(target)], check=True)


def ensure_spark(layout: Layout) -> None:
    """Adds Spark to the lake environment, by pip: uv would rebuild it at every installation."""
    folder = environment(layout, "lake")
    lock = layout.root / "requirements" / "spark.txt"
    stamp = Stamp(folder / ".altscore-spark-stamp", [lock])
    with _one_at_a_time(folder):
        if stamp.is_current():
            return
        pip = [str(pip_of_uv()), "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
        subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", str(lock)], check=True)
        stamp.set()
    print(f"  Spark added to {folder}", flush=True)


def compile_locks(layout: Layout) -> None:
    """Writes every lock anew from its input: the environments', then one per deployable."""
    folder = layout.root / "requirements"
    for source in sorted(folder.glob("*.in")):
        _compile(source.read_text(), source.with_suffix(".txt"))
    shared = _dependencies(layout.root / "libs" / "altscore_libs" / "pyproject.toml")
    alone = (layout.root / "libs" / "altscore_connector", layout.root / "services" / "audit" / "verifier")
    services = sorted(layout.root.glob("services/*/pyproject.toml"))
    for project in (*services, *(path / "pyproject.toml" for path in alone)):
        own = _dependencies(project)
        requirements = {*own, *shared} if "altscore-libs" in own else set(own)
        for name, added in {"requirements": [], **_extras(project)}.items():
            text = "\n".join(sorted(item for item in {*requirements, *added} if not item.startswith("altscore-")))
            _compile(text, project.with_name(f"{name}.txt"), constraint=folder / "dev.txt")


def _project(file: Path) -> dict[str, Any]:
    return dict(tomllib.loads(file.read_text(encoding="utf-8"))["project"])


def _dependencies(project: Path) -> list[str]:
    return list(_project(project)["dependencies"])


def _extras(project: Path) -> dict[str, list[str]]:
    """What an image of its own has more than the service's, by the lock's name."""
    return {f"requirements-{name}": items for name, items in _project(project).get("optional-dependencies", {}).items()}


def _compile(text: str, target: Path, *, constraint: Path | None = None) -> None:
    """Keeps versions that the target already names; writes neither comments nor addresses."""
    command = [
        str(ensure_uv()),
        "--quiet",
        "--system-certs",
        "pip",
        "compile",
        "-",
        "--universal",
        "--python-version",
        PYTHON,
    ]
    command += ["--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--output-file", str(target)] + (["--constraint", str(constraint)] if constraint else [])
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)
    print(f"  locked {target.parent.name}/{target.name}", flush=True)
