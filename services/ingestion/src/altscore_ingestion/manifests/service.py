"""Signing batches from before manifests were signed: once, by a command, against the digests of the database."""

import hashlib
import json
import logging
from typing import NamedTuple

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.outbox import Outbox
from altscore_libs.signer import Signer

from altscore_ingestion.batches.bronze import BronzeFile
from altscore_ingestion.batches.objects import ObjectStore
from altscore_ingestion.errors import ManifestOccupied
from altscore_ingestion.manifests import store
from altscore_ingestion.manifests.signing import ENDORSEMENT_NAME, ENDORSEMENT_SCHEMA, sign_document
from altscore_ingestion.manifests.store import CompleteBatch

PAGE = 500
_log = logging.getLogger("altscore.ingestion")


class NotAsRecorded(Exception):
    """An object is not what the database, or the manifest that it vouches for, says; the message holds names only."""


class Report(NamedTuple):
    """Batches by what became of them."""

    endorsed: int = 0
    signed_before: int = 0
    refused: int = 0


class ManifestEndorser:
    """Signs what Bronze holds of complete batches whose manifests bear no signature; safe to repeat.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        objects: the object store.
        signer: of manifests.
    """

    def __init__(self, pool: asyncpg.Pool, outbox: Outbox, *, objects: ObjectStore, signer: Signer) -> None:
        self._pool = pool
        self._outbox = outbox
        self._objects = objects
        self._signer = signer

    async def run(self) -> Report:
        """Goes through all complete batches; one that differs from the database is named, left unsigned, and stops no
        other."""
        counts = {"endorsed": 0, "signed_before": 0, "refused": 0}
        after = ""
        while True:
            async with transaction(self._pool) as connection:
                batches = await store.complete_batches(connection, after, PAGE)
            if not batches:
                break
            after = batches[-1].batch_id
            for batch in batches:
                counts[await self._outcome(batch)] += 1
        report = Report(**counts)
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "manifests_endorsed",
                actor="ingestion",
                outcome="success" if not report.refused else "incomplete",
                details={name: str(count) for name, count in report._asdict().items()},
            )
        return report

    async def _outcome(self, batch: CompleteBatch) -> str:
        try:
            return "endorsed" if await self._endorse(batch) else "signed_before"
        except NotAsRecorded as error:
            _log.error("batch not endorsed", extra={"batch_id": batch.batch_id, "reason": str(error)})
            return "refused"

    async def _endorse(self, batch: CompleteBatch) -> bool:
        folder = batch.manifest_uri.rpartition("/")[0]
        body, manifest_version = await self._read(batch.manifest_uri, batch.manifest_sha256)
        manifest = json.loads(body)
        if "signature" in manifest or await self._objects.read_version(f"{folder}/{ENDORSEMENT_NAME}") is not None:
            return False
        files = [{"name": "manifest.json", "version_id": manifest_version}]
        for file in manifest["files"]:
            _, version_id = await self._read(f"{folder}/{file['name']}", file["sha256"])
            files.append({"name": file["name"], "version_id": version_id})
        content = {"batch_id": batch.batch_id, "manifest_sha256": batch.manifest_sha256, "files": files}
        signed = await sign_document(self._signer, ENDORSEMENT_SCHEMA, content)
        endorsement = BronzeFile(name=ENDORSEMENT_NAME, body=signed, sha256=hashlib.sha256(signed).hexdigest(), rows=0)
        try:
            await self._objects.write_manifest(f"{folder}/{ENDORSEMENT_NAME}", endorsement, is_resumed=False)
        except ManifestOccupied:
            raise NotAsRecorded("another endorsement stands there") from None
        return True

    async def _read(self, uri: str, sha256: str) -> tuple[bytes, str]:
        stored = await self._objects.read_version(uri)
        if stored is None:
            raise NotAsRecorded(f"{uri.rpartition('/')[2]} is missing")
        if hashlib.sha256(stored[0]).hexdigest() != sha256:
            raise NotAsRecorded(f"{uri.rpartition('/')[2]} is not what was recorded")
        return stored
