"""The search through all chains."""

from typing import Annotated

from altscore_libs.errors import Forbidden, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_audit.chain.schemas import entry_out
from altscore_audit.dependencies import ServicesDependency, only_admin
from altscore_audit.search.domain import format_cursor
from altscore_audit.search.schemas import SearchIn, SearchOut

router = make_router(
    prefix="/internal",
    dependencies=[Depends(only_admin)],
    responses=error_responses(Forbidden, InvalidRequest, Unavailable),
)


@router.get("/search")
async def get_search(services: ServicesDependency, query: Annotated[SearchIn, Query()]) -> SearchOut:
    """Entries of all chains that meet every given criterion, newest first."""
    links, place = await services.search.newest(query.criteria(), after=query.after(), limit=query.limit)
    return SearchOut(entries=[entry_out(link) for link in links], next=None if place is None else format_cursor(place))
