"""GET /v1/ingestion/totals: a distributor's ledger as its ERP states it, against Bronze."""

from altscore_libs.errors import InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as strict_router

from altscore_ingestion.dependencies import ConnectorDep, ServicesDep
from altscore_ingestion.errors import NotAuthenticated
from altscore_ingestion.totals.schemas import Totals

router = strict_router(responses=error_responses(InvalidRequest, NotAuthenticated, Unavailable))


@router.get("/v1/ingestion/totals")
async def get_totals(services: ServicesDep, connector: ConnectorDep) -> Totals:
    """Every month of the caller's ledger that its ERP states or that Bronze holds."""
    return Totals.of(await services.totals.compare_ledger(connector.distributor_id))
