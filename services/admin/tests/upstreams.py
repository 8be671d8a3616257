"""The services that admin calls, played by small applications that follow their contract."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from altscore_admin.clients import UpstreamClients
from altscore_libs.http_client import ServiceClient
from altscore_libs.testing_postgres import HANG_S
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .switched import Switched

PARKED_OWNERS = ("score", "consent", "webhook", "notification", "scoring")
NEIGHBOURS = ("ingestion", "vault", "audit", "portal", *PARKED_OWNERS)
PERSON = "per_" + "1" * 32
Answer = tuple[int, dict[str, Any]]


def retailer(number: int) -> str:
    """A retailer id."""
    return f"ret_{number:016x}"


def contact_ref(retailer_id: str) -> str:
    """What the vault gives out for the phone of record of a retailer."""
    return "pcr_" + retailer_id.removeprefix("ret_").rjust(32, "0")


@dataclass
class Upstreams(Switched):
    """The other services: what they know, what they were asked, and whether they answer."""

    retailers: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    invites: dict[str, dict[str, Any]] = field(default_factory=dict)
    consent_refuses: set[str] = field(default_factory=set)
    distributors: set[str] = field(default_factory=set)
    lenders: set[str] = field(default_factory=set)
    access_commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    lender_access: dict[str, Any] = field(default_factory=dict)
    trail: list[dict[str, Any]] | None = None
    daily: dict[str, Any] = field(default_factory=lambda: {"counted": [], "counts": []})
    heads: list[dict[str, Any]] = field(default_factory=list)
    segments: list[dict[str, Any]] = field(default_factory=list)
    is_balanced: bool = True
    refused_batches: dict[str, Answer] = field(default_factory=dict)
    is_down: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    async def distributor(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier = request.path_params["id"]
        if "CERTIFICATE REQUEST" not in body["csr_pem"]:
            return 400, {"code": "INVALID_REQUEST"}
        public = {"distributor_id": identifier, "certificate_pem": "cert", "ca_pem": "ca"}
        if identifier in self.distributors:
            return 200, public
        self.distributors.add(identifier)
        return 201, public | {"api_key": "ak_secret", "signing_secret": "ss_secret"}

    async def backfill(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"open_until": f"2026-05-20T{8 + body['hours']:02}:00:00Z"}

    async def max_amount(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, body

    async def rotate_key(self, request: Request, body: dict[str, Any]) -> Answer:
        if body["csr_pem"] is not None and "CERTIFICATE REQUEST" not in body["csr_pem"]:
            return 400, {"code": "INVALID_REQUEST"}
        return 201, {
            "api_key": "ak_secret_2",
            "signing_secret": "ss_secret_2",
            "valid_from": "2026-05-20T08:00:00Z",
            "expires_at": "2026-06-26T08:00:00Z",
            "previous_valid_until": None if body["end_previous"] else "2026-05-27T08:00:00Z",
            "certificate_pem": body["csr_pem"] and "cert_2",
            "ca_pem": body["csr_pem"] and "ca",
        }

    async def revoke(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"revoked_at": "2026-05-20T08:00:00Z", "keys": 2, "certificates": 1}

    async def sftp_key(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier = request.path_params["id"]
        if not body["public_key"].startswith("ssh-ed25519 "):
            return 400, {"code": "INVALID_REQUEST"}
        return 201, {"user": identifier, "fingerprint": "SHA256:" + "A" * 43}

    async def sftp_keys_revoked(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"sftp_keys": 2}

    async def reprocess(self, request: Request, body: dict[str, Any]) -> Answer:
        if request.path_params["batch"] in self.refused_batches:
            return self.refused_batches[request.path_params["batch"]]
        stays = {"table": "payments", "field": "amount_paid_inr", "rule": "is not a number", "records": 4}
        counts = {"accepted": 3, "outdated": 1, "duplicate": 2}
        return 200, {"batch_id": "bat_" + "2" * 32, "remaining": [stays], **counts}

    async def lender(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier = request.path_params["id"]
        if identifier in self.lenders:
            return 200, {"client_id": identifier}
        self.lenders.add(identifier)
        test = {"test_client_id": f"test_{identifier}", "test_client_secret": "ts_secret"}
        return 201, {"client_id": identifier, "client_secret": "cs_secret", **test}

    async def change_access(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier, kind = request.path_params["id"], request.path_params["kind"]
        if identifier not in self.lenders:
            return 404, {"code": "NOT_FOUND"}
        is_repeated = body["order_id"] in self.access_commands
        self.access_commands.setdefault(body["order_id"], {"kind": kind, **body})
        content: dict[str, Any] = {"client_id": identifier, "is_repeated": is_repeated}
        if kind == "rotate-secret" and not is_repeated:
            return 201, content | {"client_secret": "cs_secret_2", "former_valid_until": "2026-05-20T09:00:00Z"}
        return 200, content

    async def page(self, request: Request, body: dict[str, Any]) -> Answer:
        retailers, after = self.retailers[request.path_params["id"]], request.query_params.get("after", "")
        rest = [pair for pair in sorted(retailers) if pair[0] > after]
        page = rest[:3]  # smaller than asked for, so that every test of invites pages
        return 200, {
            "retailers": [
                {
                    "retailer_id": retailer_id,
                    "reachable": has_phone,
                    "contact_ref": contact_ref(retailer_id) if has_phone else None,
                }
                for retailer_id, has_phone in page
            ],
            "next": page[-1][0] if len(rest) > 3 else None,
        }

    async def confirm(self, request: Request, body: dict[str, Any]) -> Answer:
        retailer_id = request.path_params["id"]
        known = self.retailers.get(body["distributor_id"], [])
        if retailer_id not in {identifier for identifier, _ in known}:
            return 404, {"code": "NOT_FOUND"}
        self.retailers[body["distributor_id"]] = [(name, has or name == retailer_id) for name, has in known]
        return 200, {"retailer_id": retailer_id, "contact_ref": contact_ref(retailer_id)}

    async def invite(self, request: Request, body: dict[str, Any]) -> Answer:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await request.is_disconnected()
        self.in_flight -= 1
        if body["retailer_id"] in self.consent_refuses:
            return 409, {"code": "CONFLICT"}
        created = body["retailer_id"] not in self.invites
        self.invites.setdefault(body["retailer_id"], body)
        return 200, {"invite_id": "inv_" + "0" * 32, "status": "open", "created": created}

    async def enrol(self, request: Request, body: dict[str, Any]) -> Answer:
        refusals = {"no": (400, {"code": "INVALID_REQUEST"}), "taken": (409, {"code": "CONFLICT"})}
        return refusals.get(body["email"].split()[0].split("@")[0], (201, {"person_id": PERSON, "created": True}))

    async def portal_people(self, request: Request, body: dict[str, Any]) -> Answer:
        shown: dict[str, Any] = dict.fromkeys(("entity_id", "sso_url", "email_attribute"))
        shown |= {"protocol": "oidc", "issuer": "https://idp.test", "client_id": "altscore", "certificates_sha256": []}
        if request.url.path.endswith("/identity-provider/drafts/saml"):
            stated = {name: body[name] for name in ("entity_id", "sso_url", "email_attribute")}
            digests = {"certificates_sha256": ["ab" * 32]}
            return 201, {"draft_id": "idp_" + "1" * 32, "protocol": "saml", **stated, **digests}
        if request.url.path.endswith("/identity-provider/drafts"):
            return 201, {"draft_id": "idp_" + "1" * 32, "issuer": body["issuer"], "client_id": body["client_id"]}
        if request.url.path.endswith("/identity-provider"):
            return 200, shown | {"updated_at": "2026-05-20T08:00:00Z"}
        if "/people/" in request.url.path and PERSON not in request.url.path:
            return 404, {"code": "NOT_FOUND"}
        page: dict[str, Any] = {"items": [], "next_cursor": None}
        return 200, page | {"suspended": request.url.path.endswith("/suspend"), "sessions_ended": 1}

    async def entries(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"entries": [{"seq": 1, "payload": "{}", "asked": dict(request.query_params)}], "next": None}

    async def lenders_of_score(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, self.lender_access

    async def search(self, request: Request, body: dict[str, Any]) -> Answer:
        if self.trail is not None:
            start, limit = int(request.query_params.get("cursor", 0)), int(request.query_params["limit"])
            entries = [item for item in self.trail if item["action"] == request.query_params["action"]]
            following = start + limit if start + limit < len(entries) else None
            return 200, {"entries": entries[start : start + limit], "next": following and str(following)}
        return 200, {"entries": [{"seq": 2, "asked": dict(request.query_params)}], "next": "1.00000000"}

    async def proofs(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"proofs": [{"version": 1, "asked": dict(request.query_params)}], "unsigned": []}

    async def audit_segments(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"segments": [item for item in self.segments if item["chain"] == request.query_params["chain"]]}

    async def daily_counts(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, self.daily

    async def chain_heads(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"chains": self.heads}

    async def balance(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, {"produced": 9, "applied": 9, "parked": 0, "balanced": self.is_balanced}

    async def history(self, request: Request, body: dict[str, Any]) -> Answer:
        retailer_id = request.path_params["id"]
        return 200, {"retailer_id": retailer_id, "invites": [{"invite_id": "inv_1"}], "records": []}

    def application(self, service: str) -> Starlette:
        """One service's part of the contract."""

        def answers(method: Callable[[Request, dict[str, Any]], Awaitable[Answer]]) -> Any:
            async def endpoint(request: Request) -> JSONResponse:
                if service in self.is_down:
                    return JSONResponse({"code": "SERVICE_UNAVAILABLE"}, 503)
                body = await request.json() if await request.body() else {}
                self.asked.append((f"{request.method} {request.url.path}", body))
                status, content = await method(request, body)
                return JSONResponse(content, status)

            return endpoint

        return Starlette(
            routes=[
                *self.switched_routes(service, answers),
                *self.own_routes(answers).get(service, []),
                *self.further_routes(service, answers),
            ]
        )

    def own_routes(self, answers: Callable[[Any], Any]) -> dict[str, list[Route]]:
        """What each service has for every test."""
        distributor = "/internal/admin/distributors/{id}"
        return {
            "ingestion": [
                Route(distributor, answers(self.distributor), methods=["PUT"]),
                Route(f"{distributor}/backfill", answers(self.backfill), methods=["POST"]),
                Route(f"{distributor}/max-amount", answers(self.max_amount), methods=["POST"]),
                Route(f"{distributor}/rotate-key", answers(self.rotate_key), methods=["POST"]),
                Route(f"{distributor}/revoke", answers(self.revoke), methods=["POST"]),
                Route(f"{distributor}/sftp-keys", answers(self.sftp_key), methods=["POST"]),
                Route(f"{distributor}/sftp-keys/revoke", answers(self.sftp_keys_revoked), methods=["POST"]),
                Route(f"{distributor}/quarantine/{{batch}}/reprocess", answers(self.reprocess), methods=["POST"]),
            ],
            "score": [
                Route("/internal/admin/lenders", answers(self.lenders_of_score)),
                Route("/internal/admin/lenders/{id}", answers(self.lender), methods=["PUT"]),
                Route("/internal/admin/lenders/{id}/{kind}", answers(self.change_access), methods=["POST"]),
            ],
            "vault": [
                Route(f"{distributor}/retailers", answers(self.page)),
                Route("/internal/admin/retailers/{id}/phones/confirm", answers(self.confirm), methods=["POST"]),
            ],
            "consent": [
                Route("/internal/admin/invites", answers(self.invite), methods=["POST"]),
                Route("/v1/consent/{id}/history", answers(self.history)),
            ],
            "portal": [
                Route("/internal/admin/people", answers(self.enrol), methods=["POST"]),
                Route(
                    "/internal/admin/organisations/{rest:path}", answers(self.portal_people), methods=["GET", "POST"]
                ),
            ],
            "audit": [
                Route("/internal/entries", answers(self.entries)),
                Route("/internal/search", answers(self.search)),
                Route("/internal/audit/proofs", answers(self.proofs)),
                Route("/internal/audit/segments", answers(self.audit_segments)),
                Route("/internal/daily-counts", answers(self.daily_counts)),
                Route("/internal/head", answers(self.chain_heads)),
                Route("/internal/counts", answers(self.balance)),
            ],
        }

    def further_routes(self, service: str, answers: Callable[[Any], Any]) -> list[Route]:
        """Routes that a package of tests adds."""
        return []

    def clients(self) -> UpstreamClients:
        """Clients of all of them."""

        def client(service: str) -> ServiceClient:
            transport = httpx.ASGITransport(app=self.application(service))
            return ServiceClient("https://other.test", tls=None, timeout_s=HANG_S, attempts=1, transport=transport)

        return UpstreamClients(**{name: client(name) for name in NEIGHBOURS})
