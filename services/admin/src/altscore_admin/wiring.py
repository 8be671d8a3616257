"""The use cases behind the routes, and the clients of the services that they call."""

from datetime import timedelta
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.hpke import HpkeDecryptor, HpkeEncryptor
from altscore_libs.http_client import ServiceClient
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys, Signer

from altscore_admin.anomalies.service import AnomalyService
from altscore_admin.approvals.four_eyes import FourEyes
from altscore_admin.approvals.service import ApprovalService
from altscore_admin.approvals.wiring import approval_kinds
from altscore_admin.audit_events.service import AuditEventService
from altscore_admin.audit_segments.service import SegmentDeletion, SegmentService
from altscore_admin.clients import UpstreamClients
from altscore_admin.compliance.service import ComplianceService
from altscore_admin.dependencies import Services
from altscore_admin.erasures.domain import Stores
from altscore_admin.incidents.wiring import incident_services
from altscore_admin.invitations.service import InvitationService
from altscore_admin.lender_access.service import LenderAccessService
from altscore_admin.model_decisions.service import ModelDecisionService
from altscore_admin.models.service import PromotionService
from altscore_admin.operators.service import DevelopmentOperators
from altscore_admin.overview.service import OverviewService
from altscore_admin.parked.service import ParkedService
from altscore_admin.partners.service import PartnerService
from altscore_admin.portal_people.service import PortalPeopleService
from altscore_admin.raw_access.service import RawAccessService
from altscore_admin.retailers.service import RetailerService
from altscore_admin.rights.domain import NOTICE
from altscore_admin.rights.wiring import rights_services
from altscore_admin.sessions.wiring import NOT_CONFIGURED, SignInConfiguration, sign_in_services
from altscore_admin.settings import ApiSettings
from altscore_admin.switches.service import SwitchService


def upstream_clients(settings: ApiSettings) -> UpstreamClients:
    """Clients of the services that own the data, with this service's certificate."""
    tls = settings.client_tls()

    def client(neighbour: str, url: str) -> ServiceClient:
        limit_s = settings.call_timeout_s
        return ServiceClient(url, tls=tls, neighbour=neighbour, timeout_s=limit_s, total_s=limit_s)

    return UpstreamClients(
        ingestion=client("ingestion", settings.ingestion_url),
        score=client("score", settings.score_url),
        consent=client("consent", settings.consent_url),
        vault=client("vault", settings.vault_url),
        audit=client("audit", settings.audit_url),
        portal=client("portal", settings.portal_url),
        webhook=client("webhook", settings.webhook_url),
        notification=client("notification", settings.notification_url),
        scoring=client("scoring", settings.scoring_url),
    )


def create_services(
    *,
    pool: asyncpg.Pool,
    outbox: Outbox,
    clock: Clock,
    upstream: UpstreamClients,
    signer: Signer,
    keys: PublicKeys,
    operators: DevelopmentOperators,
    decryptor: HpkeDecryptor,
    encryptor: HpkeEncryptor,
    sign_in: SignInConfiguration = NOT_CONFIGURED,
    report_signer: Signer,
    stores: Stores,
    erasure_notice: timedelta = NOTICE,
) -> Services:
    """The use cases behind the routes."""
    four_eyes = FourEyes(outbox=outbox, signer=signer, keys=keys)
    partners = PartnerService(pool=pool, outbox=outbox, clock=clock, upstream=upstream)
    lender_access = LenderAccessService(pool=pool, outbox=outbox, upstream=upstream)
    switches = SwitchService(pool=pool, outbox=outbox, clock=clock, upstream=upstream)
    portal_people = PortalPeopleService(pool=pool, outbox=outbox, upstream=upstream)
    common: dict[str, Any] = {"pool": pool, "outbox": outbox, "clock": clock}
    parked = ParkedService(pool=pool, outbox=outbox, upstream=upstream)
    owners: dict[str, Any] = {"lender_access": lender_access, "partners": partners, "switches": switches}
    owners |= {"portal_people": portal_people, "parked": parked}
    kinds = approval_kinds(**owners, **common, upstream=upstream, macs=sign_in.macs, erasure_notice=erasure_notice)
    approvals = ApprovalService(pool=pool, outbox=outbox, clock=clock, keys=keys, four_eyes=four_eyes, kinds=kinds)
    return Services(
        **sign_in_services(**common, operators=operators, configuration=sign_in, approvals=approvals),
        **incident_services(
            **common, upstream=upstream, lender_access=lender_access, switches=switches, approvals=approvals
        ),
        **rights_services(
            **common,
            upstream=upstream,
            keys=keys,
            decryptor=decryptor,
            encryptor=encryptor,
            report_signer=report_signer,
            stores=stores,
            approvals=approvals,
            notice=erasure_notice,
        ),
        **owners,
        invitations=InvitationService(pool=pool, outbox=outbox, clock=clock, upstream=upstream),
        retailers=RetailerService(pool=pool, outbox=outbox, upstream=upstream),
        models=PromotionService(pool=pool, outbox=outbox, clock=clock, keys=keys, four_eyes=four_eyes),
        model_decisions=ModelDecisionService(pool=pool, outbox=outbox, clock=clock, keys=keys, four_eyes=four_eyes),
        anomalies=AnomalyService(pool=pool, outbox=outbox, clock=clock),
        audit_events=AuditEventService(pool=pool, outbox=outbox, upstream=upstream),
        audit_segments=SegmentService(SegmentDeletion(outbox, clock, upstream), approvals),
        overview=OverviewService(pool=pool),
        compliance=ComplianceService(pool=pool, outbox=outbox, clock=clock),
        approvals=approvals,
        raw_access=RawAccessService(pool=pool, outbox=outbox, clock=clock, upstream=upstream, approvals=approvals),
    )
