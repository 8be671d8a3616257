"""HTTP of the vault: mTLS only, every route allows the callers that need it and nobody else, every use is audited."""

import base64
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import refusals
from altscore_libs.outbox import Outbox
from altscore_libs.types import StrictModel, public_id
from altscore_libs.web import allow_callers, create_app
from altscore_libs.web import router as strict_router
from fastapi import Depends, FastAPI, Path, Query, Request
from pydantic import BaseModel, Field, StringConstraints

from altscore_ingestion.identifiers import normal_phone, verified_gst
from altscore_ingestion.vault import store
from altscore_ingestion.vault.crypto import VaultKeys, unseal
from altscore_ingestion.vault.identities import Identities, Said

RetailerId = Annotated[str, public_id("ret", 16)]
ContactRef = Annotated[str, public_id("pcr", 32)]
MAX_BODY_BYTES = 4 * 1024 * 1024
_NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
Reference = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_NO_CONTROL)]
DistributorId = Annotated[str, StringConstraints(pattern=r"^dist_[a-z0-9_]{1,48}$")]
Number = Annotated[str, StringConstraints(max_length=32)]
ShopName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
router = strict_router(prefix="/internal", responses=refusals(Forbidden, Unavailable))


@dataclass(frozen=True)
class VaultServices:
    """The parts behind the API; made once in main()."""

    pool: asyncpg.Pool
    outbox: Outbox
    keys: VaultKeys
    identities: Identities


class IdentityIn(StrictModel):
    """What a distributor says about one ledger."""

    retailer_ref: Reference
    gst: Number | None = None
    phone: Number | None = None
    shop_name: ShopName | None = None


class IdentitiesIn(StrictModel):
    """The distinct ledgers of a batch."""

    distributor_id: DistributorId
    identities: Annotated[tuple[IdentityIn, ...], Field(strict=False, min_length=1, max_length=1_000)]


class IdentityOut(BaseModel):
    """All that may leave the vault about a ledger."""

    retailer_ref: str
    subject_token: str
    sealed_identity: str
    gst_status: Literal["verified", "invalid", "absent"]


class IdentitiesOut(BaseModel):
    """In the order of the request."""

    identities: list[IdentityOut]


class MapIn(StrictModel):
    """Retailers whose tokens are wanted: those with consent."""

    retailer_ids: Annotated[tuple[RetailerId, ...], Field(strict=False, max_length=5_000)]


class MappedOut(BaseModel):
    """A token and its retailer."""

    subject_token: str
    retailer_id: str
    gst_verified: bool


class MapOut(BaseModel):
    """Sorted by token; ids without ledgers (unknown ones, and losing ids, whose ledgers moved) are left out."""

    map: list[MappedOut]


class LookupIn(StrictModel):
    """A GSTIN."""

    gst: Number


class LookupOut(BaseModel):
    """Its retailer."""

    retailer_id: str | None


class PhoneIn(StrictModel):
    """A phone as WhatsApp sends it."""

    phone: Number


class RetailerOut(BaseModel):
    """A retailer, and the name of this phone of theirs."""

    retailer_id: str
    contact_ref: str


class ResolvedOut(BaseModel):
    """Every retailer whose confirmed phone this is."""

    retailers: list[RetailerOut]


class RevealIn(StrictModel):
    """A retailer to be written to: at exactly the phone of `contact_ref`, or at the newest confirmed one."""

    retailer_id: RetailerId
    contact_ref: ContactRef | None = None


class RevealOut(BaseModel):
    """Where to write to; for sending at once, never for storing."""

    phone: str
    shop_name: str | None


class ReachableOut(BaseModel):
    """A retailer, and the confirmed phone of record in this distributor's own ledgers, where there is one."""

    retailer_id: str
    reachable: bool
    contact_ref: str | None


class ConfirmPhoneIn(StrictModel):
    """The distributor whose ledgers show the phone."""

    distributor_id: DistributorId


class ConfirmedPhoneOut(BaseModel):
    """The phone that now counts for the retailer."""

    retailer_id: str
    contact_ref: str


class ReachablePage(BaseModel):
    """A page; `next` is the `after` of the next one."""

    retailers: list[ReachableOut]
    next: str | None


def create_vault_app(services: VaultServices | None) -> FastAPI:
    """The vault's API; without services it can only be described."""
    app = create_app("AltScore vault", max_body_bytes=MAX_BODY_BYTES)
    app.state.services = services
    app.include_router(router)
    return app


def _services(request: Request) -> VaultServices:
    found = request.app.state.services
    assert isinstance(found, VaultServices)  # noqa: S101  # an application without services is never served
    return found


async def _audit(services: VaultServices, connection: asyncpg.Connection, action: str, actor: str, **how: Any) -> None:
    await services.outbox.audit(connection, action, actor=actor, **how)


@router.post("/identities", dependencies=[Depends(allow_callers("ingestion"))])
async def post_identities(request: Request, body: IdentitiesIn) -> IdentitiesOut:
    """Stores the ledgers of a batch and answers with tokens and sealed identities."""
    references = [one.retailer_ref for one in body.identities]
    if len(set(references)) != len(references):
        raise InvalidRequest("a ledger is named twice", errors=[FieldError("identities", "retailer_ref repeats")])
    said = [Said(one.retailer_ref, one.gst, one.phone, one.shop_name) for one in body.identities]
    answers = await _services(request).identities.put(body.distributor_id, said)
    return IdentitiesOut(
        identities=[
            IdentityOut.model_validate(
                {
                    "retailer_ref": one.retailer_ref,
                    "subject_token": one.subject_token.hex(),
                    "sealed_identity": base64.b64encode(one.sealed_identity).decode("ascii"),
                    "gst_status": one.gst_status,
                }
            )
            for one in answers
        ]
    )


