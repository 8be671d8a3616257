"""People of the portal on a running target: how operators let them in, and what reaches their mail and phones."""

from typing import Any

import httpx

from demo.context import Demo
from demo.operators import ActingOperator

CLIENT = "altscore-portal"


def create(demo: Demo, operator: ActingOperator, route: str, order: dict[str, Any]) -> None:
    """An order that may have been carried out before."""
    answer = operator.post(route, json=order)
    demo.check_answer(f"POST {route}", answer.status_code in (200, 201), answer)


def enter_provider(demo: Demo, first: ActingOperator, second: ActingOperator, *, lender_id: str) -> None:
    """Two operators enter the simulated provider at a lender.

    The issuer is the provider's own word, for the portal may know it by another address.
    """
    with demo.http("oidc-sim") as client:
        issuer = str(client.get("/.well-known/openid-configuration").json()["issuer"])
    provider = {"issuer": issuer, "client_id": CLIENT, "client_secret": demo.secret("oidc-client-secret")}
    requested = first.post(f"/v1/admin/lenders/{lender_id}/identity-provider", json=provider)
    demo.check_answer("an operator requests the lender's provider", requested.status_code == 202, requested)
    content = requested.json()
    seen = {"content_sha256": content["content_sha256"]}
    approved = second.post(f"/v1/admin/approvals/{content['approval_id']}/approve", json=seen)
    demo.check_answer("another one approves it", approved.status_code == 200, approved)


def letters_to(demo: Demo, address: str) -> list[dict[str, str]]:
    """The letters that the mail server took for an address, oldest first."""
    return [letter for letter in _messages(demo, "smtp-sim-control") if letter["to"] == address]


def texts_to(demo: Demo, phone: str) -> list[dict[str, Any]]:
    """The SMS to a phone, oldest first."""
    return [text for text in _messages(demo, "sms-sim-control") if text["to"] == phone]


def _messages(demo: Demo, control: str) -> list[dict[str, Any]]:
    with httpx.Client(timeout=10, trust_env=False) as client:
        return list(client.get(f"{demo.stack['urls'][control]}/sim/messages").json()["messages"])
