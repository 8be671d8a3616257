"""What rights need of the other services: a vault that erases and exports, scores, consents, an audit trail."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest
from altscore_admin.erasures.domain import reporting
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import FixedClock
from altscore_libs.instants import format_instant
from starlette.requests import Request
from starlette.routing import Route

from ..conftest import VAULT, Answer, Operations, Upstreams

RETAILER, ALIAS = "ret_7f3a92c1d4e8b051", "ret_1f3a92c1d4e8b051"
VERIFY = {"method": "signed_letter", "evidence": "DOC-7"}
INTAKE = {"channel": "letter", "ticket": "DPO-17"}


def claimed(item: dict[str, Any]) -> dict[str, Any]:
    """What an entry is found by: of a second content under a chained id, what that content claims."""
    entry: dict[str, Any] = json.loads(item["payload"])
    content: dict[str, Any] = json.loads(entry["claimed_payload"]) if "claimed_payload" in entry else entry
    return content


@dataclass
class RightsUpstreams(Upstreams):
    """The other services, with what they hold of one retailer."""

    audited: list[dict[str, Any]] = field(default_factory=list)
    certificates: dict[str, dict[str, Any]] = field(default_factory=dict)
    forges: bool = False
    parts_down: set[str] = field(default_factory=set)

    def tell(
        self, producer: str, action: str, outcome: str, at: datetime, *, subject: str = RETAILER, **details: str
    ) -> None:
        """Adds an entry to the audit trail."""
        payload = {
            "producer": producer,
            "action": action,
            "actor": details.pop("actor", producer),
            "outcome": outcome,
            "subject": subject,
            "details": details,
        }
        self.audited.append({"payload": json.dumps(payload), "occurred_at": format_instant(at, "microseconds")})

    def erased_by(self, request_id: str, at: datetime, *stores: str) -> None:
        """Each of these stores reports what it did."""
        for store in stores:
            self.tell(store, "erasure_applied", "erased", at, subject=ALIAS, request_id=request_id, messages="3")

    async def search(self, request: Request, body: dict[str, Any]) -> Answer:
        if "audit" in self.parts_down:
            return 503, {"code": "SERVICE_UNAVAILABLE"}
        query = request.query_params
        if "retailer_id" not in query:
            return await super().search(request, body)
        entries = [
            item
            for item in self.audited
            if (entry := claimed(item))["subject"] == query["retailer_id"]
            and entry["action"] == query.get("action", entry["action"])
            and item["occurred_at"] >= query.get("since", "")
        ]
        return 200, {"entries": entries, "next": None}

    async def erase(self, request: Request, body: dict[str, Any]) -> Answer:
        retailer_id = request.path_params["id"]
        if "retailer" in self.parts_down:
            return 404, {"code": "NOT_FOUND"}
        if "vault" in self.parts_down:
            return 503, {"code": "SERVICE_UNAVAILABLE"}
        if retailer_id not in self.certificates:
            content = {
                "schema": "altscore.erasure-certificate.1",
                "request_id": body["request_id"],
                "retailer_ids": sorted([ALIAS, retailer_id]),
                "erased_at": "2026-05-22T09:00:00.000000Z",
                "key_id": VAULT.key_id,
            }
            text = canonical_json(content)
            signature = (await VAULT.sign(hashlib.sha256(text).digest())).hex()
            if self.forges:
                content["retailer_ids"] = ["ret_" + "0" * 16, retailer_id]
            self.certificates[retailer_id] = {"certificate": content, "signature": signature}
        return 200, self.certificates[retailer_id]

    async def identities(self, request: Request, body: dict[str, Any]) -> Answer:
        if "identities" in self.parts_down:
            return 503, {"code": "SERVICE_UNAVAILABLE"}
        ids = [
            {"retailer_id": name, "alias_of": None, "created_at": "2026-01-01T00:00:00Z"} for name in (ALIAS, RETAILER)
        ]
        ledger = {
            "distributor_id": "dist_north",
            "retailer_id": RETAILER,
            "phone": "919800000001",
            "shop_name": "=Shop",
        }
        if "identity" in self.parts_down:
            return 404, {"code": "NOT_FOUND"}
        return 200, {"retailers": ids, "ledgers": [ledger], "refused_rows": int("rows" in self.parts_down)}

    async def scores(self, request: Request, body: dict[str, Any]) -> Answer:
        if "scores" in self.parts_down:
            return 503, {"code": "SERVICE_UNAVAILABLE"}
        return 200, {"scores": [{"score_id": "scr_1", "altscore": 702, "reason_codes": []}], "blocks": []}

    async def rescoring(self, request: Request, body: dict[str, Any]) -> Answer:
        if "scores" in self.parts_down:
            return 503, {"code": "SERVICE_UNAVAILABLE"}
        return 200, {"lenders": 2}

    async def consents(self, request: Request, body: dict[str, Any]) -> Answer:
        if "consents" in self.parts_down:
            return 503, {"code": "SERVICE_UNAVAILABLE"}
        return 200, {"retailer_id": request.path_params["id"], "records": [], "manifest": {}}

    def further_routes(self, service: str, answers: Callable[[Any], Any]) -> list[Route]:
        """What rights ask for."""
        retailer = "/internal/admin/retailers/{id}"
        routes = {
            "vault": [
                Route(f"{retailer}/erase", answers(self.erase), methods=["POST"]),
                Route(f"{retailer}/export", answers(self.identities), methods=["POST"]),
            ],
            "score": [
                Route(f"{retailer}/scores", answers(self.scores)),
                Route(f"{retailer}/rescoring", answers(self.rescoring), methods=["POST"]),
            ],
            "consent": [Route("/v1/consent/{id}/export", answers(self.consents))],
        }
        return routes.get(service, [])


@dataclass
class RightsWorld:
    """Requests of one retailer through the API."""

    operations: Operations
    upstreams: RightsUpstreams
    clock: FixedClock

    async def post(self, path: str, body: Any = None, *, by: str = "legal-1") -> httpx.Response:
        """A step of a request."""
        async with self.operations.by(by) as client:
            return await client.post(f"/v1/admin/rights{path}", **({"json": body} if body is not None else {}))

    async def get(self, path: str, *, by: str = "legal-1", **query: Any) -> httpx.Response:
        """A reading."""
        async with self.operations.by(by) as client:
            return await client.get(f"/v1/admin/rights{path}", params=query)

    async def open(self, kind: str, **change: Any) -> dict[str, Any]:
        """A request that was taken in."""
        answer = await self.post("", {"kind": kind, "retailer_id": RETAILER, **INTAKE, **change})
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    async def verified(self, kind: str, **change: Any) -> str:
        """Id of a request whose requester is verified."""
        request_id = str((await self.open(kind, **change))["request_id"])
        assert (await self.post(f"/{request_id}/verify", VERIFY)).json()["state"] in ("verified", "notifying")
        return request_id

    async def told(self) -> str:
        """Id of an erasure whose notice was sent, 48 hours ago."""
        request_id = await self.verified("erasure")
        self.clock.advance(seconds=60)
        self.upstreams.tell("notification", "message_sent", "ok", self.clock.now(), kind="erasure_notice")
        await self.turn()
        self.clock.advance(seconds=48 * 3_600)
        return request_id

    async def turn(self) -> int:
        """One turn of the worker."""
        return await self.operations.services.erasures.advance()

    async def state(self, request_id: str) -> str:
        """Where it stands."""
        return str((await self.get(f"/{request_id}")).json()["state"])

    async def steps(self, request_id: str) -> list[tuple[str, str]]:
        """Step and actor of its log."""
        return [(step["step"], step["actor"]) for step in (await self.get(f"/{request_id}")).json()["steps"]]

    def stores(self) -> list[str]:
        """The stores that must report."""
        return sorted(reporting(self.operations.services.erasures.stores))


@pytest.fixture
def upstreams() -> RightsUpstreams:
    return RightsUpstreams()


@pytest.fixture
def requests(operations: Operations, upstreams: RightsUpstreams, clock: FixedClock) -> RightsWorld:
    return RightsWorld(operations, upstreams, clock)
