"""Consents by the hundred thousand: real records with real signatures and MACs, written past the service."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

import psycopg
from altscore_consent.evidence.domain import Proof
from altscore_consent.grants import records
from altscore_consent.grants.domain import Affirmative, SignedRecord, State, StateStatus, expiry_of
from altscore_consent.grants.row_mac import CONTEXT, RowMac
from altscore_consent.invites.domain import Invite, InviteStatus, Terms
from altscore_consent.invites.fair_use import FairUse
from altscore_consent.invites.notices import Notices
from altscore_consent.settings import SigningSettings
from altscore_libs.signer import derive_key
from altscore_libs.testing import SoftwareSigner
from altscore_local.services import TABLE, service_environment
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.score.servers import Servers

PURPOSE = "working_capital_loan"
LENDERS = ("lender_bench_a", "lender_bench_b")
CHUNK = 5_000
_KEY_LABEL = "consent-signing-bench"
_RECORDS = "COPY consent_records (consent_id, kind, retailer_id, message_hash, record, signature) FROM STDIN"
_LEDGER = "COPY retailer_ledger (retailer_id, version) FROM STDIN"
_STATES = (
    "COPY consent_state (retailer_id, lender_id, purpose, status, version, consent_id, given_at, expires_at,"
    " use_limit, use_period_days, seal) FROM STDIN"
)


def retailer(number: int) -> str:
    """Id of a generated retailer, apart from those that others generate."""
    return f"ret_b{number:015x}"


def fill(servers: Servers, count: int) -> None:
    """Gives `count` retailers a consent for two lenders."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = SoftwareSigner(_KEY_LABEL, key)
    (servers.layout.pki / "public" / f"{_KEY_LABEL}.pem").write_bytes(signer.public_pem())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    make = partial(_make, pem, mac_key(servers))
    with servers.superuser("consent") as connection, ProcessPoolExecutor(os.cpu_count()) as pool:
        for grants, states in pool.map(make, range(0, count, CHUNK), [count] * -(-count // CHUNK)):
            _copy(connection, _LEDGER, ((grant[2], 1) for grant in grants))
            _copy(connection, _RECORDS, grants)
            _copy(connection, _STATES, states)
    with servers.superuser("consent") as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def mac_key(servers: Servers, context: bytes = CONTEXT) -> bytes:
    """The key with which the service of these servers computes MACs; `context` tells of what."""
    service = next(entry for entry in TABLE if entry.name == "consent-api")
    environment = service_environment(servers.stores, service)
    os.environ["SOFTHSM2_CONF"] = environment["SOFTHSM2_CONF"]  # read once, by the library
    names = ("pkcs11_module", "pkcs11_token", "pkcs11_pin", "public_keys_dir")
    settings = SigningSettings.model_validate({name: environment[f"CONSENT_{name.upper()}"] for name in names})
    return asyncio.run(derive_key(settings, settings.seal_key_label, context))


def _copy(connection: psycopg.Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _make(
    pem: bytes, mac_key: bytes, start: int, end: int
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of one chunk of retailers; runs in a process of its own."""
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("not the key that was handed over")
    signed = asyncio.run(_sign_all(SoftwareSigner(_KEY_LABEL, key), range(start, min(start + CHUNK, end))))
    terms = FairUse.load().terms("1", PURPOSE)
    states = chain.from_iterable(_states(RowMac([mac_key]), record, terms) for record in signed)
    grants: list[tuple[object, ...]] = [
        (row.consent_id, row.kind, row.retailer_id, row.message_hash, row.record, row.signature) for row in signed
    ]
    return grants, list(states)


async def _sign_all(signer: SoftwareSigner, numbers: range) -> list[SignedRecord]:
    notices, given_at = Notices.load(), _given_at()
    shown = notices.show(distributor_name="Shree Traders", lender_scope=LENDERS, purpose=PURPOSE, language="hi")
    signed = []
    for number in numbers:
        contact_ref = f"pcr_{number:032x}"
        invite = Invite(
            invite_id=f"inv_{number:032x}",
            retailer_id=retailer(number),
            distributor_id="dist_00000000000000000000000000000001",
            distributor_name="Shree Traders",
            contact_ref=contact_ref,
            lender_scope=LENDERS,
            purpose=PURPOSE,
            language="hi",
            notice_id=shown.notice.notice_id,
            notice_version=shown.notice.version,
            notice_text=shown.text,
            notice_sha256=shown.sha256,
            status=InviteStatus.GRANTED,
            created_at=given_at,
            expires_at=given_at + timedelta(days=30),
        )
        answer = Affirmative(
            invite_id=invite.invite_id,
            retailer_id=invite.retailer_id,
            distributor_id=invite.distributor_id,
            contact_ref=contact_ref,
            lender_scope=LENDERS,
            purpose=PURPOSE,
            channel="whatsapp",
            message_hash=f"{number:064x}",
            sent_at=given_at,
            proof=Proof(delivery_sha256=f"{number:064x}", place=(0, 0, 0), sent_at=given_at),
        )
        content = records.grant_content(
            invite,
            answer,
            shown.notice,
            terms=notices.terms(shown.notice, PURPOSE),
            consent_id=f"cns_b{number:031x}",
            signed_at=given_at,
        )
        signed.append(await records.sign(signer, content))
    return signed


def _states(row_mac: RowMac, record: SignedRecord, terms: Terms) -> Iterator[tuple[object, ...]]:
    digest, given_at = record.digest(), _given_at()
    expires_at = expiry_of(given_at, terms.validity_months)
    for lender in LENDERS:
        state = State(
            lender_id=lender,
            purpose=PURPOSE,
            status=StateStatus.ACTIVE,
            version=1,
            consent_id=record.consent_id,
            given_at=given_at,
            expires_at=expires_at,
            use_limit=terms.uses,
            use_period_days=terms.period_days,
        )
        yield (
            record.retailer_id,
            lender,
            PURPOSE,
            "active",
            1,
            record.consent_id,
            given_at,
            expires_at,
            terms.uses,
            terms.period_days,
            row_mac.compute(record.retailer_id, state, digest),
        )


def _given_at() -> datetime:
    """The same instant in every process of a run on one day."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
