"""A release whose connector is a few lines that say their version and leave a mark when they run."""

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from altscore_connector.bundle import DESCRIPTION, WHEELS, this_target
from altscore_connector.installation import Installation, create
from altscore_connector.release_source import FolderSource
from altscore_connector.updating import MANIFEST, Updater
from altscore_release.build import build_wheel
from altscore_release.keys import SecretKey
from altscore_release.release import write_manifest

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
_CLI = """
import pathlib
def main(argv):
    pathlib.Path({mark!r}).touch()
    print("altscore-connector {version}")
    return {status}
"""


@dataclass
class StubRelease:
    """A folder with a signed release; a test changes an attribute, or a file after `write`.

    Attributes:
        mark: appears when its code runs.
        inner_version: what the release file says of itself; None for `version`.
    """

    folder: Path
    key: SecretKey
    version: str = "0.2.0"
    inner_version: str | None = None
    targets: Sequence[str] = (this_target(),)
    released_at: datetime = NOW - timedelta(days=1)
    life_days: int = 180
    status: int = 0
    entries: dict[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> Path:
        return self.folder / "it-ran"

    @property
    def bundle(self) -> Path:
        return self.folder / f"altscore-connector-{self.version}.pyz"

    @property
    def manifest(self) -> Path:
        return self.folder / MANIFEST

    def write(self) -> "StubRelease":
        self.folder.mkdir(exist_ok=True)
        self.write_bundle()
        write_manifest(self.folder, self.bundle, released_at=self.released_at, life_days=self.life_days)
        document = json.loads(self.manifest.read_text()) | {"version": self.version}
        self.manifest.write_text(json.dumps(document))
        self.sign()
        return self

    def write_bundle(self) -> None:
        version = self.inner_version or self.version
        wheel = self.folder / "altscore_connector-stub-py3-none-any.whl"
        code = _CLI.format(mark=str(self.mark), version=version, status=self.status)
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, text in {"altscore_connector/__init__.py": "", "altscore_connector/cli.py": code}.items():
                archive.writestr(name, text)
            for name, text in self.entries.items():
                archive.writestr(name, text)
        description = {"version": version, "targets": {target: [wheel.name] for target in self.targets}}
        with zipfile.ZipFile(self.bundle, "w") as archive:
            archive.writestr(DESCRIPTION, json.dumps(description))
            archive.write(wheel, f"{WHEELS}/{wheel.name}")
        wheel.unlink()

    def sign(self, *names: str) -> None:
        """Signs what lies there now, both files or the named ones."""
        for name in names or (MANIFEST, self.bundle.name):
            path = self.folder / name
            path.with_name(f"{name}.minisig").write_text(self.key.sign(path, "test"))

    def change_manifest(self, **values: object) -> None:
        """Changes fields and signs again, as only the owner of the key can."""
        self.manifest.write_text(json.dumps(json.loads(self.manifest.read_text()) | values))
        self.sign(MANIFEST)


def installed(tmp_path: Path, key: SecretKey, version: str = "0.1.0") -> Installation:
    """An installation of a stub."""
    release = StubRelease(tmp_path / f"release-{version}", key, version=version).write()
    create(tmp_path / "home", release.bundle)
    return Installation(tmp_path / "home")


def updater(installation: Installation, key: SecretKey, now: datetime = NOW) -> Updater:
    return Updater(installation=installation, keys=(key.public,), now=now)


def update(installation: Installation, release: StubRelease) -> None:
    updater(installation, release.key).update(FolderSource(release.folder))


def state(installation: Installation) -> tuple[object, list[str], list[str]]:
    """What an update may change: the active version, the versions, and leftovers."""
    home = installation.home
    return installation.active, sorted(os.listdir(home / "versions")), sorted(os.listdir(home))


def real_wheel(project: Path, folder: Path, *, version: str, keys: Sequence[str]) -> Path:
    """The connector's own wheel, with another version and with keys pinned.

    Args:
        project: the package's folder.
        folder: for the copy and the wheel.
        version: of the wheel.
        keys: public keys.
    """
    copy = folder / "project"
    (copy / "src").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md"):
        (copy / name).write_bytes((project / name).read_bytes())
    for path in sorted((project / "src").rglob("*")):
        target = copy / path.relative_to(project)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(path.read_bytes())
    pyproject = copy / "pyproject.toml"
    text = pyproject.read_text()
    assert text.count('version = "0.1.0"') == 1
    pyproject.write_text(text.replace('version = "0.1.0"', f'version = "{version}"'))
    pins = copy / "src/altscore_connector/release_keys.py"
    pins.write_text(f"RELEASE_KEYS: tuple[str, ...] = {tuple(keys)!r}\n")
    return build_wheel(copy, folder / "built")
