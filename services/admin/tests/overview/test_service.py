"""The overview."""

from typing import Any

from ..conftest import CSR, Operations, Upstreams, retailer


async def test_the_overview_counts_partners_invites_and_promotions(
    operations: Operations, upstreams: Upstreams, statement: dict[str, Any]
) -> None:
    distributor = {"distributor_id": "dist_north", "name": "North", "csr_pem": CSR}
    await operations.post("ops-1", "/v1/admin/distributors", distributor)
    await operations.post("ops-1", "/v1/admin/lenders", {"lender_id": "lender_one", "name": "One"})
    upstreams.retailers["dist_north"] = [(retailer(number), True) for number in range(3)]
    invites = {"lender_scope": ["lender_one"], "purpose": "credit_score", "language": "en"}
    await operations.post("ops-1", "/v1/admin/distributors/dist_north/invites", invites)
    await operations.post("ml-1", "/v1/admin/models/promote", statement)
    async with operations.by("legal-1") as client:
        overview = (await client.get("/v1/admin/overview")).json()
    assert overview["counts"] == {
        "distributors": 1,
        "lenders": 1,
        "invited": 3,
        "open_promotions": 1,
        "open_anomalies": 0,
    }
    assert (overview["distributors"][0]["invited"], overview["promotions"][0]["status"]) == (3, "proposed")
