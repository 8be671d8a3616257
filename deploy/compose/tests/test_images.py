"""What is removed from an image while it is built, and what must stay."""

import compileall
import ctypes
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from altscore_local.layout import ROOT

TRIM = ROOT / "deploy" / "images" / "trim.py"


@pytest.fixture(scope="module")
def trim() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("image_trim", TRIM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(root: Path, *names: str) -> None:
    """Empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def left(root: Path) -> set[str]:
    """Every file below a folder."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def linked(target: Path, *arguments: str, within: Path) -> None:
    """A shared library."""
    compiler = ["gcc", "-shared", f"-L{target.parent}", "-Wl,-rpath,$ORIGIN", "-o", str(target)]
    subprocess.run([*compiler, *arguments], check=True, timeout=60, cwd=within)


def require_patchelf() -> None:
    """Skips a test where libraries cannot be changed."""
    if shutil.which("patchelf") is None:
        pytest.skip("no patchelf: the builds of the images install it, a developer's machine may lack it")


def arrow_with(root: Path, source: str, *options: str) -> tuple[Path, Path]:
    """One of Arrow's libraries that goes, with a function `two`, and a user of `source` that is linked to it."""
    require_patchelf()
    library, user = root / "pyarrow" / "libarrow_substrait.so", root / "pyarrow" / "lib.so"
    write(root, "pyarrow/__init__.py")
    (root / "x.c").write_text("int two(void) { return 2; }\n")
    (root / "y.c").write_text(source)
    linked(library, "x.c", within=root)
    linked(user, "y.c", *options, "-l:libarrow_substrait.so", within=root)
    return library, user


def test_tests_sources_and_unused_services_go_and_code_and_data_stay(trim: ModuleType, tmp_path: Path) -> None:
    kept = {
        "numpy/core.py", "dbt/include/tests/builtin.sql", "botocore/data/s3/2006/service.json.gz",
        "babel/locale-data/en.dat", "botocore/data/endpoints.json", "pyarrow/libarrow.so.2600", "fastavro/_read.py",
        "pyphen/dictionaries/hyph_en_GB.dic", "pyarrow/_parquet.so", "avro_like/io.py", "x-1.dist-info/METADATA",
        "x-1.dist-info/licenses/LICENSE",
    }  # fmt: skip
    gone = {
        "numpy/tests/__init__.py", "numpy/tests/test_core.py", "uvloop/loop.c",
        "botocore/data/ec2/2016/service.json.gz", "babel/locale-data/ta.dat", "pyarrow/include/arrow/api.h",
        "pip/main.py", "pyarrow/libarrow_flight.so.2600", "pyarrow/_json.so", "pyarrow/_dataset_parquet_encryption.so",
        "pyphen/dictionaries/hyph_de_DE.dic", "PIL/_avif.so", "avro/io.py", "avro-1.12.2.dist-info/METADATA",
        "confluent_kafka/avro/load.py", "x-1.dist-info/RECORD",
    }  # fmt: skip
    write(tmp_path, *kept, *gone)
    (tmp_path / "botocore/data/endpoints.json").write_text('{"partitions": []}')

    trim.trim_packages(tmp_path)

    assert left(tmp_path) == kept


def test_symbols_for_a_debugger_go(trim: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "x.c"
    source.write_text("int two(void) { return 2; }\n")
    library = tmp_path / "x.so"
    subprocess.run(["gcc", "-g3", "-shared", "-o", str(library), str(source)], check=True, timeout=60)
    before = library.stat().st_size
    monkeypatch.setattr(trim, "_STRIPPED_FROM", 0)

    trim.trim_packages(tmp_path)

    assert library.stat().st_size < before


def test_a_library_that_lost_what_it_is_linked_to_stops_the_build(
    trim: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.c").write_text("int two(void) { return 2; }\n")
    (tmp_path / "y.c").write_text("int two(void); int four(void) { return 2 * two(); }\n")
    compiler = ["gcc", "-shared", "-L.", f"-Wl,-rpath,{tmp_path}", "-o"]
    for arguments in (["libx.so", "x.c"], ["y.so", "y.c", "-lx"]):
        subprocess.run([*compiler, *arguments], check=True, timeout=60, cwd=tmp_path)
    monkeypatch.setattr(trim, "_UNUSED", ("libx.so",))

    with pytest.raises(SystemExit, match=r"y\.so: libx\.so"):
        trim.trim_packages(tmp_path)


def test_a_function_that_nothing_defines_any_more_stops_the_build(trim: ModuleType, tmp_path: Path) -> None:
    arrow_with(tmp_path, "int two(void); int four(void) { return 2 * two(); }\n")

    with pytest.raises(SystemExit, match=r"lib\.so: two"):
        trim.trim_packages(tmp_path)


def test_a_library_that_is_linked_to_and_serves_nobody_goes_and_its_users_load(
    trim: ModuleType, tmp_path: Path
) -> None:
    library, user = arrow_with(tmp_path, "int four(void) { return 4; }\n", "-Wl,--no-as-needed")

    trim.trim_packages(tmp_path)

    assert not library.exists()
    assert ctypes.CDLL(str(user)).four() == 4


def test_of_scipy_stay_the_sparse_matrices_unless_scikit_learn_needs_it(trim: ModuleType, tmp_path: Path) -> None:
    sparse = {"scipy/__init__.py", "scipy/_cyutility.cpython-311-x86_64-linux-gnu.so", "scipy/sparse/_csr.py"}
    dense = {
        "scipy/linalg/lapack.py",
        "scipy/sparse/linalg/_isolve.py",
        "scipy.libs/libopenblas.a",
        "scipy/optimize/x.py",
    }
    write(tmp_path / "worker", *sparse, *dense)
    write(tmp_path / "training", *sparse, *dense, "sklearn/__init__.py")

    for name in ("worker", "training"):
        trim.trim_packages(tmp_path / name)

    assert left(tmp_path / "worker") == sparse
    assert left(tmp_path / "training") == {*sparse, *dense, "sklearn/__init__.py"}


def test_a_service_is_left_without_what_none_of_ours_calls_and_a_training_keeps_its_tables(
    trim: ModuleType, tmp_path: Path
) -> None:
    kept = {"sqlalchemy/dialects/postgresql/psycopg.py", "sqlalchemy/ext/compiler.py", "pyarrow/_parquet.so"}
    by_training = {"sqlalchemy/orm/session.py", "sqlalchemy/ext/asyncio/engine.py", "pyarrow/_csv.so"}
    gone = {"sqlalchemy/dialects/mysql/base.py", "pyarrow/_acero.so", "cffi/api.py", "pycparser/c_ast.py"}
    write(tmp_path / "worker", *kept, *by_training, *gone)
    write(tmp_path / "training", *kept, *by_training, *gone, "sklearn/x.py")

    for name in ("worker", "training"):
        trim.trim_packages(tmp_path / name, is_service=True)

    assert left(tmp_path / "worker") == kept
    assert left(tmp_path / "training") == {*kept, *by_training, "sklearn/x.py"}


def test_who_draws_pages_keeps_what_describes_c_to_python(trim: ModuleType, tmp_path: Path) -> None:
    kept = {"cffi/api.py", "pycparser/c_ast.py", "weasyprint/text/ffi.py"}
    write(tmp_path, *kept)

    trim.trim_packages(tmp_path, is_service=True)

    assert left(tmp_path) == kept


def test_an_environment_that_serves_others_keeps_all_of_sqlalchemy(trim: ModuleType, tmp_path: Path) -> None:
    kept = {"sqlalchemy/orm/session.py", "sqlalchemy/dialects/mysql/base.py", "cffi/api.py"}
    write(tmp_path, *kept)

    trim.trim_packages(tmp_path)

    assert left(tmp_path) == kept


def test_of_the_addresses_of_aws_stay_those_of_the_services_that_are_called(trim: ModuleType, tmp_path: Path) -> None:
    write(tmp_path, "botocore/data/endpoints.json")
    path = tmp_path / "botocore/data/endpoints.json"
    services: dict[str, list[str]] = {"s3": ["ap-south-1"], "ec2": ["ap-south-1"], "sts": ["ap-south-1"]}
    path.write_text(json.dumps({"version": 3, "partitions": [{"partition": "aws", "services": services}]}))

    trim.trim_packages(tmp_path)

    document = json.loads(path.read_text())
    assert document["version"] == 3
    assert document["partitions"] == [{"partition": "aws", "services": {"s3": ["ap-south-1"], "sts": ["ap-south-1"]}}]


def test_a_wheels_own_openssl_goes_and_the_systems_takes_its_place(trim: ModuleType, tmp_path: Path) -> None:
    require_patchelf()
    folder = tmp_path / "psycopg_binary.libs"
    write(tmp_path, "psycopg_binary.libs/libcrypto-1a2b.so.3")
    (tmp_path / "x.c").write_text("const char *OpenSSL_version(int part) { return 0; }\n")
    (tmp_path / "y.c").write_text(
        "const char *OpenSSL_version(int part); const char *version(void) { return OpenSSL_version(0); }\n"
    )
    linked(folder / "libcrypto-1a2b.so.3", "x.c", "-Wl,-soname,libcrypto-1a2b.so.3", within=tmp_path)
    linked(folder / "libpq-3c4d.so.5", "y.c", "-l:libcrypto-1a2b.so.3", within=tmp_path)

    trim.trim_packages(tmp_path, is_service=True)

    assert not (folder / "libcrypto-1a2b.so.3").exists()
    library = ctypes.CDLL(str(folder / "libpq-3c4d.so.5"))
    library.version.restype = ctypes.c_char_p
    assert library.version().startswith(b"OpenSSL 3.")


def test_a_library_that_asks_the_system_for_a_newer_openssl_stops_the_build(trim: ModuleType, tmp_path: Path) -> None:
    require_patchelf()
    folder = tmp_path / "psycopg_binary.libs"
    write(tmp_path, "psycopg_binary.libs/libcrypto-1a2b.so.3")
    (tmp_path / "x.c").write_text("int OpenSSL_version(void) { return 0; }\n")
    (tmp_path / "y.c").write_text("int OpenSSL_version(void); int version(void) { return OpenSSL_version(); }\n")
    (tmp_path / "x.map").write_text("OPENSSL_9.9.0 { global: OpenSSL_version; };\n")
    names = ("-Wl,-soname,libcrypto-1a2b.so.3", "-Wl,--version-script=x.map")
    linked(folder / "libcrypto-1a2b.so.3", "x.c", *names, within=tmp_path)
    linked(folder / "libpq-3c4d.so.5", "y.c", "-l:libcrypto-1a2b.so.3", within=tmp_path)

    with pytest.raises(SystemExit, match=r"libpq-3c4d\.so\.5: OPENSSL_9\.9\.0"):
        trim.trim_packages(tmp_path, is_service=True)


def test_modules_are_left_as_bytecode_that_still_names_file_and_line(trim: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").write_text("from .sums import divide\n")
    (tmp_path / "own" / "sums.py").write_text("def divide(a, b):\n    return a / b\n")
    compileall.compile_dir(tmp_path, quiet=2)
    (tmp_path / "own" / "uncompiled.py").write_text("X = 1\n")

    trim.leave_bytecode(tmp_path)

    assert left(tmp_path) == {"own/__init__.pyc", "own/sums.pyc", "own/uncompiled.py"}
    program = [sys.executable, "-c", "import own; own.divide(1, 0)"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert f'File "{tmp_path / "own" / "sums.py"}", line 2, in divide' in done.stderr


def test_of_spark_stays_what_sql_over_files_needs(trim: ModuleType, tmp_path: Path) -> None:
    kept = {"jars/spark-sql_2.13-4.1.1.jar", "jars/netty-transport-native-epoll-linux-x86_64.jar", "sql/session.py"}
    gone = {
        "jars/rocksdbjni-9.8.4.jar",
        "jars/spark-mllib_2.13-4.1.1.jar",
        "jars/netty-resolver-dns-native-macos-osx-x86_64.jar",
    }
    write(tmp_path, *kept, *gone, "examples/src/main/python/pi.py", "data/mllib/sample.txt")

    trim.trim_spark(tmp_path)

    assert left(tmp_path) == kept


def test_of_debian_stays_what_python_needs_and_what_is_named(trim: ModuleType, tmp_path: Path) -> None:
    info = "var/lib/dpkg/info"
    write(tmp_path, "usr/bin/bash", "usr/bin/perl", "usr/bin/python3.11", "usr/lib/python3.11/os.py")
    write(tmp_path, "usr/lib/python3.11/test/test_os.py", "usr/local/bin/own", "usr/share/man/man1/x.1")
    write(tmp_path, "usr/lib/python3.11/turtle.py", "usr/lib/python3.11/lib-dynload/_curses.so")
    write(tmp_path, "usr/share/zoneinfo/Asia/Kolkata", "usr/share/zoneinfo/right/Asia/Kolkata")
    write(tmp_path, f"{info}/bash.md5sums", f"{info}/bash.postinst")
    for package, name in (("bash", "bash"), ("perl-base", "perl"), ("python3.11-minimal", "python3.11")):
        (tmp_path / info / f"{package}.list").write_text(f"/.\n/usr/bin\n/usr/bin/{name}\n")
    status = tmp_path / "var/lib/dpkg/status"
    names = ("bash", "perl-base", "python3.11-minimal")
    status.write_text("".join(f"Package: {name}\nStatus: install ok installed\n\n" for name in names))

    trim.trim_system(tmp_path, ["bash"])

    assert {"usr/bin/bash", "usr/bin/python3.11", "usr/local/bin/own", "usr/lib/python3.11/os.pyc"} <= left(tmp_path)
    assert "usr/lib/python3.11/os.py" not in left(tmp_path)
    assert not left(tmp_path) & {"usr/bin/perl", "usr/lib/python3.11/test/test_os.py", "usr/share/man/man1/x.1"}
    assert not left(tmp_path) & {"usr/lib/python3.11/turtle.py", "usr/lib/python3.11/lib-dynload/_curses.so"}
    assert {path for path in left(tmp_path) if "zoneinfo" in path} == {"usr/share/zoneinfo/Asia/Kolkata"}
    assert {path for path in left(tmp_path) if f"{info}/bash." in path} == {f"{info}/bash.list", f"{info}/bash.md5sums"}
    assert [line for line in status.read_text().split("\n") if line.startswith("Package")] == [
        "Package: bash",
        "Package: python3.11-minimal",
    ]
    assert os.access(tmp_path / info / "bash.list", os.R_OK)
    assert not (tmp_path / info / "perl-base.list").exists()


def test_every_service_has_a_system_to_stand_on_and_only_admins_has_pango_and_fonts() -> None:
    script = (ROOT / "deploy" / "images" / "build.sh").read_text(encoding="utf-8")
    named = re.search(r"^services=\((.*)\)$", script, re.MULTILINE)
    assert named is not None
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    systems = {name: base for base, name in re.findall(r"^FROM (\S+) AS system-(\S+)$", dockerfile, re.MULTILINE)}
    assert set(systems) == {"plain", *named[1].split()}
    assert {name for name, base in systems.items() if base != "system-plain"} == {"plain", "admin"}
