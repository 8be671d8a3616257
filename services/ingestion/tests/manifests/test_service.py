"""Manifests are signed over the versions that the store has; those from before are endorsed once, where they agree."""

import json

import pytest
from altscore_ingestion.manifests.service import ManifestEndorser, Report
from altscore_ingestion.manifests.signing import ENDORSEMENT_SCHEMA, MANIFEST_SCHEMA
from altscore_libs.canonical_json import canonical_json
from altscore_libs.outbox import Outbox
from altscore_libs.signer import read_signed
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner

from ..connector import batch_of, invoice
from ..world import BRONZE, CATALOGUE, Wiring, World


def verified(body: bytes, signer: SoftwareSigner, schema: str) -> dict[str, object]:
    """The content of a signed document of ingestion."""
    document = json.loads(body)
    signature = document.pop("signature")
    keys = signer.public_keys()
    text = canonical_json(document).decode()
    return read_signed(text, signature, keys, schema=schema, key_label="ingestion-manifests")


async def sent(world: World) -> str:
    """A batch that ingestion took; its id."""
    connector = world.known.get("dist_a") or await world.onboard()
    answer = await world.send(connector, batch_of(invoices=[invoice()]))
    batch_id: str = answer.json()["batch_id"]
    return batch_id


async def without_signature(world: World, batch_id: str) -> dict[str, object]:
    """Makes a batch one from before manifests were signed, in the store and in the database; its manifest."""
    manifest = world.manifest(batch_id)
    for name in ("signature", "key_id", "schema"):
        del manifest[name]
    for file in manifest["files"]:
        del file["version_id"]
    body = canonical_json(manifest)
    uri = await world.pool.fetchval("SELECT manifest_uri FROM batch WHERE batch_id = $1", batch_id)
    world.store.client.put_object(
        Bucket=BRONZE, Key=uri.removeprefix(f"s3://{BRONZE}/"), Body=body, ChecksumAlgorithm="SHA256"
    )
    await world.pool.execute(
        "UPDATE batch SET manifest_sha256 = encode(sha256($2), 'hex') WHERE batch_id = $1", batch_id, body
    )
    return manifest


def endorser(world: World, wiring: Wiring) -> ManifestEndorser:
    outbox = Outbox(CATALOGUE, "ingestion", world.clock, mac_key=OUTBOX_KEY)
    return ManifestEndorser(world.pool, outbox, objects=world.objects, signer=wiring.signer)


async def test_a_manifest_is_signed_and_pins_the_version_of_every_file(world: World, wiring: Wiring) -> None:
    batch_id = await sent(world)
    content = verified(world.bronze(batch_id)["manifest.json"], wiring.signer, MANIFEST_SCHEMA)
    stored = {
        item["Key"].rpartition("/")[2]: item["VersionId"]
        for item in world.store.versions(BRONZE, "bronze/")
        if batch_id in item["Key"]
    }
    files = content["files"]
    assert isinstance(files, list)
    assert {file["name"]: file["version_id"] for file in files} == {"invoices.parquet": stored["invoices.parquet"]}
    assert len(stored) == 2


async def test_a_batch_from_before_is_endorsed_once_over_what_the_database_recorded(
    world: World, wiring: Wiring
) -> None:
    signed, before = await sent(world), None
    world.clock.advance(seconds=1)
    answer = await world.send(world.known["dist_a"], batch_of(invoices=[invoice(amount_inr=7)]))
    before = answer.json()["batch_id"]
    await without_signature(world, before)
    assert await endorser(world, wiring).run() == Report(endorsed=1, signed_before=1)
    content = verified(world.bronze(before)["signature.json"], wiring.signer, ENDORSEMENT_SCHEMA)
    recorded = await world.pool.fetchval("SELECT manifest_sha256 FROM batch WHERE batch_id = $1", before)
    assert content["manifest_sha256"] == recorded
    files = content["files"]
    assert isinstance(files, list)
    assert {file["name"] for file in files} == {"manifest.json", "invoices.parquet"}
    assert "signature.json" not in world.bronze(signed)
    assert await endorser(world, wiring).run() == Report(signed_before=2)
    assert [entry["outcome"] for entry in await world.audited("manifests_endorsed")] == ["success", "success"]


@pytest.mark.parametrize("name", ["manifest.json", "invoices.parquet"])
async def test_what_is_not_as_recorded_is_named_and_never_endorsed(world: World, wiring: Wiring, name: str) -> None:
    batch_id = await sent(world)
    await without_signature(world, batch_id)
    uri = await world.pool.fetchval("SELECT manifest_uri FROM batch WHERE batch_id = $1", batch_id)
    key = uri.removeprefix(f"s3://{BRONZE}/").rpartition("/")[0] + f"/{name}"
    world.store.client.put_object(Bucket=BRONZE, Key=key, Body=b"{}", ChecksumAlgorithm="SHA256")
    assert await endorser(world, wiring).run() == Report(refused=1)
    assert "signature.json" not in world.bronze(batch_id)
    [entry] = await world.audited("manifests_endorsed")
    assert (entry["outcome"], entry["details"]["refused"]) == ("incomplete", "1")
