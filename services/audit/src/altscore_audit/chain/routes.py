"""Entries and heads of the chains."""

from typing import Annotated, Literal

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_audit.chain.domain import MAX_SEQ
from altscore_audit.chain.schemas import EntriesOut, HeadOut, HeadsOut, entry_out
from altscore_audit.dependencies import ServicesDependency, only_admin

router = make_router(
    prefix="/internal", dependencies=[Depends(only_admin)], responses=error_responses(Forbidden, Unavailable)
)
Chain = Literal["general", "failed_auth"]


@router.get("/entries")
async def get_entries(
    services: ServicesDependency,
    *,
    chain: Chain = "general",
    after: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    action: Annotated[str | None, Query(pattern=r"^[a-z0-9_.]{1,64}$")] = None,
) -> EntriesOut:
    """Entries of a chain behind `after`, in order."""
    links = await services.chain.links(chain, after=after, limit=limit, action=action)
    return EntriesOut(entries=[entry_out(link) for link in links], next=links[-1].seq if len(links) == limit else None)


@router.get("/head")
async def get_head(services: ServicesDependency) -> HeadsOut:
    """Head and newest checkpoint of every chain."""
    return HeadsOut(
        chains=[
            HeadOut(
                chain=row["chain"],
                seq=row["last_seq"],
                entry_hash=row["last_hash"].hex(),
                checkpoint_seq=row["checkpoint_seq"],
                checkpoint_at=row["checkpoint_at"],
            )
            for row in await services.chain.heads()
        ]
    )
