"""The consent service, the vault and the audit service as the score service sees them, served in process."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
from altscore_libs.http_client import ServiceClient
from altscore_score.clients import AuditClient, ConsentClient, VaultClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@dataclass
class Neighbours:
    """The neighbours by their contract; a test changes what they know or switches them off."""

    answers: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    proofs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """Of the audit service, by lender and the id that is asked for."""
    is_down: bool = False
    is_hanging: bool = False
    most_results: int | None = None
    asked: int = 0
    asked_together: list[int] = field(default_factory=list)

    def app(self) -> Starlette:
        """One application that serves all three."""
        return Starlette(
            routes=[
                Route("/v1/consent/check", self._check),
                Route("/internal/consents/check-many", self._check_many),
                Route("/internal/lookup", self._lookup, methods=["POST"]),
                Route("/internal/audit/lenders/{lender_id}/proofs", self._prove),
            ]
        )

    async def _check(self, request: Request) -> JSONResponse:
        self.asked += 1
        await asyncio.sleep(0)  # as over a network, others come while one is away
        if self.is_hanging:
            await asyncio.Event().wait()
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        query = request.query_params
        return JSONResponse(self._answer(query["retailer_id"], query["lender_id"], query["purpose"]))

    async def _check_many(self, request: Request) -> JSONResponse:
        triples = [triple.split(":") for triple in request.query_params["of"].split(",")]
        self.asked += len(triples)
        self.asked_together.append(len(triples))
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        return JSONResponse({"results": [self._answer(*triple) for triple in triples][: self.most_results]})

    def _answer(self, retailer: str, lender: str, purpose: str) -> dict[str, Any]:
        if (answer := self.answers.get((retailer, lender, purpose))) is not None:
            return answer
        has_another_purpose = any(key[:2] == (retailer, lender) for key in self.answers)
        return {
            "consented": False,
            "consent_id": None,
            "expires_at": None,
            "version": 0,
            "reason": "purpose" if has_another_purpose else "none",
        }

    async def _lookup(self, request: Request) -> JSONResponse:
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        return JSONResponse({"retailer_id": self.identities.get((await request.json())["gst"])})

    async def _prove(self, request: Request) -> JSONResponse:
        self.asked += 1
        if self.is_hanging:
            await asyncio.Event().wait()
        if self.is_down:
            return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
        query = request.query_params
        named = query.get("request_id") or f"{query['record_id']} of {query['retailer_id']}"
        return JSONResponse(self.proofs.get((request.path_params["lender_id"], named), {"proofs": [], "unsigned": 0}))


class ImpatientTransport(httpx.ASGITransport):
    """In-process transport that keeps the client's read timeout, which httpx's own leaves out."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The reply, or the timeout that a socket would have given."""
        try:
            async with asyncio.timeout(request.extensions["timeout"]["read"]):
                return await super().handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error


def clients_of(http: ServiceClient) -> dict[str, Any]:
    """The clients of the neighbours that one connection reaches, as `wire` takes them."""
    return {"consent": ConsentClient(http), "vault": VaultClient(http), "audit_trail": AuditClient(http)}
