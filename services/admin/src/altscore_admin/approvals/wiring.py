"""What is wired of several packages: the kinds of requests that another person approves, and what carries them out."""

from collections.abc import Mapping
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.outbox import Outbox

from altscore_admin.approvals.service import Executor, Kind
from altscore_admin.audit_segments.service import SegmentDeletion
from altscore_admin.clients import UpstreamClients
from altscore_admin.erasures.approval import ErasureStart, Trail
from altscore_admin.incidents.notices import NoticeStart
from altscore_admin.incidents.service import Timeline
from altscore_admin.lender_access.service import LenderAccessService
from altscore_admin.operators.domain import Permission
from altscore_admin.parked.service import ParkedService
from altscore_admin.partners.service import PartnerService
from altscore_admin.portal_people.service import PortalPeopleService
from altscore_admin.raw_access.service import RawAccessStart
from altscore_admin.rights.service import StepLog
from altscore_admin.security_keys.invitations import InvitationStart
from altscore_admin.sessions.row_macs import SignInMacs
from altscore_admin.switches.service import SwitchService

# Who may make a request of a kind may approve another person's.
APPROVERS: Mapping[str, Permission] = {
    "lender_suspend": Permission.LENDER_ACCESS,
    "lender_reactivate": Permission.LENDER_ACCESS,
    "distributor_suspend": Permission.CONNECTOR_ACCESS,
    "distributor_reactivate": Permission.CONNECTOR_ACCESS,
    "quarantine_release": Permission.REPROCESS,
    "raw_access": Permission.RAW_ACCESS,
    "switch_on": Permission.SWITCH_OFF,
    "switch_off": Permission.SWITCH_OFF,
    "lender_identity_provider": Permission.LENDER_ACCESS,
    "distributor_identity_provider": Permission.ONBOARD,
    "key_invitation": Permission.MANAGE_OPERATORS,
    "incident_notice": Permission.HANDLE_INCIDENTS,
    "erasure": Permission.HANDLE_RIGHTS,
    "audit_segment_deletion": Permission.DELETE_AUDIT,
    "parked_dismissal": Permission.REPLAY_PARKED,
}
# Kinds about a person, who neither requests nor approves it.
ABOUT_OPERATORS = frozenset({"key_invitation"})


def approval_kinds(
    *,
    pool: asyncpg.Pool,
    outbox: Outbox,
    clock: Clock,
    upstream: UpstreamClients,
    macs: SignInMacs,
    lender_access: LenderAccessService,
    partners: PartnerService,
    switches: SwitchService,
    portal_people: PortalPeopleService,
    parked: ParkedService,
    erasure_notice: timedelta,
) -> Mapping[str, Kind]:
    """What carries out approved requests."""
    log = StepLog(outbox, clock)
    executors: Mapping[str, Executor] = {
        "lender_suspend": lender_access.suspend_approved,
        "lender_reactivate": lender_access.reactivate_approved,
        "distributor_suspend": partners.suspend_approved,
        "distributor_reactivate": partners.reactivate_approved,
        "quarantine_release": partners.reprocess_approved,
        "raw_access": RawAccessStart(clock).start,
        "switch_on": switches.switch_approved,
        "switch_off": switches.switch_approved,
        "lender_identity_provider": portal_people.provider_approved,
        "distributor_identity_provider": portal_people.distributor_provider_approved,
        "key_invitation": InvitationStart(outbox, clock, macs).start,
        "incident_notice": NoticeStart(clock, Timeline(outbox, clock)).start,
        "audit_segment_deletion": SegmentDeletion(outbox, clock, upstream).hand_over,
        "erasure": ErasureStart(clock=clock, log=log, trail=Trail(pool, upstream, log), notice=erasure_notice).start,
        "parked_dismissal": parked.dismiss_approved,
    }
    return {
        kind: Kind(permission, executors[kind], excludes_subject=kind in ABOUT_OPERATORS)
        for kind, permission in APPROVERS.items()
    }
