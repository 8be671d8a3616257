"""What is removed from an image while it is built, and what must stay."""

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
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


def arrow_with(root: Path, source: str, *options: str) -> tuple[Path, Path]:
    """One of Arrow's libraries that goes, with a function `two`, and a user of `source` that is linked to it."""
    if shutil.which("patchelf") is None:
        pytest.skip("no patchelf: the builds of the images install it, a developer's machine may lack it")
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

    assert {"usr/bin/bash", "usr/bin/python3.11", "usr/local/bin/own", "usr/lib/python3.11/os.py"} <= left(tmp_path)
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
