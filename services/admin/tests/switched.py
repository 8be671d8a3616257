"""Of the services that admin calls: their switches, what they have set aside, and identities at the vault."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from altscore_libs.parked_routes import ParkedOrderIn
from starlette.requests import Request
from starlette.routing import Route

Answer = tuple[int, dict[str, Any]]
EVENT = {
    "id": 7,
    "topic": "altscore.consent",
    "key": "***",
    "partition": 0,
    "offset": 12,
    "reason": "schema",
    "holds_key": True,
    "is_signed": True,
    "parked_at": "2026-05-20T07:00:00Z",
    "bytes": 120,
    "sha256": "0" * 64,
}
ORDER = {
    "event": 7,
    "ordered_at": "2026-05-20T08:00:00Z",
    "done_at": None,
    "outcome": None,
    "applied": 0,
    "refused": 0,
    "content": None,
    "reason": None,
    "proposed_by": None,
    "changes_access": None,
}
# What a dry run says of a withdrawal that still cannot be applied.
LOOKED_AT = {
    "done_at": "2026-05-20T08:00:02Z",
    "outcome": "would_be_refused",
    "refused": 1,
    "content": {"event": "consent.revoked"},
    "changes_access": True,
}
SUMMARY = {"waiting": 1, "refused": 0, "oldest_at": EVENT["parked_at"]}
LEDGERS = [
    {"distributor_id": "dist_north", "gst": "27AAPFU0939F1ZV", "phone": "919800000001", "shop_name": "Corner Shop"}
]


@dataclass
class Switched:
    """What was switched and revealed."""

    switches: dict[str, dict[str, Any]] = field(default_factory=dict)
    revealed: list[dict[str, Any]] = field(default_factory=list)
    suspended: set[str] = field(default_factory=set)
    parked_orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def switch(self, request: Request, body: dict[str, Any]) -> Answer:
        name = request.url.path.rsplit("/", 1)[1]
        if request.method == "POST":
            self.switches[name] = body
        state = self.switches.get(name)
        if state is None:
            return 200, {"is_off": False, "changed_at": None, "reason": None}
        return 200, {"is_off": state["is_off"], "changed_at": "2026-05-20T08:00:00Z", "reason": state["reason"]}

    async def suspend(self, request: Request, body: dict[str, Any]) -> Answer:
        identifier, order = request.path_params["id"], request.url.path.rsplit("/", 1)[1]
        (self.suspended.add if order == "suspend" else self.suspended.discard)(identifier)
        return 200, {"distributor_id": identifier, "is_suspended": identifier in self.suspended}

    async def reveal(self, request: Request, body: dict[str, Any]) -> Answer:
        self.revealed.append(body)
        return 200, {"ledgers": LEDGERS}

    async def parked(self, request: Request, body: dict[str, Any]) -> Answer:
        if "event" in request.path_params:
            return (200, EVENT) if request.path_params["event"] == "7" else (404, {"code": "NOT_FOUND"})
        return 200, {"events": [EVENT], "has_more": True}

    async def summarise_parked(self, request: Request, body: dict[str, Any]) -> Answer:
        return 200, SUMMARY

    async def order_parked(self, request: Request, body: dict[str, Any]) -> Answer:
        if request.method == "GET":
            order = self.parked_orders.get(request.path_params["order"])
            return (404, {"code": "NOT_FOUND"}) if order is None else (200, order)
        ParkedOrderIn.model_validate(body)  # what the owners take
        is_unseen = not self.parked_orders and body["action"] != "dry_run"
        if is_unseen or (body["action"] == "dismiss" and body.get("proposed_by") in (None, body["operator"])):
            return 409, {"code": "CONFLICT"}
        state = ORDER | {name: value for name, value in body.items() if name != "sha256"}
        state |= LOOKED_AT if body["action"] == "dry_run" else {}
        return 202, self.parked_orders.setdefault(body["order_id"], state)

    def switched_routes(self, service: str, answers: Callable[..., Any]) -> list[Route]:
        """One service's part of the contract."""
        admin = "/internal/admin"
        parked = [
            Route(f"{admin}/parked-summary", answers(self.summarise_parked)),
            Route(f"{admin}/parked-events", answers(self.parked)),
            Route(f"{admin}/parked-events/{{event}}", answers(self.parked)),
            Route(f"{admin}/parked-events/{{event}}/orders", answers(self.order_parked), methods=["POST"]),
            Route(f"{admin}/parked-orders/{{order}}", answers(self.order_parked)),
        ]
        return {
            "ingestion": [
                Route(f"{admin}/ingestion", answers(self.switch), methods=["GET", "POST"]),
                Route(f"{admin}/distributors/{{id}}/suspend", answers(self.suspend), methods=["POST"]),
                Route(f"{admin}/distributors/{{id}}/reactivate", answers(self.suspend), methods=["POST"]),
            ],
            "score": [Route(f"{admin}/serving", answers(self.switch), methods=["GET", "POST"]), *parked],
            "vault": [Route(f"{admin}/retailers/{{id}}/reveal", answers(self.reveal), methods=["POST"])],
            **dict.fromkeys(("consent", "webhook", "notification", "scoring"), parked),
        }.get(service, [])
