"""Run while an image is built: removes what nothing in it runs. Standard library only.

`trim.py packages SITE_PACKAGES` takes the tests, C sources, debug symbols and unused data of wheels, and what they link
to without using it; it needs `strip` and `patchelf`.
`trim.py service SITE_PACKAGES` takes also what a service of ours does not use, and the sources beside the bytecode.
`trim.py spark PYSPARK` leaves of Spark what a job in one process needs.
`trim.py system [PACKAGE...]` leaves of Debian what Python needs, and the named packages: no shell, no package manager.
"""

import compileall
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from py_compile import PycInvalidationMode

# What the interpreter of Debian or of the official image is linked to, and what every program expects to find.
KEPT = frozenset((
    "base-files", "base-passwd", "ca-certificates", "gcc-12-base", "libbz2-1.0", "libc6", "libcrypt1", "libexpat1",
    "libffi8", "libgcc-s1", "libgomp1", "liblzma5", "libpython3.11-minimal", "libpython3.11-stdlib", "libsqlite3-0",
    "libssl3", "libstdc++6", "libuuid1", "libzstd1", "media-types", "netbase", "python3.11", "python3.11-minimal",
    "tzdata", "zlib1g",
))  # fmt: skip
_STANDARD = (
    "test",
    "idlelib",
    "tkinter",
    "turtledemo",
    "lib2to3",
    "ensurepip",
    "pydoc_data",
    "config-3.11*",
    "distutils",
    "lib-dynload/_test*",
    "lib-dynload/_curses*",
    "lib-dynload/_tkinter*",
    # A drawing turtle, and what stands in for modules in C, which are there.
    *(name for module in ("turtle", "_pydecimal", "_pyio") for name in (f"{module}.py", f"__pycache__/{module}.*")),
)
_BESIDE = ("pip", "pip-*", "setuptools", "setuptools-*", "wheel", "wheel-*", "pkg_resources", "_distutils_hack")
_SHARED = (
    *("doc", "man", "locale", "info", "python-wheels", "lintian", "bash-completion", "debconf", "perl5"),
    *("zoneinfo/posix", "zoneinfo/right"),  # the zones once more, the second time with leap seconds
)
# What a scanner reads of a package: its files and their digests. Nobody installs, links against or configures one.
_LISTED = frozenset((".list", ".md5sums"))
# The services of AWS that the code speaks to, and what describes all of them.
_BOTO = frozenset(("s3", "sts"))
# Of Arrow: no Flight, ORC, Substrait, Feather, JSON, data sets or encryption of Parquet, only the local file system;
# Parquet is read from memory. Of the messages of Google's services: none. What is Avro is read by fastavro.
_UNUSED = (
    "pyarrow/include", "pyarrow/src", "pyarrow/libarrow_flight*", "pyarrow/libarrow_python_flight*", "pyarrow/_flight*",
    "pyarrow/libarrow_s3*", "pyarrow/_s3fs*", "pyarrow/_azurefs*", "pyarrow/_gcsfs*", "pyarrow/_hdfs*", "pyarrow/_orc*",
    "pyarrow/_dataset*", "pyarrow/_substrait*", "pyarrow/_pyarrow_cpp_tests*",
    "pyarrow/_feather*", "pyarrow/_json*", "pyarrow/*parquet_encryption*",
    "avro", "avro-*", "confluent_kafka/avro", "confluent_kafka/kafkatest",
    "pyarrow/libarrow_python*.so", "pyarrow/libarrow_python*.so.*.*.*",
    "google/api", "google/cloud", "google/gapic", "google/logging", "google/longrunning", "google/type",
    "numpy/_core/include", "numpy/_core/tests", "numpy/_core/_simd.*", "numpy/_core/_*_tests.*", "numpy/*/lib/*.a",
    "PIL/_avif*", "pillow.libs/libavif*", "numpy/distutils", "sqlalchemy/testing", "alembic/testing", "boto3/examples",
    "duckdb_extension_httpfs/extensions/*/*.gz", "pip", "pip-*", "setuptools", "wheel",
)  # fmt: skip
# Linked to by all of Arrow, and used by nothing of what is left of it.
_UNLINKED = ("libarrow_substrait.so", "libarrow_dataset.so")
# What no service of ours calls: SQLAlchemy is there for Alembic's migrations of PostgreSQL, which are SQL; Arrow joins
# and groups nothing; the registry's schemas carry no rules.
_UNUSED_BY_SERVICES = (
    "sqlalchemy/dialects/mssql", "sqlalchemy/dialects/mysql", "sqlalchemy/dialects/oracle",
    "pyarrow/_acero*", "pyarrow/acero.py", "confluent_kafka/schema_registry/rules",
)  # fmt: skip
# As above, where no model is trained: that takes MLflow's client with its tables, scikit-learn, and exports as CSV.
_UNUSED_BY_WORKERS = (
    "sqlalchemy/dialects/sqlite", "sqlalchemy/orm", "sqlalchemy/ext/[!_c]*", "pyarrow/_csv*", "pyarrow/csv.py",
    "scipy/_lib/cobyqa", "scipy/_lib/pyprima", "scipy/_lib/_uarray", "scipy/_lib/_test_*",
    "xgboost/testing", "xgboost/spark", "xgboost/dask", "xgboost/sklearn.py",
)  # fmt: skip
# What describes C to Python; cryptography needs the compiled part alone, WeasyPrint all of it.
_CFFI = ("cffi", "pycparser")
_UNLINKED_BY_SERVICES = ("libarrow_acero.so",)
# The OpenSSL of psycopg's wheel; what is linked to it takes the system's, which Python loads anyway.
_OPENSSL = {"libcrypto-*.so.3": "libcrypto.so.3", "libssl-*.so.3": "libssl.so.3"}
# What XGBoost loads of SciPy, its sparse matrices, where no scikit-learn needs the rest: no linear algebra and no BLAS.
_SPARSE = frozenset((
    "__init__.py", "__config__.py", "__pycache__", "_cyutility", "_distributor_init.py", "_lib", "sparse", "version.py",
))  # fmt: skip
_DENSE = ("scipy.libs", "scipy/sparse/linalg", "scipy/sparse/csgraph")
_SOURCES = frozenset((".c", ".cc", ".cpp", ".h", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx"))
# Of Spark: no machine learning, streams' state, server of sessions or Kubernetes, nor what only other systems load.
_SPARK = (
    "examples", "data", "jars/spark-mllib*", "jars/breeze*", "jars/spire*", "jars/cats-*", "jars/rocksdbjni-*",
    "jars/spark-connect*", "jars/spark-kubernetes*", "jars/kubernetes-*", "jars/*-osx-*", "jars/*-windows-*",
    "jars/netty-codec-native-quic-*",
)  # fmt: skip
# Libraries that a wheel brings along were moved by its maker, and strip may damage those (NumPy's); not this one.
_STRIPPED_LIBS = frozenset(("confluent_kafka.libs",))
_STRIPPED_FROM = 256 * 1024  # bytes; a smaller library holds no symbols worth the look


def trim_packages(folder: Path, *, is_service: bool = False) -> None:
    """Makes an environment's packages smaller; what they do stays.

    Args:
        folder: `site-packages`.
        is_service: nothing but a service of ours uses it.

    Raises:
        SystemExit: a library lacks one that it is linked to and had before.
    """
    lacking = _unresolved(folder)
    _remove(path for pattern in _UNUSED for path in folder.glob(pattern))
    _unlink(folder / "pyarrow", _UNLINKED)
    if is_service:
        _trim_service(folder)
    if not (folder / "sklearn").exists():
        _remove(path for path in folder.glob("scipy/*") if path.name.split(".cpython")[0] not in _SPARSE)
        _remove(folder / name for name in _DENSE)
    for name in ("botocore", "boto3"):
        _remove(path for path in folder.glob(f"{name}/data/*/") if path.name not in _BOTO)
    for path in folder.glob("botocore/data/endpoints.json"):
        _trim_endpoints(path)
    _remove(path for path in folder.glob("babel/locale-data/*.dat") if not path.name.startswith(("en", "root")))
    _remove(path for path in folder.glob("pyphen/dictionaries/*") if not path.name.startswith(("hyph_en", "hyph_hi")))
    _remove(path.parent for path in list(folder.rglob("tests/__init__.py")))
    _remove(path for path in folder.rglob("*") if path.suffix in _SOURCES)
    _remove(folder.glob("*.dist-info/RECORD"))  # for who uninstalls
    for path in folder.rglob("*.so*"):
        is_movable = path.parent.suffix != ".libs" or path.parent.name in _STRIPPED_LIBS
        if is_movable and path.stat().st_size > _STRIPPED_FROM:
            subprocess.run(["strip", "--strip-unneeded", str(path)], check=True, timeout=60)
    if broken := _unresolved(folder) - lacking:
        raise SystemExit("trimmed too much:\n" + "\n".join(sorted(broken)))


def trim_spark(folder: Path) -> None:
    """Makes Spark smaller; SQL over files and the object store stays."""
    _remove(path for pattern in _SPARK for path in folder.glob(pattern))


def _trim_endpoints(path: Path) -> None:
    """Addresses of the services of AWS that the code speaks to, in every partition."""
    document = json.loads(path.read_text(encoding="utf-8"))
    for partition in document["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in _BOTO}
    path.write_text(json.dumps(document), encoding="utf-8")


def _trim_service(folder: Path) -> None:
    is_training = (folder / "sklearn").exists()
    patterns = _UNUSED_BY_SERVICES if is_training else (*_UNUSED_BY_SERVICES, *_UNUSED_BY_WORKERS)
    _remove(path for pattern in patterns for path in folder.glob(pattern))
    if not (folder / "weasyprint").exists():
        _remove(folder / name for name in _CFFI)
    _unlink(folder / "pyarrow", _UNLINKED_BY_SERVICES)
    for libraries in folder.glob("psycopg*_binary.libs"):
        _take_from_system(libraries, _OPENSSL)


def _take_from_system(folder: Path, names: Mapping[str, str]) -> None:
    """Removes copies of the system's libraries, and names the system's to what is linked to them."""
    copies = {path.name: system for pattern, system in names.items() for path in folder.glob(pattern)}
    _remove(folder / name for name in copies)
    for path in folder.glob("*.so*"):
        for needed in _needed(path) & copies.keys():
            subprocess.run(["patchelf", "--replace-needed", needed, copies[needed], str(path)], check=True)


def leave_bytecode(folder: Path) -> None:
    """Removes the sources of modules that were compiled. A traceback still names file, line and function."""
    for source in list(folder.rglob("*.py")):
        compiled = Path(importlib.util.cache_from_source(str(source)))
        if compiled.is_file() and not source.is_symlink():
            compiled.replace(source.with_suffix(".pyc"))
            source.unlink()
    _remove(list(folder.rglob("__pycache__")))


def _unlink(folder: Path, names: tuple[str, ...]) -> None:
    """Removes libraries, and their names from those that name them; `_unresolved` sees whether one needs them."""
    libraries = [path for name in names for path in folder.glob(f"{name}*")]
    if not libraries:
        return
    _remove(libraries)
    for path in folder.glob("*.so*"):
        for needed in (name for name in _needed(path) if name.startswith(names)):
            subprocess.run(["patchelf", "--remove-needed", needed, str(path)], check=True)


def _needed(library: Path) -> set[str]:
    shown = subprocess.run(["patchelf", "--print-needed", str(library)], capture_output=True, text=True, check=True)
    return set(shown.stdout.split())


def _unresolved(folder: Path) -> set[str]:
    """`library: what it is linked to and not found`, versions and symbols that nothing defines; Python has its own."""
    missing = set()
    for path in folder.rglob("*.so*"):
        done = subprocess.run(["ldd", "-r", str(path)], capture_output=True, text=True, check=False, timeout=60)
        missing |= {f"{path.name}: {library}" for library in re.findall(r"(\S+) => not found", done.stdout)}
        shown = done.stdout + done.stderr
        missing |= {f"{path.name}: {version}" for version in re.findall(r"version [`'](\S+)' not found", shown)}
        symbols = re.findall(r"undefined symbol: (\w+)", shown)
        missing |= {f"{path.name}: {symbol}" for symbol in symbols if not symbol.startswith(("Py", "_Py"))}
    return missing


def trim_system(root: Path, extra: Iterable[str]) -> None:
    """Removes every Debian package but those kept and `extra`, and the parts of Python that only a developer uses."""
    kept_packages = KEPT | set(extra)
    lists = root / "var/lib/dpkg/info"
    owned: dict[bool, set[str]] = {True: set(), False: set()}
    for path in lists.glob("*.list"):
        owned[path.stem.split(":")[0] in kept_packages] |= set(path.read_text(encoding="utf-8").split("\n"))
    _forget(root / "var/lib/dpkg/status", kept_packages)
    for library in (root / "usr/lib/python3.11", root / "usr/local/lib/python3.11"):
        _remove(path for name in _STANDARD for path in library.glob(name))
        _remove(path for name in _BESIDE for path in library.glob(f"site-packages/{name}"))
        if library.exists():
            compileall.compile_dir(library, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
            leave_bytecode(library)
    _remove(root / "usr/share" / name for name in _SHARED)
    _remove(root.glob("usr/lib/*-linux-gnu/gconv"))
    _remove(root.glob("usr/lib/*-linux-gnu/libmvec.so*"))  # of loops over vectors in C; no library of ours names it
    _remove(path for folder in ("var/cache", "var/log", "var/lib/apt") for path in (root / folder).glob("*"))
    _remove(
        path for path in lists.glob("*") if path.stem.split(":")[0] not in kept_packages or path.suffix not in _LISTED
    )
    for name in sorted(owned[False] - owned[True]):
        path = root / name.lstrip("/")
        if path.is_symlink() or path.is_file():
            path.unlink()


def _forget(status: Path, kept: Iterable[str]) -> None:
    """So that a scanner of the image lists what is there."""
    entries = status.read_text(encoding="utf-8").split("\n\n")
    names = {f"Package: {name}" for name in kept}
    status.write_text(
        "\n\n".join(entry for entry in entries if entry.split("\n")[0] in names) + "\n\n", encoding="utf-8"
    )


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def main() -> int:
    """Trims one thing."""
    match sys.argv[1:]:
        case ["packages", folder]:
            trim_packages(Path(folder))
        case ["service", folder]:
            trim_packages(Path(folder), is_service=True)
            leave_bytecode(Path(folder))
        case ["spark", folder]:
            trim_spark(Path(folder))
        case ["system", *extra]:
            trim_system(Path("/"), extra)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