@router.post("/identities/map", dependencies=[Depends(allow_callers("pipeline"))])
async def post_map(request: Request, body: MapIn) -> MapOut:
    """All tokens of the given retailers."""
    services = _services(request)
    async with transaction(services.pool) as connection:
        found = await store.mapped(connection, body.retailer_ids)
        details = {"asked": str(len(body.retailer_ids)), "tokens": str(len(found))}
        await _audit(services, connection, "identity_mapped", "pipeline", outcome="success", details=details)
    return MapOut(
        map=[
            MappedOut(
                subject_token=one.subject_token.hex(),
                retailer_id=one.retailer_id,
                gst_verified=one.is_gst_verified,
            )
            for one in found
        ]
    )


@router.post("/lookup", dependencies=[Depends(allow_callers("score"))])
async def post_lookup(request: Request, body: LookupIn) -> LookupOut:
    """The retailer of a GSTIN; null for whatever is not one of ours."""
    services, number = _services(request), verified_gst(body.gst)
    tokens = await services.keys.gst_tokens([number] if number else [])
    async with transaction(services.pool) as connection:
        found = await store.retailer_of_gst(connection, tokens[0]) if tokens else None
        outcome = "found" if found else "not_found"
        await _audit(services, connection, "identity_lookup", "score", outcome=outcome, subject=found)
    return LookupOut(retailer_id=found)


@router.post("/phones/resolve", dependencies=[Depends(allow_callers("webhook"))])
async def post_resolve(request: Request, body: PhoneIn) -> ResolvedOut:
    """The retailers whose confirmed phone this is; several shops may share one."""
    services, number = _services(request), normal_phone(body.phone)
    tokens = await services.keys.phone_tokens([number] if number else [])
    async with transaction(services.pool) as connection:
        found = await store.retailers_of_phone(connection, tokens[0]) if tokens else []
        outcome = "found" if found else "not_found"
        details = {"retailers": ",".join(found)}
        await _audit(services, connection, "identity_lookup", "webhook", outcome=outcome, details=details)
    return ResolvedOut(
        retailers=[RetailerOut(retailer_id=one, contact_ref=services.keys.contact_ref(one, tokens[0])) for one in found]
    )


@router.post("/phones/reveal", dependencies=[Depends(allow_callers("notification"))], responses=refusals(NotFound))
async def post_reveal(request: Request, body: RevealIn) -> RevealOut:
    """Phone and shop name of a retailer, from the newest ledger that shows the phone asked for."""
    services = _services(request)
    async with transaction(services.pool) as connection:
        phones = await store.confirmed_phones(connection, body.retailer_id)
        wanted = (one for one in phones if _is_asked_for(services.keys, body, one.phone_token))
        found = next(wanted, None)
        outcome = "revealed" if found else "not_found"
        await _audit(
            services,
            connection,
            "identity_revealed",
            "notification",
            outcome=outcome,
            subject=body.retailer_id,
        )
    if found is None:
        raise NotFound("no phone is known")
    key = await services.keys.open_data_key(found.wrapped_data_key)
    plain = unseal(key, found.subject_token, found.sealed_identity)
    if plain.phone is None:
        raise NotFound("no phone is known")
    return RevealOut(phone=plain.phone.reveal(), shop_name=plain.shop_name)


def _is_asked_for(keys: VaultKeys, body: RevealIn, phone_token: bytes) -> bool:
    return body.contact_ref is None or body.contact_ref == keys.contact_ref(body.retailer_id, phone_token)


@router.post(
    "/admin/retailers/{retailer_id}/phones/confirm",
    dependencies=[Depends(allow_callers("admin"))],
    responses=refusals(NotFound),
)
async def post_confirm(
    request: Request,
    retailer_id: Annotated[str, Path(pattern=r"^ret_[0-9a-f]{16}$")],
    body: ConfirmPhoneIn,
) -> ConfirmedPhoneOut:
    """Confirms the phone that a distributor's ledgers show for a retailer who already has another one."""
    contact_ref = await _services(request).identities.confirm_phone(retailer_id, body.distributor_id)
    return ConfirmedPhoneOut(retailer_id=retailer_id, contact_ref=contact_ref)


@router.get("/admin/distributors/{distributor_id}/retailers", dependencies=[Depends(allow_callers("admin"))])
async def get_retailers(
    request: Request,
    distributor_id: Annotated[str, Path(pattern=r"^dist_[a-z0-9_]{1,48}$")],
    after: Annotated[str, Query(pattern=r"^(ret_[0-9a-f]{16})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
) -> ReachablePage:
    """A distributor's retailers, page by page, by id."""
    services = _services(request)
    async with transaction(services.pool) as connection:
        found = await store.retailers_of_distributor(connection, distributor_id, after, limit)
        details = {"retailers": str(len(found))}
        await _audit(
            services,
            connection,
            "identity_lookup",
            "admin",
            outcome="success",
            subject=distributor_id,
            details=details,
        )
    page = [
        ReachableOut(
            retailer_id=retailer_id,
            reachable=phone_token is not None,
            contact_ref=services.keys.contact_ref(retailer_id, phone_token) if phone_token else None,
        )
        for retailer_id, phone_token in found
    ]
    return ReachablePage(retailers=page, next=page[-1].retailer_id if len(page) == limit else None)
