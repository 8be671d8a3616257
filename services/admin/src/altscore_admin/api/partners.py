"""Distributors, lenders, backfill windows and invites."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from altscore_libs.ids import new_id
from altscore_libs.openapi import refusals
from altscore_libs.types import StrictModel, public_id
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Response
from pydantic import BaseModel, Field, StringConstraints, model_validator

from altscore_admin import clients, invitations, onboarding
from altscore_admin.api.auth import REFUSALS, TheDesk, require
from altscore_admin.invitations import InviteOrder
from altscore_admin.operators import Operator
from altscore_admin.roles import Permission

RetailerId = Annotated[str, public_id("ret", 16)]
router = make_router(prefix="/v1/admin", responses=refusals(*REFUSALS, *clients.REFUSALS))
_DISTRIBUTOR = r"^dist_[a-z0-9_]{1,48}$"
_LENDER = r"^lender_[a-z0-9_]{1,48}$"
DistributorId = Annotated[str, StringConstraints(pattern=_DISTRIBUTOR)]
LenderId = Annotated[str, StringConstraints(pattern=_LENDER)]
InPath = Annotated[str, Path(pattern=_DISTRIBUTOR)]
# Shown to retailers in a message template, which takes no line breaks and reads braces as places.
ShownName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f{}]{1,120}$")]
Onboarder = Annotated[Operator, Depends(require(Permission.ONBOARD))]


def _first(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    return {201: {"model": model, "description": "Onboarded; the only time that secrets are shown"}}


class DistributorIn(StrictModel):
    """A distributor and his connector's certificate request (PKCS#10, PEM)."""

    distributor_id: DistributorId | None = None
    name: ShownName
    csr_pem: Annotated[str, StringConstraints(min_length=1, max_length=8_192)]


class DistributorOut(BaseModel):
    """His certificate; secrets in the first answer alone, and nowhere else, ever."""

    distributor_id: str
    api_key: str | None = None
    signing_secret: str | None = None
    certificate_pem: str | None = None
    ca_pem: str | None = None


class LenderIn(StrictModel):
    """A lender."""

    lender_id: LenderId
    name: ShownName


class LenderOut(BaseModel):
    """Its client ids, live and for the sandbox; a secret in the first answer alone, and nowhere else, ever."""

    lender_id: str
    client_id: str
    client_secret: str | None = None
    test_client_id: str | None = None
    test_client_secret: str | None = None


class BackfillIn(StrictModel):
    """How long the window stays open."""

    hours: Annotated[int, Field(ge=1, le=24)]


class BackfillOut(BaseModel):
    """When the window closes."""

    distributor_id: str
    open_until: str


class LanguageShare(StrictModel):
    """Parts of the retailers that are written to in each language; they add up to 1."""

    hi: Annotated[Decimal | int, Field(ge=0, le=1)]
    en: Annotated[Decimal | int, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _adds_up(self) -> "LanguageShare":
        if Decimal(self.hi) + Decimal(self.en) != 1:
            raise ValueError("the parts add up to 1")
        return self


class InvitesIn(StrictModel):
    """Whom to ask for what: all retailers of the distributor, or those named."""

    lender_scope: Annotated[list[LenderId], Field(min_length=1, max_length=20)]
    purpose: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    language: Literal["hi", "en"] | None = None
    language_share: LanguageShare | None = None
    retailer_ids: Annotated[list[RetailerId], Field(min_length=1, max_length=5_000)] | None = None

    @model_validator(mode="after")
    def _one_way_of_language(self) -> "InvitesIn":
        if self.language is not None and self.language_share is not None:
            raise ValueError("name a language or the shares, not both")
        return self

    def hindi_share(self) -> Decimal:
        """Part of the retailers that is written to in Hindi; all of them unless something else is asked."""
        if self.language_share is not None:
            return Decimal(self.language_share.hi)
        return Decimal(0) if self.language == "en" else Decimal(1)


class InvitesOut(BaseModel):
    """How many of each; `refused` by consent, `unknown` were named and are not of this distributor."""

    invited: int
    already_open: int
    unreachable: int
    refused: int
    unknown: int


class PhoneConfirmIn(StrictModel):
    """Whose ledger holds the phone that is confirmed."""

    distributor_id: DistributorId


class PhoneConfirmOut(BaseModel):
    """The retailer may now be invited by this distributor, and answer from that phone."""

    retailer_id: str
    distributor_id: str


@router.post("/distributors", response_model_exclude_none=True, responses=_first(DistributorOut))
async def post_distributor(
    desk: TheDesk, operator: Onboarder, response: Response, body: DistributorIn
) -> DistributorOut:
    """Onboards a distributor: 201 with his secrets the first time, 200 without them afterwards."""
    distributor_id = body.distributor_id or new_id("dist")
    answer = await onboarding.onboard_distributor(desk, operator, distributor_id, name=body.name, csr_pem=body.csr_pem)
    response.status_code = 201 if answer.get("api_key") else 200
    wanted = {name: answer.get(name) for name in ("api_key", "signing_secret", "certificate_pem", "ca_pem")}
    return DistributorOut(distributor_id=distributor_id, **wanted)


@router.post("/lenders", response_model_exclude_none=True, responses=_first(LenderOut))
async def post_lender(desk: TheDesk, operator: Onboarder, response: Response, body: LenderIn) -> LenderOut:
    """Onboards a lender: 201 with its secret the first time, 200 without it afterwards."""
    answer = await onboarding.onboard_lender(desk, operator, body.lender_id, name=body.name)
    response.status_code = 201 if answer.get("client_secret") else 200
    return LenderOut(
        lender_id=body.lender_id,
        client_id=str(answer.get("client_id", body.lender_id)),
        client_secret=answer.get("client_secret"),
        test_client_id=answer.get("test_client_id"),
        test_client_secret=answer.get("test_client_secret"),
    )


@router.post("/distributors/{distributor_id}/backfill")
async def post_backfill(
    desk: TheDesk,
    operator: Annotated[Operator, Depends(require(Permission.BACKFILL))],
    distributor_id: InPath,
    body: BackfillIn,
) -> BackfillOut:
    """Opens the window of the higher quota."""
    open_until = await onboarding.open_backfill(desk, operator, distributor_id, hours=body.hours)
    return BackfillOut(distributor_id=distributor_id, open_until=open_until)


@router.post("/distributors/{distributor_id}/invites")
async def post_invites(
    desk: TheDesk,
    operator: Annotated[Operator, Depends(require(Permission.INVITE))],
    distributor_id: InPath,
    body: InvitesIn,
) -> InvitesOut:
    """Invites retailers; asking again invites nobody twice."""
    order = InviteOrder(
        distributor_id,
        tuple(dict.fromkeys(body.lender_scope)),
        body.purpose,
        body.hindi_share(),
        None if body.retailer_ids is None else frozenset(body.retailer_ids),
    )
    return InvitesOut(**await invitations.invite(desk, operator, order))


@router.post("/retailers/{retailer_id}/phones/confirm")
async def post_confirm_phone(
    desk: TheDesk,
    operator: Annotated[Operator, Depends(require(Permission.CONFIRM_PHONE))],
    retailer_id: Annotated[str, Path(pattern=r"^ret_[0-9a-f]{16}$")],
    body: PhoneConfirmIn,
) -> PhoneConfirmOut:
    """Confirms a second phone of a retailer, once operations have made sure that it belongs to the retailer."""
    await onboarding.confirm_phone(desk, operator, retailer_id, body.distributor_id)
    return PhoneConfirmOut(retailer_id=retailer_id, distributor_id=body.distributor_id)
