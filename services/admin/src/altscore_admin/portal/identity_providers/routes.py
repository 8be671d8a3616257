"""What admin asks on behalf of two operators: where a lender's people sign in. mTLS alone."""

from altscore_libs.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.portal.dependencies import ServicesDependency
from altscore_admin.portal.lender_providers.domain import facts_of
from altscore_admin.portal.lender_providers.schemas import ActivateIn, DraftOut, ProviderIn, ProviderOut, SamlDraftIn
from altscore_admin.portal.lender_providers.service import Draft
from altscore_admin.portal.oidc.domain import Provider
from altscore_admin.portal.people.domain import Organisation
from altscore_admin.portal.people.routes import Caller
from altscore_admin.portal.people.schemas import EndedOut, OrganisationId

router = make_router(
    prefix="/internal/admin/organisations/lender/{organisation_id}/identity-provider",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)


@router.post("/drafts", status_code=201)
async def post_provider_draft(
    services: ServicesDependency, caller: Caller, organisation_id: OrganisationId, body: ProviderIn
) -> DraftOut:
    """Keeps where a lender's people shall sign in; nobody does until it is activated. The secret is never shown."""
    organisation = Organisation("lender", organisation_id, body.organisation_name)
    provider = Provider(body.issuer, body.client_id, body.client_secret)
    draft = await services.lender_providers.propose(organisation, provider, caller=caller)
    return DraftOut(draft_id=draft.draft_id, **draft.facts._asdict())


@router.post("/drafts/saml", status_code=201, responses=error_responses(InvalidRequest))
async def post_saml_provider_draft(
    services: ServicesDependency, caller: Caller, organisation_id: OrganisationId, body: SamlDraftIn
) -> DraftOut:
    """Keeps a SAML provider where a lender's people shall sign in; nobody does until it is activated."""
    organisation = Organisation("lender", organisation_id, body.organisation_name)
    draft = await services.lender_providers.propose_saml(organisation, body, caller=caller)
    return DraftOut(draft_id=draft.draft_id, **draft.facts._asdict())


@router.post("/activate", responses=error_responses(NotFound))
async def post_activate_provider(
    services: ServicesDependency, caller: Caller, organisation_id: OrganisationId, body: ActivateIn
) -> EndedOut:
    """Has a lender's people sign in at the provider of a draft; ends their sessions. Repeating it changes nothing."""
    approved = Draft(body.draft_id, body.facts())
    ended = await services.lender_providers.activate(organisation_id, approved, caller=caller)
    return EndedOut(sessions_ended=ended)


@router.get("", responses=error_responses(NotFound))
async def get_provider(services: ServicesDependency, organisation_id: OrganisationId) -> ProviderOut:
    """Where a lender's people sign in, without the secret."""
    row = await services.lender_providers.current(organisation_id)
    return ProviderOut(updated_at=row["updated_at"], **facts_of(row)._asdict())
