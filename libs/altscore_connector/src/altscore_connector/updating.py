"""An update: whatever a release says is believed, and whatever it brings is run, only after its signatures hold."""

import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from altscore_connector import minisign
from altscore_connector.bundle import MAX_BUNDLE_BYTES, this_target
from altscore_connector.errors import UpdateError
from altscore_connector.installation import Active, Installation, version_numbers
from altscore_connector.release_source import ReleaseSource

MANIFEST = "manifest.json"
PRODUCT = "altscore-connector"
_MAX_MANIFEST_BYTES = 65_536
_CLOCK_SKEW = timedelta(days=1)
_BUNDLE_NAME = re.compile(r"altscore-connector-[0-9.]{1,32}\.pyz")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Release:
    """What a verified manifest says.

    Attributes:
        bundle: name of the release file.
        size: of the release file, bytes.
    """

    version: str
    released_at: datetime
    expires_at: datetime
    targets: tuple[str, ...]
    bundle: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Updater:
    """Updates an installation.

    Args:
        keys: public keys of which any may have signed.
        now: aware UTC.
    """

    installation: Installation
    keys: Sequence[str]
    now: datetime

    def update(self, source: ReleaseSource) -> Active:
        """Installs the release of a source and makes it active.

        Raises:
            UpdateError: refused; the present version stays.
            OSError: no room, no rights; the present version stays.
        """
        if not self.keys:
            raise UpdateError("this build of the connector knows no release key, so it accepts no update; install anew")
        with self.installation.exclusive():
            release = self._release(source)
            self._check(release)
            with self.installation.workspace() as workspace:
                bundle_file = workspace / release.bundle
                source.copy(release.bundle, bundle_file, limit=release.size)
                self._verify_bundle(source, release, bundle_file)
                self.installation.install(bundle_file, release.version, workspace)
            self.installation.remove_others()
            return self.installation.active

    def _release(self, source: ReleaseSource) -> Release:
        content = source.read(MANIFEST, limit=_MAX_MANIFEST_BYTES)
        signature = source.read(MANIFEST + minisign.SUFFIX, limit=minisign.MAX_SIGNATURE_BYTES)
        minisign.verify(MANIFEST, io.BytesIO(content), signature, self.keys)
        return read_manifest(content)

    def _check(self, release: Release) -> None:
        present = self.installation.active.current
        if version_numbers(release.version) == version_numbers(present):
            raise UpdateError(f"version {present} is installed already, and nothing newer is offered")
        if version_numbers(release.version) < version_numbers(present):
            raise UpdateError(
                f"version {release.version} is older than {present}, which is installed; nothing was changed "
                "(`update --rollback` goes back to the previous version)"
            )
        if release.released_at > self.now + _CLOCK_SKEW:
            raise UpdateError(
                f"the release is of {release.released_at:%d-%m-%Y}, so this machine's clock is behind; set it"
            )
        if release.expires_at <= self.now:
            raise UpdateError(
                f"the release could be installed until {release.expires_at:%d-%m-%Y}; get the present one from AltScore"
            )
        if this_target() not in release.targets:
            raise UpdateError(
                f"the release is not for this Python and system ({this_target()}), but for "
                f"{', '.join(release.targets)}; nothing was changed"
            )
        if release.size > MAX_BUNDLE_BYTES:
            raise UpdateError(f"{release.bundle} is larger than 40 MiB; nothing was changed, tell AltScore")

    def _verify_bundle(self, source: ReleaseSource, release: Release, bundle_file: Path) -> None:
        with bundle_file.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != release.sha256:
                raise UpdateError(
                    f"{release.bundle} is not the file of the manifest: it was altered or damaged on its way; "
                    "nothing was changed"
                )
            file.seek(0)
            signature = source.read(release.bundle + minisign.SUFFIX, limit=minisign.MAX_SIGNATURE_BYTES)
            minisign.verify(release.bundle, file, signature, self.keys)


def read_manifest(content: bytes) -> Release:
    """Reads a manifest whose signature holds.

    Raises:
        UpdateError: of another product, or in another form.
    """
    try:
        document = json.loads(content)
        if document["product"] != PRODUCT:
            raise UpdateError("the manifest is of another product; nothing was changed")
        bundle = document["bundle"]
        release = Release(
            version=document["version"],
            released_at=_instant(document["released_at"]),
            expires_at=_instant(document["expires_at"]),
            targets=tuple(map(str, document["targets"])),
            bundle=bundle["name"],
            sha256=bundle["sha256"],
            size=bundle["size"],
        )
        version_numbers(release.version)
        is_complete = _BUNDLE_NAME.fullmatch(release.bundle) and _SHA256.fullmatch(release.sha256)
        if not is_complete or type(release.size) is not int or release.size < 1:
            raise ValueError("a field has another form")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UpdateError("the manifest cannot be read by this version; get the connector anew from AltScore") from None
    return release


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no time zone")
    return instant.astimezone(UTC)
