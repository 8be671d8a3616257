"""What ingestion signed of a batch: its manifest, or, for batches from before manifests were signed, an endorsement."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from altscore_libs.canonical_json import canonical_json
from altscore_libs.signer import NotAuthentic, PublicKeys, read_signed

from altscore_pipelines.errors import Missing, RowsUnusable
from altscore_pipelines.storage import Content, Storage, Version

MANIFEST = "manifest.json"
ENDORSEMENT = "signature.json"
KEY_LABEL = "ingestion-manifests"
MANIFEST_SCHEMA = "altscore.bronze-manifest.1"
ENDORSEMENT_SCHEMA = "altscore.bronze-endorsement.1"
LOCK_MODE = "COMPLIANCE"
SECOND_VERSION = "written or deleted again after it was signed"


@dataclass(frozen=True)
class Folder:
    """The objects of a batch's folder, each with all of its versions."""

    key: str
    objects: Mapping[str, tuple[Version, ...]]

    def newest(self, name: str) -> Version:
        """The newest version of an object.

        Raises:
            RowsUnusable: there is none, or it was deleted.
        """
        for version in self.objects.get(name, ()):
            if version.is_newest:
                if version.is_deletion:
                    raise RowsUnusable("deleted")
                return version
        raise RowsUnusable("missing")

    def only(self, name: str) -> Version:
        """The one version of an object.

        Raises:
            RowsUnusable: there is none, or another one was written or deleted.
        """
        versions = self.objects.get(name, ())
        if len(versions) > 1:
            raise RowsUnusable(SECOND_VERSION)
        return self.newest(name)


def folders_of(versions: Iterable[Version]) -> list[Folder]:
    """The folders with a manifest, in order of keys, be it a deleted one."""
    objects: dict[str, dict[str, list[Version]]] = defaultdict(lambda: defaultdict(list))
    for version in versions:
        folder, _, name = version.key.rpartition("/")
        objects[f"{folder}/"][name].append(version)
    return [
        Folder(key, {name: tuple(of_object) for name, of_object in names.items()})
        for key, names in sorted(objects.items())
        if MANIFEST in names
    ]


@dataclass(frozen=True)
class SignedManifest:
    """The manifest of a batch as ingestion signed it.

    Attributes:
        body: of manifest.json.
        pinned: version by name of every file that is signed.
    """

    body: bytes
    pinned: Mapping[str, str]


def read_authentic(bronze: Storage, folder: Folder, keys: PublicKeys) -> SignedManifest:
    """The manifest of a folder, if ingestion signed it and nobody has written another one since.

    Raises:
        RowsUnusable: there is none, it is not signed, it was signed for another content, or another version exists.
    """
    if ENDORSEMENT in folder.objects:
        return _endorsed(bronze, folder, keys)
    body = read_locked(bronze, folder.only(MANIFEST)).body
    document = _verified(body, keys, MANIFEST_SCHEMA)
    return SignedManifest(body, _pins(document))


def _endorsed(bronze: Storage, folder: Folder, keys: PublicKeys) -> SignedManifest:
    endorsement = _verified(read_locked(bronze, folder.only(ENDORSEMENT)).body, keys, ENDORSEMENT_SCHEMA)
    newest, pinned = folder.newest(MANIFEST), _pins(endorsement)
    if bronze.locks and newest.version_id != pinned.get(MANIFEST):
        raise RowsUnusable(SECOND_VERSION)
    body = read_locked(bronze, newest).body
    if hashlib.sha256(body).hexdigest() != endorsement.get("manifest_sha256"):
        raise RowsUnusable("not the manifest that was endorsed")
    return SignedManifest(body, pinned)


def read_pinned(bronze: Storage, folder: Folder, name: str, pinned: Mapping[str, str] | None) -> Content:
    """A file of a batch in exactly the version that was signed.

    Args:
        bronze: root of Bronze.
        folder: of the batch.
        name: of the file.
        pinned: what was signed; None: nobody signs here.

    Raises:
        RowsUnusable: it is missing, was deleted, is not under lock, or a newer version exists.
    """
    newest = folder.newest(name)
    if pinned is not None and bronze.locks and newest.version_id != pinned.get(name):
        raise RowsUnusable(SECOND_VERSION)
    return read_locked(bronze, newest)


def read_locked(bronze: Storage, version: Version) -> Content:
    """A version of an object.

    Raises:
        RowsUnusable: it is missing or not under object lock.
    """
    try:
        content = bronze.read(version.key, version.version_id)
    except Missing:
        raise RowsUnusable("missing") from None
    if bronze.locks and content.lock_mode != LOCK_MODE:
        raise RowsUnusable("not under object lock")
    return content


def _verified(body: bytes, keys: PublicKeys, schema: str) -> dict[str, Any]:
    """The document, whose signature covers everything else in it.

    Raises:
        RowsUnusable: it is not signed, or not by ingestion.
    """
    try:
        document = json.loads(body)
        signature = str(document.pop("signature"))
        text = canonical_json(document).decode()
        return read_signed(text, signature, keys, schema=schema, key_label=KEY_LABEL)
    except NotAuthentic:
        raise RowsUnusable("not signed by ingestion") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RowsUnusable("not signed") from None


def _pins(document: Mapping[str, Any]) -> dict[str, str]:
    """Version by name; what is authentic has this form."""
    try:
        return {str(file["name"]): str(file["version_id"]) for file in document["files"]}
    except (KeyError, TypeError):
        raise RowsUnusable("not signed in all of its files") from None
