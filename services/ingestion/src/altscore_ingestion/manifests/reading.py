"""Manifests of Bronze as ingestion signed them, and files in exactly the versions that it signed (ADR 0047)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from altscore_libs.canonical_json import canonical_json
from altscore_libs.signer import NotAuthentic, PublicKeys, read_signed

from altscore_ingestion.batches.objects import ObjectStore
from altscore_ingestion.manifests.signing import ENDORSEMENT_NAME, ENDORSEMENT_SCHEMA, KEY_LABEL, MANIFEST_SCHEMA

MANIFEST_NAME = "manifest.json"
SECOND_VERSION = "written again after it was signed"


class Forged(ValueError):
    """Something in Bronze is not what ingestion signed.

    Attributes:
        object_name: of the object at fault.
        reason: what is wrong with it, without any of its content.
    """

    def __init__(self, object_name: str, reason: str) -> None:
        super().__init__(f"{object_name}: {reason}")
        self.object_name, self.reason = object_name, reason


class SignedManifest(NamedTuple):
    """The manifest of a batch as ingestion signed it.

    Attributes:
        body: its bytes.
        pinned: version by name of every file that is signed.
    """

    body: bytes
    pinned: Mapping[str, str]


class SignedBronze:
    """Reads what ingestion signed, and nothing else; the newest version of an object must be the signed one.

    A later version is refused even where the signed one could still be read: the lake sets such a batch aside, and
    somebody has to look at who wrote it.

    Args:
        objects: Bronze.
        keys: that are trusted.
    """

    def __init__(self, objects: ObjectStore, keys: PublicKeys) -> None:
        self._objects, self._keys = objects, keys

    async def manifest(self, folder: str) -> SignedManifest | None:
        """The manifest of a folder, whose key ends in a slash; None where there is none: the batch never counted.

        Raises:
            Forged: neither it nor an endorsement beside it bears ingestion's signature, or it was written again.
            Unavailable: the store did not answer.
        """
        stored = await self._objects.read_version(self._objects.uri_of(folder + MANIFEST_NAME))
        if stored is None:
            return None
        body, version_id = stored
        beside = await self._objects.read_version(self._objects.uri_of(folder + ENDORSEMENT_NAME))
        if beside is None:
            return SignedManifest(
                body, _pins(self._verified(body, MANIFEST_NAME, schema=MANIFEST_SCHEMA), MANIFEST_NAME)
            )
        endorsement = self._verified(beside[0], ENDORSEMENT_NAME, schema=ENDORSEMENT_SCHEMA)
        pinned = _pins(endorsement, ENDORSEMENT_NAME)
        if pinned.get(MANIFEST_NAME) != version_id:
            raise Forged(MANIFEST_NAME, SECOND_VERSION)
        if endorsement.get("manifest_sha256") != hashlib.sha256(body).hexdigest():
            raise Forged(MANIFEST_NAME, "not the manifest that was endorsed")
        return SignedManifest(body, pinned)

    async def file(self, folder: str, name: str, manifest: SignedManifest) -> bytes:
        """A file of a batch in the version that was signed.

        Raises:
            Forged: it is missing, or a newer version was written.
            Unavailable: the store did not answer.
        """
        stored = await self._objects.read_version(self._objects.uri_of(folder + name))
        if stored is None:
            raise Forged(name, "missing")
        if manifest.pinned.get(name) != stored[1]:
            raise Forged(name, SECOND_VERSION)
        return stored[0]

    def _verified(self, body: bytes, name: str, *, schema: str) -> dict[str, Any]:
        try:
            document = json.loads(body)
            signature = str(document.pop("signature"))
            text = canonical_json(document).decode()
            return read_signed(text, signature, self._keys, schema=schema, key_label=KEY_LABEL)
        except NotAuthentic:
            raise Forged(name, "not signed by ingestion") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Forged(name, "not signed") from None


def _pins(document: Mapping[str, Any], name: str) -> dict[str, str]:
    try:
        return {str(file["name"]): str(file["version_id"]) for file in document["files"]}
    except (KeyError, TypeError):
        raise Forged(name, "not signed in all of its files") from None
