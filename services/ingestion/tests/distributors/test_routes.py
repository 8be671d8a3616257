"""Onboarding: secrets once, certificates with our name in them, admin alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from altscore_libs.testing import api_client
from altscore_libs.tls import peer_of_certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..connector import Connector, batch_of, invoice
from ..world import World

URL = "/internal/admin/distributors/dist_a"


async def test_secrets_are_shown_once_and_stored_only_hashed_or_wrapped(world: World) -> None:
    connector = await world.onboard()
    assert len(bytes.fromhex(connector.api_key)) == len(bytes.fromhex(connector.signing_secret)) == 32
    async with api_client(world.app, "admin") as client:
        again = await client.put(URL, json={"name": "Renamed", "csr_pem": connector.csr_pem()})
    assert again.status_code == 200
    assert again.json().keys() == {"distributor_id", "certificate_pem", "ca_pem"}
    assert again.json()["certificate_pem"] == connector.certificate_pem
    stored = str([tuple(row) for row in await world.pool.fetch("SELECT * FROM distributor")])
    assert "Renamed" in stored
    assert connector.api_key not in stored
    assert connector.signing_secret not in stored
    assert [entry["details"]["known_before"] for entry in await world.audited("distributor_onboarded")] == [
        "false",
        "true",
    ]


async def test_a_certificate_carries_our_name_for_90_days_whatever_the_request_asks(world: World) -> None:
    connector = Connector.new("dist_a")
    csr_pem = connector.csr_pem(names=("spiffe://altscore/admin", "spiffe://altscore/distributor/dist_b"))
    async with api_client(world.app, "admin") as client:
        answer = await client.put(URL, json={"name": "A", "csr_pem": csr_pem})
    connector.take(answer.json())
    certificate = connector.certificate
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [name.value for name in names] == ["spiffe://altscore/distributor/dist_a"]
    der = certificate.public_bytes(serialization.Encoding.DER)
    authority = x509.load_pem_x509_certificate(world.ca.pem.encode())
    peer = peer_of_certificate(der, services=[], connectors=[authority])
    assert (peer.distributor_id, peer.service) == ("dist_a", None)
    lifetime = certificate.not_valid_after_utc - world.clock.now()
    assert lifetime == timedelta(days=90)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


async def test_a_new_key_gets_a_new_certificate_and_the_old_one_seven_days(world: World) -> None:
    old = await world.onboard()
    new = Connector.new("dist_a")
    new.api_key, new.signing_secret = old.api_key, old.signing_secret
    async with api_client(world.app, "admin") as client:
        answer = await client.put(URL, json={"name": "A", "csr_pem": new.csr_pem()})
    new.take(answer.json())
    assert new.fingerprint != old.fingerprint
    world.clock.advance(seconds=7 * 86_400 - 1)
    assert (await world.send(old, batch_of(invoices=[invoice()]))).status_code == 202
    world.clock.advance(seconds=1)
    assert (await world.send(old, batch_of(invoices=[invoice("INV-2")]))).status_code == 401
    assert (await world.send(new, batch_of(invoices=[invoice("INV-2")]))).status_code == 202


WEAK: dict[str, Callable[[], Any]] = {
    "a small curve": lambda: ec.generate_private_key(ec.SECP224R1()),
    "short RSA": lambda: rsa.generate_private_key(65_537, 2_048),
    "another kind": ed25519.Ed25519PrivateKey.generate,
}


async def test_a_weak_or_unknown_key_is_not_signed(world: World) -> None:
    for case, make in WEAK.items():
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        request = builder.sign(make(), None if case == "another kind" else hashes.SHA256())
        csr = request.public_bytes(serialization.Encoding.PEM).decode()
        async with api_client(world.app, "admin") as client:
            answer = await client.put(URL, json={"name": "A", "csr_pem": csr})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "csr_pem"), case
    assert await world.pool.fetchval("SELECT count(*) FROM distributor") == 0


async def test_a_request_not_signed_by_its_own_key_is_refused(world: World) -> None:
    der = bytearray(
        x509.load_pem_x509_csr(Connector.new("x").csr_pem().encode()).public_bytes(serialization.Encoding.DER)
    )
    der[-1] ^= 1
    csr = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM).decode()
    async with api_client(world.app, "admin") as client:
        answer = await client.put(URL, json={"name": "A", "csr_pem": csr})
    assert answer.status_code == 400


async def test_only_admin_onboards(world: World) -> None:
    for caller in ("score", "ingestion", None):
        async with api_client(world.app, caller) as client:
            onboard = await client.put(URL, json={"name": "A", "csr_pem": Connector.new("x").csr_pem()})
            backfill = await client.post(f"{URL}/backfill", json={"hours": 1})
            max_amount = await client.post(f"{URL}/max-amount", json={"max_amount_inr": 5_000_000_000})
        assert (onboard.status_code, backfill.status_code, max_amount.status_code) == (403, 403, 403)


async def test_a_distributors_id_has_a_plain_form(world: World) -> None:
    body = {"name": "A", "csr_pem": Connector.new("x").csr_pem()}
    for name in ("dist_", "dist_A", "lender_a", "dist_a%2F..", "dist_" + "a" * 49):
        async with api_client(world.app, "admin") as client:
            answer = await client.put(f"/internal/admin/distributors/{name}", json=body)
        assert answer.status_code in (400, 404), name


async def test_a_backfill_of_an_unknown_distributor_is_not_found(world: World) -> None:
    async with api_client(world.app, "admin") as client:
        answer = await client.post("/internal/admin/distributors/dist_zz/backfill", json={"hours": 1})
    assert answer.status_code == 404


async def test_a_raised_amount_is_accepted_from_that_distributor_alone_and_audited(world: World) -> None:
    raised, other = await world.onboard("dist_a"), await world.onboard("dist_b")
    async with api_client(world.app, "admin") as client:
        answer = await client.post(f"{URL}/max-amount", json={"max_amount_inr": 5_000_000_000})
    assert (answer.status_code, answer.json()) == (200, {"max_amount_inr": 5_000_000_000})
    batches = {
        "dist_a": await world.send(raised, batch_of("dist_a", invoices=[invoice(amount_inr=5_000_000_000.00)])),
        "dist_b": await world.send(other, batch_of("dist_b", invoices=[invoice(amount_inr=1_000_000_000.01)])),
    }
    assert {name: (sent.json()["accepted"], sent.json()["quarantined"]) for name, sent in batches.items()} == {
        "dist_a": (1, 0),
        "dist_b": (0, 1),
    }
    status = await world.status(other, batches["dist_b"].json()["batch_id"])
    assert status.json()["records"][0]["reasons"] == [
        {"field": "amount_inr", "reason": "is above the largest amount, 1,000,000,000.00 rupees"}
    ]
    [entry] = await world.audited("max_amount_set")
    assert (entry["actor"], entry["subject"], entry["details"]) == (
        "admin",
        "dist_a",
        {"max_amount_inr": "5000000000"},
    )


async def test_an_amount_may_be_raised_to_what_the_lake_holds_and_no_further(world: World) -> None:
    connector = await world.onboard()
    async with api_client(world.app, "admin") as client:
        for amount in (10_000_000_001, 10_000_000_000.01, 999_999_999, 5_000_000_000.5, "5000000000", None):
            refused = await client.post(f"{URL}/max-amount", json={"max_amount_inr": amount})
            assert refused.status_code == 400, amount
        assert await world.audited("max_amount_set") == []
        raised = await client.post(f"{URL}/max-amount", json={"max_amount_inr": 10_000_000_000})
        assert raised.status_code == 200
    invoices = [invoice(str(n), amount_inr=10_000_000_000.00) for n in range(1_000)]
    answer = await world.send(connector, batch_of(invoices=invoices))
    assert answer.json()["accepted"] == 1_000
    [event] = [event for name, event in await world.events() if name == "ingestion.batch.complete"]
    assert event["amount_inr"] == 1_000 * 10_000_000_000


async def test_the_largest_amount_of_an_unknown_distributor_is_not_found(world: World) -> None:
    async with api_client(world.app, "admin") as client:
        answer = await client.post(
            "/internal/admin/distributors/dist_zz/max-amount", json={"max_amount_inr": 5_000_000_000}
        )
    assert answer.status_code == 404
