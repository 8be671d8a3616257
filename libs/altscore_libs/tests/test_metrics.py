"""What a process shows of itself: dependencies, the end of its certificates, and how late events arrive."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from altscore_libs.consumer import Consumer, Received
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.service import Readiness, serve
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing_postgres import HANG_S, free_port
from altscore_libs.tls import ClientTls, client_context
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client import REGISTRY
from pydantic import SecretStr

UNUSED = KafkaSettings(
    kafka_bootstrap="-",
    kafka_username="-",
    kafka_password=SecretStr("-"),
    kafka_ca_file=Path("-"),
    registry_url="http://127.0.0.1:1",
)


def certificate(common_name: str, ends_at: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(ends_at - timedelta(days=9))
    signed = builder.not_valid_after(ends_at).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


async def test_who_reads_the_metrics_alone_learns_which_dependency_fails() -> None:
    readiness, internal, stop = Readiness(), free_port(), asyncio.Event()

    async def lost() -> None:
        raise OSError

    async def passes() -> None:
        pass

    async def until_stopped(_: asyncio.Event) -> None:
        await stop.wait()

    readiness.add("metrics_lost", lost)
    readiness.add("metrics_kept", passes)
    process = asyncio.create_task(
        serve("shop", workers={"end": until_stopped}, readiness=readiness, internal_port=internal)
    )
    async with httpx.AsyncClient() as http, asyncio.timeout(HANG_S):
        while True:
            try:
                page = (await http.get(f"http://127.0.0.1:{internal}/metrics")).text
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.02)
    assert 'altscore_dependency_up{dependency="metrics_lost"} 0.0' in page
    assert 'altscore_dependency_up{dependency="metrics_kept"} 1.0' in page
    stop.set()
    await asyncio.wait_for(process, timeout=HANG_S)


def test_a_loaded_file_shows_the_first_of_its_certificates_to_end_and_not_what_is_put_there_later(
    tmp_path: Path,
) -> None:
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    later, file = first + timedelta(days=300), tmp_path / "metrics-ca.pem"
    file.write_bytes(certificate("later", later) + certificate("first", first))
    client_context(ClientTls(file))
    shown = REGISTRY.get_sample_value("altscore_certificate_expires_timestamp_seconds", {"file": file.name})
    assert shown == first.timestamp()
    file.write_bytes(certificate("later", later))
    assert REGISTRY.get_sample_value("altscore_certificate_expires_timestamp_seconds", {"file": file.name}) == shown
    client_context(ClientTls(file))
    shown = REGISTRY.get_sample_value("altscore_certificate_expires_timestamp_seconds", {"file": file.name})
    assert shown == later.timestamp()


@pytest.mark.parametrize(("age_s", "bound", "is_within"), [(60, "30.0", 0), (2, "30.0", 1)])
async def test_the_age_of_an_event_on_arrival_is_measured(
    pool: asyncpg.Pool, catalogue: SchemaCatalog, age_s: int, bound: str, is_within: int
) -> None:
    async def handle(_: asyncpg.Connection, __: Received) -> None:
        pass

    labels = {"topic": f"shop.sales.{age_s}", "event": "sold"}
    consumer = Consumer(pool, catalogue, UNUSED, group="shop", topics=[labels["topic"]], handlers={"sold": handle})
    event = Received(
        event_id=uuid7(),
        name="sold",
        topic=labels["topic"],
        key="k",
        occurred_at=datetime.now(UTC) - timedelta(seconds=age_s),
        producer="till",
        producer_seq=1,
        data={},
    )
    assert await consumer.apply(event)
    assert not await consumer.apply(event)
    count = REGISTRY.get_sample_value("altscore_event_age_seconds_count", labels)
    within = REGISTRY.get_sample_value("altscore_event_age_seconds_bucket", {**labels, "le": bound})
    assert (count, within) == (1, is_within)
