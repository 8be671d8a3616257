"""A release's manifest and signatures."""

import ast
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from altscore_connector import minisign
from altscore_connector.bundle import describe
from altscore_connector.updating import MANIFEST, PRODUCT, read_manifest

from altscore_release.build import BuildError, sha256_of, version_of
from altscore_release.keys import SecretKey

LIFE_DAYS = 180


def write_manifest(folder: Path, bundle: Path, *, released_at: datetime, life_days: int = LIFE_DAYS) -> Path:
    """Describes a release file; after its life a site asks for a newer manifest, so that an old one cannot be kept up.

    Args:
        folder: of the release.
        bundle: the release file.
        released_at: aware.
        life_days: how long it can be installed.
    """
    released_at = released_at.astimezone(UTC).replace(microsecond=0)
    description = describe(bundle)
    document = {
        "product": PRODUCT,
        "version": description.version,
        "released_at": released_at.isoformat(),
        "expires_at": (released_at + timedelta(days=life_days)).isoformat(),
        "targets": sorted(description.targets),
        "bundle": {"name": bundle.name, "sha256": sha256_of(bundle), "size": bundle.stat().st_size},
        "others": {path.name: sha256_of(path) for path in sorted(folder.glob("*.whl"))},
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def pinned_keys(wheel: Path) -> tuple[str, ...]:
    """The public keys that a wheel accepts."""
    with zipfile.ZipFile(wheel) as archive:
        module = ast.parse(archive.read("altscore_connector/release_keys.py"))
    [value] = [node.value for node in module.body if isinstance(node, ast.AnnAssign)]
    return tuple(ast.literal_eval(value)) if value is not None else ()


def sign(folder: Path, key: SecretKey) -> list[Path]:
    """Signs manifest, release file and wheel of a folder.

    Returns:
        The signature files.

    Raises:
        BuildError: a file is not the one of the manifest, or sites that get this release would refuse the next by
            this key.
    """
    [wheel], [bundle] = list(folder.glob("*.whl")), list(folder.glob("*.pyz"))
    release = read_manifest((folder / MANIFEST).read_bytes())
    if (sha256_of(bundle), bundle.name) != (release.sha256, release.bundle):
        raise BuildError(f"{bundle.name} is not the file of the manifest; build the release anew")
    if key.public not in pinned_keys(wheel):
        raise BuildError(f"key {key.name} is not pinned in {wheel.name}: put it into release_keys.py and build anew")
    signatures = []
    for path in (folder / MANIFEST, bundle, wheel):
        comment = f"altscore-connector {version_of(wheel)} {path.name} released {release.released_at.isoformat()}"
        signature = path.with_name(path.name + minisign.SUFFIX)
        signature.write_text(key.sign(path, comment), encoding="utf-8")
        signatures.append(signature)
    return signatures
