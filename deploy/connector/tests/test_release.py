"""The wheel and the release file of the connector run alone, on every Python of this machine that it is for."""

import itertools
import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from altscore_connector.bundle import describe
from altscore_connector.release_keys import RELEASE_KEYS
from altscore_connector.updating import MANIFEST
from altscore_local.environments import ensure_uv
from altscore_release import build, dependencies, pythons
from altscore_release.build import PROJECT, BuildError, build_bundle, build_wheel
from altscore_release.dependencies import LOCK, TARGETS, wheels_of
from altscore_release.keys import SecretKey, generate
from altscore_release.release import pinned_keys, sign, write_manifest

from .stub_release import real_wheel

PRESENT = pythons.present()
CSV = "Invoice No,Invoice Date,Party,Amount\r\nSI/1,05-07-2025,Om Traders,1180.00\r\n"
CONFIG = """
distributor_id = "dist_x"
state_file = "state.sqlite"
[ingestion]
url = "https://127.0.0.1:1"
ca_file = "ca.pem"
certificate_file = "client.crt"
key_file = "client.key"
[keystore]
file = "keystore.json"
[csv]
folder = "drop"
"""
TIMEOUT_S = 120
# A variable or a user's package must not help the connector to run.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "COV"))}


def linux(version: str) -> str:
    return f"cp{version.replace('.', '')}-linux_x86_64"


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=CLEAN,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    )


def ok(*command: str | Path, folder: Path) -> str:
    """Output of a command that must not fail."""
    done = run(*command, folder=folder)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source."""
    return build_wheel(PROJECT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def targets() -> Sequence[str]:
    """What of this machine's Pythons a release is built for here; `make connector-release` builds for all eight."""
    assert PRESENT, "no Python from 3.11 to 3.14 is on the PATH"
    return [linux(version) for version in PRESENT]


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory, key: SecretKey, targets: Sequence[str]) -> list[Path]:
    """Folders of two signed releases, 0.1.1 and 0.2.0, that pin the key of these tests."""
    folders = []
    for version in ("0.1.1", "0.2.0"):
        folder = tmp_path_factory.mktemp(version)
        built = real_wheel(PROJECT, tmp_path_factory.mktemp("source"), version=version, keys=[key.public])
        bundle = build_bundle(Path(shutil.copy(built, folder)), folder, targets=targets)
        write_manifest(folder, bundle, released_at=datetime.now(UTC))
        sign(folder, key)
        folders.append(folder)
    return folders


def look(command: Path, folder: Path) -> None:
    """A site of CSV files: the connector introduces it, looks at it and shows what would leave."""
    init = (command, "init", "--distributor-id", "dist_x", "--url", "https://127.0.0.1:1", "--source", "csv")
    ok(*init, "--folder", "drop", "--passphrase-file", "../secret/passphrase", folder=folder)
    signing = ("openssl", "x509", "-req", "-in", "client.csr", "-signkey", "client.key", "-days", "2")
    certificate = ok(*signing, folder=folder)
    answer = {"api_key": "a" * 64, "signing_secret": "b" * 64, "certificate_pem": certificate, "ca_pem": certificate}
    (folder / "answer.json").write_text(json.dumps(answer))
    ok(command, "init", "--answer", "answer.json", folder=folder)
    (folder / "drop").mkdir(exist_ok=True)
    (folder / "drop" / "invoices_complete_2025-07.csv").write_text(CSV)
    shown = ok(command, "preview", folder=folder)
    assert "2 records would be sent" in shown
    assert "invoices.amount_inr: 1 times" in shown
    checked = run(command, "check", folder=folder)
    assert checked.returncode == 1, "AltScore is not here"
    assert "ok   configuration" in checked.stdout
    assert "Traceback" not in checked.stdout + checked.stderr


@pytest.mark.timeout(300)  # a dozen processes, each of which compiles and imports everything once
@pytest.mark.parametrize("version", pythons.VERSIONS)
def test_the_wheel_alone_runs_on(version: str, wheel: Path, tmp_path: Path) -> None:
    if version not in PRESENT:
        pytest.skip(
            f"Python {version} is not here; {len(PRESENT)} of {len(pythons.VERSIONS)} are: {', '.join(PRESENT)}"
        )
    links = tmp_path / "links"
    links.mkdir()
    for path in wheels_of([linux(version)])[linux(version)]:
        shutil.copy(path, links)
    uv = (ensure_uv(), "--quiet", "--offline")
    environment = tmp_path / "environment"
    ok(*uv, "venv", "--python", PRESENT[version], environment, folder=tmp_path)
    python, command = environment / "bin" / "python", environment / "bin" / "altscore-connector"
    ok(*uv, "pip", "install", "--no-index", "--find-links", links, "--python", python, wheel, folder=tmp_path)
    assert ok(command, "--version", folder=tmp_path).split() == ["altscore-connector", build.version_of(wheel)]
    site = tmp_path / "site"
    site.mkdir()
    look(command, site)
    refused = run(command, "update", "--from", tmp_path, folder=tmp_path)
    assert refused.stderr.startswith("error: this connector was not installed from a release file")


