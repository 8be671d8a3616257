"""What admin asks on behalf of two operators: where an organisation's people sign in. mTLS alone."""

from altscore_libs.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.portal.dependencies import ServicesDependency
from altscore_admin.portal.identity_providers.domain import facts_of
from altscore_admin.portal.identity_providers.schemas import ActivateIn, DraftOut, ProviderIn, ProviderOut, SamlDraftIn
from altscore_admin.portal.identity_providers.service import Draft, Owner
from altscore_admin.portal.oidc.domain import Provider
from altscore_admin.portal.people.domain import Organisation
from altscore_admin.portal.people.routes import Caller
from altscore_admin.portal.people.schemas import EndedOut, OrganisationId, PersonKind

router = make_router(
    prefix="/internal/admin/organisations",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)
PROVIDER = "/{kind}/{organisation_id}/identity-provider"
LENDERS_PROVIDER = "/lender/{organisation_id}/identity-provider"


@router.post(f"{PROVIDER}/drafts", status_code=201)
async def post_provider_draft(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId, body: ProviderIn
) -> DraftOut:
    """Keeps where an organisation's people shall sign in; nobody does until it is activated.

    The secret is never shown.
    """
    organisation = Organisation(kind, organisation_id, body.organisation_name)
    provider = Provider(body.issuer, body.client_id, body.client_secret)
    draft = await services.identity_providers.propose(organisation, provider, caller=caller)
    return DraftOut(draft_id=draft.draft_id, **draft.facts._asdict())


@router.post(
    "/lender/{organisation_id}/identity-provider/drafts/saml",
    status_code=201,
    responses=error_responses(InvalidRequest),
)
async def post_saml_provider_draft(
    services: ServicesDependency, caller: Caller, organisation_id: OrganisationId, body: SamlDraftIn
) -> DraftOut:
    """Keeps a SAML provider where a lender's people shall sign in; nobody does until it is activated."""
    organisation = Organisation("lender", organisation_id, body.organisation_name)
    draft = await services.identity_providers.propose_saml(organisation, body, caller=caller)
    return DraftOut(draft_id=draft.draft_id, **draft.facts._asdict())


@router.post(f"{PROVIDER}/activate", responses=error_responses(NotFound))
async def post_activate_provider(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId, body: ActivateIn
) -> EndedOut:
    """Has an organisation's people sign in at a draft's provider; ends their sessions. Repeated, it changes nothing."""
    approved = Draft(body.draft_id, body.facts())
    ended = await services.identity_providers.activate(Owner(kind, organisation_id), approved, caller=caller)
    return EndedOut(sessions_ended=ended)


@router.get(PROVIDER, responses=error_responses(NotFound))
async def get_provider(services: ServicesDependency, kind: PersonKind, organisation_id: OrganisationId) -> ProviderOut:
    """Where an organisation's people sign in by a provider of its own, without the secret."""
    row = await services.identity_providers.current(Owner(kind, organisation_id))
    return ProviderOut(updated_at=row["updated_at"], **facts_of(row)._asdict())
