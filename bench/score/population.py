"""What the benchmark serves: lenders with tokens, retailers with signed scores, consents given by the real routes."""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import SystemClock
from altscore_libs.ids import uuid7
from altscore_libs.rls import ContextSigner
from altscore_libs.testing import SoftwareRsaSigner, SoftwareSigner
from altscore_libs.tls import ClientTls, client_context
from altscore_local.files import hex_secret
from altscore_score.access.domain import LenderRow
from altscore_score.access.row_macs import LenderMacs
from altscore_score.tokens.domain import TokenIds
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.verifier import KeyRing

from bench.score.servers import Servers
from bench.score.taps import Taps

PURPOSE = "working_capital_loan"
LENDERS_AT_ONCE = 25  # a notice must be able to name them all
_FILLED_WITHIN_S = 900
SHUT = 50  # retailers of each kind whom a lender may not see
BENCH_KEY = "jwt-0"  # verifies, and signs nothing of the service: its own key is newer
_DISTRIBUTOR = "dist_00000000000000000000000000000001"
_CODES = ("LOW_PAYMENT_DELAY", "CONSISTENT_ORDER_FREQ", "GROWING_BASKET_SIZE", "HIGH_RETURN_RATE", "ORDER_GAP_DETECTED")


class Population:
    """The data of one run.

    Args:
        servers: started.
        lenders: how many; each has the real limits.
        retailers: how many; every lender may see each.
    """

    def __init__(self, servers: Servers, *, lenders: int, retailers: int) -> None:
        self._servers = servers
        self.lenders = [f"lender_b{number:03d}" for number in range(lenders)]
        self.retailers = [f"ret_{number:016x}" for number in range(1, retailers + 1)]
        self.of_others = [f"ret_{number:016x}" for number in range(10_001, 10_001 + SHUT)]
        """Scored, and consented to the first half of the lenders alone."""
        self.unconsented = [f"ret_{number:016x}" for number in range(20_001, 20_001 + SHUT)]
        """Scored, and consented to nobody."""
        self.tokens: dict[str, str] = {}
        self._taps: Taps | None = None
        self._token_signer = SoftwareRsaSigner([BENCH_KEY])

    def write_keys(self) -> SoftwareSigner:
        """Keys that sign the benchmark's scores and tokens; their public halves must lie there before score starts."""
        public, signer = self._servers.layout.pki / "public", SoftwareSigner("score-seal-bench")
        (public / "score-seal-bench.pem").write_bytes(signer.public_pem())
        (public / f"{BENCH_KEY}.pem").write_bytes(self._token_signer.public_pem(BENCH_KEY))
        return signer

    def issue_tokens(self) -> None:
        """A token of an hour for each lender."""
        layout = self._servers.layout
        ids = TokenIds(bytes.fromhex(hex_secret(layout, "score-context-key")))
        with tempfile.TemporaryDirectory() as folder:  # a key ring in which the benchmark's key is the one that signs
            public = layout.pki / "public" / f"{BENCH_KEY}.pem"
            (Path(folder) / public.name).write_bytes(public.read_bytes())
            ring, clock = KeyRing(Path(folder), ids=ids, clock=SystemClock()), SystemClock()
            issuer = TokenIssuer(ring, self._token_signer, clock, sign_s=10)
            self.tokens = asyncio.run(_issued(issuer, self.lenders))

    def fill(self, signer: SoftwareSigner) -> None:
        """Lenders, signed scores and the projection of grants."""
        now = datetime.now(UTC)
        everybody = [*self.retailers, *self.of_others, *self.unconsented]
        scores = [asyncio.run(_signed_score(signer, item, now)) for item in everybody]
        pairs = [
            *((retailer, lender) for retailer in self.retailers for lender in self.lenders),
            *((retailer, lender) for retailer in self.of_others for lender in self._first_half()),
        ]
        grants = [(*pair, PURPOSE, "cns_" + "0" * 32, now + timedelta(days=90)) for pair in pairs]
        with self._servers.superuser("score") as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO lender (lender_id, name, secret_hash, created_at, mac) VALUES (%s, 'bench', '-', %s, %s)",
                [(item, now, self._mac(item)) for item in self.lenders],
            )
            context = self._contexts().sign_at("projector", time.time() + _FILLED_WITHIN_S)
            cursor.execute("SELECT set_config('app.context', %s, true)", [context])  # for the tables that triggers keep
            cursor.executemany(
                "INSERT INTO sealed_score (score_id, retailer_id, scored_at, sealed_record, seal_key_id, seal)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                scores,
            )
            cursor.executemany(
                "INSERT INTO consent_grant"
                " (retailer_id, lender_id, purpose, consent_id, version, is_active, expires_at)"
                " VALUES (%s, %s, %s, %s, 1, true, %s)",
                grants,
            )
        with self._servers.superuser("score") as connection:
            connection.autocommit = True
            connection.execute("ANALYZE")
            connection.execute("CHECKPOINT")  # a new cluster's first one writes 4,000 files, which is not serving

    def _contexts(self) -> ContextSigner:
        return ContextSigner(bytes.fromhex(hex_secret(self._servers.layout, "score-context-key")))

    def _mac(self, lender_id: str) -> bytes:
        """The MAC without which score knows no lender."""
        macs = LenderMacs(bytes.fromhex(hex_secret(self._servers.layout, "score-mac-key")))
        return macs.mac(LenderRow(lender_id, 1, "-", is_active=True, tokens_valid_from=None))

    def consent(self) -> None:
        """Every retailer says HAAN to the lenders that may see it, by the consent service's own routes."""
        self._taps = Taps(self._servers)
        asyncio.run(self.haan_again(self.retailers))
        asyncio.run(self.haan_again(self.of_others, self._first_half()))

    def shut_out(self) -> list[str]:
        """The lenders that none of `of_others` named."""
        return self.lenders[len(self._first_half()) :]

    def _first_half(self) -> list[str]:
        return self.lenders[: len(self.lenders) // 2]

    async def haan_again(self, retailers: list[str], lenders: list[str] | None = None) -> None:
        """The same for some retailers, to all lenders or to some, whatever they said before."""
        named = self.lenders if lenders is None else lenders
        taps = self._taps
        if taps is None:
            raise RuntimeError("nobody has consented yet")
        async with self.caller("admin") as admin, self.caller("webhook") as webhook, taps.connect() as pool:
            tapped = partial(taps.delivery, pool)
            turns = asyncio.Semaphore(8)

            async def send_again(retailer_id: str) -> None:
                async with turns:
                    for start in range(0, len(named), LENDERS_AT_ONCE):
                        scope = named[start : start + LENDERS_AT_ONCE]
                        await _haan(admin, webhook, (retailer_id, scope), tapped=tapped)

            await asyncio.gather(*(send_again(retailer_id) for retailer_id in retailers))

    def caller(self, service: str) -> httpx.AsyncClient:
        """A client of consent with the certificate of a service."""
        pki = self._servers.layout.pki
        tls = ClientTls(pki / "ca.pem", pki / f"{service}.crt", pki / f"{service}.key")
        base = f"https://127.0.0.1:{self._servers.port('consent-api')}"
        return httpx.AsyncClient(base_url=base, verify=client_context(tls), timeout=30, trust_env=False)


async def _issued(issuer: TokenIssuer, lenders: list[str]) -> dict[str, str]:
    return {lender_id: (await issuer.issue(lender_id)).token for lender_id in lenders}


async def _haan(
    admin: httpx.AsyncClient,
    webhook: httpx.AsyncClient,
    asked: tuple[str, list[str]],
    *,
    tapped: Callable[[str, datetime], Awaitable[dict[str, Any]]],
) -> None:
    retailer_id, scope = asked
    body: dict[str, Any] = {
        "retailer_id": retailer_id,
        "distributor_id": _DISTRIBUTOR,
        "lender_scope": scope,
        "purpose": PURPOSE,
    }
    body["contact_ref"] = f"pcr_{hashlib.sha256(retailer_id.encode()).hexdigest()[:32]}"
    order = body | {"distributor_name": "Shree Traders", "language": "hi"}
    invited = (await admin.post("/internal/admin/invites", json=order)).raise_for_status().json()
    sent_at = datetime.now(UTC).replace(microsecond=0)  # the provider counts whole seconds
    answer = body | {
        "invite_id": invited["invite_id"],
        "consent_channel": "whatsapp",
        "wa_message_id": hashlib.sha256(uuid7().bytes).hexdigest(),
        "sent_at": sent_at.isoformat(),
        "delivery": await tapped(invited["invite_id"], sent_at),
    }
    (await webhook.post("/v1/consent/grant", json=answer)).raise_for_status()


async def _signed_score(signer: SoftwareSigner, retailer_id: str, now: datetime) -> tuple[Any, ...]:
    scored_at = (now - timedelta(hours=9)).replace(microsecond=0)
    record = {
        "score_id": f"scr_{retailer_id[4:]:0>32}",
        "retailer_id": retailer_id,
        "altscore": 724,
        "risk_band": "B",
        "probability_of_default": "0.0820",
        "recommended_limit_inr": 175_000,
        "reason_codes": [
            {"code": code, "direction": "positive" if rank < 4 else "negative", "rank": rank}
            for rank, code in enumerate(_CODES, 1)
        ],
        "guardrails": [{"id": "GR-4", "action": "capped", "reason": "gmv_ceiling"}],
        "completeness": "84.2",
        "is_low_confidence_data": False,
        "data_as_of_on": (now - timedelta(days=2)).date().isoformat(),
        "score_version": "altscore-xgb-v1-prod",
        "model_sha256": "a" * 64,
        "taxonomy_digest": "b" * 64,
        "guardrail_digest": "c" * 64,
        "scored_at": scored_at.isoformat(),
        "expires_at": (scored_at + timedelta(days=30)).isoformat(),
    }
    raw = canonical_json(record)
    signature = await signer.sign(hashlib.sha256(raw).digest())
    return record["score_id"], retailer_id, scored_at, raw.decode(), signer.key_id, signature.hex()
