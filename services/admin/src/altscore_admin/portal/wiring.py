"""Wiring of the portal's API."""

import time
from dataclasses import dataclass
from functools import partial

import asyncpg
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.db import check, create_pool
from altscore_libs.events import SchemaCatalog
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.service import Listener, Readiness, serve

from altscore_admin.portal.app import create_app, create_internal_app
from altscore_admin.portal.clients import PortalClients
from altscore_admin.portal.codes.service import CodeService
from altscore_admin.portal.crypto import PortalKeys
from altscore_admin.portal.dependencies import Services
from altscore_admin.portal.distributors.service import DistributorService
from altscore_admin.portal.identity_providers.service import IdentityProviderService
from altscore_admin.portal.lender_portfolio.service import LenderService
from altscore_admin.portal.oidc.domain import Provider
from altscore_admin.portal.oidc.providers import ProviderClient
from altscore_admin.portal.oidc.service import OidcService
from altscore_admin.portal.people.service import PeopleService
from altscore_admin.portal.saml.service import LenderSamlService
from altscore_admin.portal.sessions.service import SessionService
from altscore_admin.portal.settings import ApiSettings

SERVICE = "portal"


@dataclass(frozen=True)
class SignInAt:
    """How people prove who they are.

    Args:
        client: of identity providers.
        public_origin: where browsers reach the portal.
        distributors: the distributors' identity provider; None: codes by e-mail and SMS.
    """

    client: ProviderClient
    public_origin: str
    distributors: Provider | None = None


def create_services(
    pool: asyncpg.Pool, *, outbox: Outbox, clock: Clock, keys: PortalKeys, clients: PortalClients, sign_in: SignInAt
) -> Services:
    """The use cases behind the routes."""
    sessions = SessionService(pool=pool, outbox=outbox, clock=clock, keys=keys)
    return Services(
        people=PeopleService(pool=pool, outbox=outbox, clock=clock, keys=keys),
        sessions=sessions,
        codes=CodeService(
            pool=pool,
            outbox=outbox,
            clock=clock,
            keys=keys,
            sessions=sessions,
            is_enabled=sign_in.distributors is None,
        ),
        oidc=OidcService(
            pool=pool,
            outbox=outbox,
            clock=clock,
            keys=keys,
            sessions=sessions,
            client=sign_in.client,
            public_origin=sign_in.public_origin,
            distributors=sign_in.distributors,
        ),
        lender_saml=LenderSamlService(
            pool=pool, outbox=outbox, clock=clock, sessions=sessions, public_origin=sign_in.public_origin
        ),
        identity_providers=IdentityProviderService(
            pool=pool, outbox=outbox, clock=clock, keys=keys, public_origin=sign_in.public_origin
        ),
        distributors=DistributorService(pool=pool, outbox=outbox, clock=clock, clients=clients),
        lenders=LenderService(clients),
    )


def portal_clients(settings: ApiSettings) -> PortalClients:
    """Clients of the services that own the data, with the portal's certificate."""
    tls, limit_s = settings.client_tls(), settings.call_timeout_s

    def client(neighbour: str, url: str) -> ServiceClient:
        return ServiceClient(url, tls=tls, neighbour=neighbour, timeout_s=limit_s, total_s=limit_s)

    return PortalClients(
        ingestion=client("ingestion", settings.ingestion_url),
        consent=client("consent", settings.consent_url),
        vault=client("vault", settings.vault_url),
        score=client("score", settings.score_url),
    )


def sign_in_at(settings: ApiSettings) -> SignInAt:
    """How people of this deployment prove who they are."""
    provider = None
    if settings.oidc_issuer is not None and settings.oidc_client_secret is not None:
        secret = settings.oidc_client_secret.get_secret_value()
        provider = Provider(settings.oidc_issuer, settings.oidc_client_id or "", secret)
    client = ProviderClient(ca_file=settings.oidc_ca_file, monotonic=time.monotonic)
    return SignInAt(client, settings.public_origin, provider)


async def run_portal(settings: ApiSettings) -> None:
    """Serves browsers and admin until it is stopped."""
    clock, readiness, clients = SystemClock(), Readiness(), portal_clients(settings)
    sign_in = sign_in_at(settings)
    outbox = Outbox(SchemaCatalog.load(settings.schemas_dir), SERVICE, clock, mac_key=settings.outbox_key_bytes())
    try:
        async with await create_pool(settings.database_url) as pool:
            readiness.add("database", partial(check, pool))
            services = create_services(
                pool,
                outbox=outbox,
                clock=clock,
                keys=PortalKeys(settings.contact_key_bytes()),
                clients=clients,
                sign_in=sign_in,
            )
            tls, app = settings.server_tls(), create_app(services, pages_dir=settings.pages_dir)
            await serve(
                SERVICE,
                listeners=[
                    Listener(app, settings.api_port, tls, require_client_certificate=False),
                    Listener(create_internal_app(services), settings.admin_port, tls),
                ],
                readiness=readiness,
                internal_port=settings.internal_port,
                host=settings.listen_host,
            )
    finally:
        await sign_in.client.close()
        await clients.close()