@pytest.mark.timeout(300)  # a dozen processes, each of which compiles and imports everything once
@pytest.mark.parametrize("version", pythons.VERSIONS)
def test_a_release_installs_itself_updates_and_goes_back_on(version: str, releases: list[Path], tmp_path: Path) -> None:
    if version not in PRESENT:
        pytest.skip(
            f"Python {version} is not here; {len(PRESENT)} of {len(pythons.VERSIONS)} are: {', '.join(PRESENT)}"
        )
    [old], new = releases[0].glob("*.pyz"), releases[1]
    ok(PRESENT[version], old, "install", "--into", "home", folder=tmp_path)
    command = tmp_path / "home" / "altscore-connector"
    site = tmp_path / "site"
    site.mkdir()
    if version == list(PRESENT)[-1]:  # once is enough: what the site does is the wheel's test
        look(command, site)
    assert "version 0.2.0 is active" in ok(command, "update", "--from", new, folder=tmp_path)
    assert ok(command, "--version", folder=tmp_path).split()[-1] == "0.2.0"
    (site / "service.toml").write_text(CONFIG)
    ok(command, "service", "install", "--config", "service.toml", "--output", "unit", folder=site)
    unit = (site / "unit").read_text()
    assert f'"{tmp_path / "home" / "launch.py"}" "sync"' in unit, "the service starts whichever version is active"
    again = run(command, "update", "--from", new, folder=tmp_path)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "version 0.2.0 is installed already" in again.stderr
    ok(command, "update", "--rollback", folder=tmp_path)
    assert ok(command, "--version", folder=tmp_path).split()[-1] == "0.1.1"


def test_the_lines_of_the_distributors_page_install_update_and_go_back(
    releases: list[Path], key: SecretKey, tmp_path: Path
) -> None:
    page = (PROJECT.parents[1] / "docs/distributors/README.md").read_text(encoding="utf-8")
    fences = re.findall(r"^<!-- not run: the tests of releases run it -->\n```console\n(.*?)^```$", page, re.M | re.S)
    lines = "".join(fences).splitlines()
    [old] = releases[0].glob("*.pyz")
    python, ran = list(PRESENT.values())[-1], []
    for number, line in enumerate(lines):
        if not line.startswith("$ ") or (line.startswith("$ minisign") and shutil.which("minisign") is None):
            continue
        command = line[2:].replace("altscore-connector-0.1.0.pyz", str(old))
        command = re.sub(r"RWQ(example)+", key.public, command).replace("python3 ", f"{python} ")
        command = command.replace("https://releases.altscore.example/connector", str(releases[1]))
        path = f"{tmp_path / 'altscore-program'}:{CLEAN['PATH']}"
        output = ok("env", f"PATH={path}", "bash", "-c", command, folder=tmp_path).splitlines()
        shown = [
            text for text in itertools.takewhile(lambda text: text[:2] != "$ ", lines[number + 1 :]) if text != "…"
        ]
        assert shown
        for expected, printed in zip(shown, output, strict=False):
            assert re.fullmatch(re.escape(expected).replace("…", ".*"), printed), f"{command}\n{printed}"
        ran.append(line.split()[1])
    assert ran[-3:] == ["python3", "altscore-connector", "altscore-connector"]


def test_a_release_file_runs_a_command_without_being_installed(releases: list[Path], tmp_path: Path) -> None:
    python = next(iter(PRESENT.values()))
    [bundle] = releases[0].glob("*.pyz")
    assert ok(python, bundle, "--version", folder=tmp_path).split()[-1] == "0.1.1"
    assert os.listdir(tmp_path) == []


def test_the_same_source_gives_the_same_bytes(wheel: Path, targets: Sequence[str], tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("tests"))
    for path in sorted(copy.rglob("*")):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700)
    (copy / "src" / "altscore_connector" / "__pycache__").mkdir(exist_ok=True)
    (copy / "src" / "altscore_connector" / "__pycache__" / "cli.cpython-311.pyc").write_bytes(b"left over")
    again = build_wheel(copy, tmp_path / "again")
    assert again.read_bytes() == wheel.read_bytes()
    first = build_bundle(wheel, tmp_path, targets=targets[:1])
    second = build_bundle(again, tmp_path / "again", targets=targets[:1])
    assert first.read_bytes() == second.read_bytes()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    sources = {
        path.relative_to(PROJECT / "src").as_posix()
        for path in (PROJECT / "src" / "altscore_connector").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(sources) > 50
    assert {name for name in names if ".dist-info/" not in name} == sources


def test_the_lock_names_everything_the_connector_needs_with_digests() -> None:
    needed = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    text = LOCK.read_text()
    locked = {line.split("==")[0] for line in text.splitlines() if "==" in line}
    assert {name.split(">=")[0] for name in needed} <= locked
    assert text.count("--hash=sha256:") >= len(locked) > 8


def test_a_release_for_all_targets_is_small_enough(wheel: Path, tmp_path: Path) -> None:
    if missing := [name for name in TARGETS if not dependencies.is_cached(name)]:
        pytest.skip(f"wheels of {len(missing)} targets are not in the cache; run `make connector-release`")
    bundle = build_bundle(wheel, tmp_path)
    assert bundle.stat().st_size <= 40 * 2**20
    listed = describe(bundle).targets
    assert len(listed) == 8
    for name, wheels in listed.items():
        compiled = [part for part in wheels if not part.endswith("-none-any.whl")]
        system = "win_amd64" if name.endswith("win_amd64") else "manylinux"
        assert len(compiled) == 2, compiled
        assert all(system in part for part in compiled)


def test_a_release_is_signed_only_by_a_key_that_it_pins(releases: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(releases[1], folder)
    with pytest.raises(BuildError, match="is not pinned"):
        sign(folder, generate())
    [bundle] = folder.glob("*.pyz")
    bundle.write_bytes(bundle.read_bytes() + b"x")
    document = json.loads((folder / MANIFEST).read_text())
    assert document["targets"] == sorted(linux(version) for version in PRESENT)
    with pytest.raises(BuildError, match="is not the file of the manifest"):
        sign(folder, generate())


def test_what_is_pinned_is_read_from_the_wheel(releases: list[Path], key: SecretKey, wheel: Path) -> None:
    [built] = releases[0].glob("*.whl")
    assert pinned_keys(built) == (key.public,)
    assert pinned_keys(wheel) == RELEASE_KEYS
