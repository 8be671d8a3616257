"""What routes depend on: the services behind them."""

from dataclasses import dataclass

from altscore_libs.parked import ParkedList

from altscore_score.access.service import AccessService, OnboardingService
from altscore_score.audit_proofs.published import AuditKeys
from altscore_score.audit_proofs.service import AuditProofService
from altscore_score.grievances.service import GrievanceService
from altscore_score.history.service import HistoryService
from altscore_score.portfolios.wiring import Dashboards
from altscore_score.retailers.service import LookupService
from altscore_score.rights.service import RetailerRights
from altscore_score.score_batches.service import BatchService
from altscore_score.scores.service import ScoreService
from altscore_score.switches.service import SwitchService
from altscore_score.tokens.service import TokenService
from altscore_score.tokens.verifier import KeyRing


@dataclass(frozen=True)
class Services:
    """The use cases of both applications."""

    scores: ScoreService
    score_batches: BatchService
    history: HistoryService
    retailers: LookupService
    tokens: TokenService
    keys: KeyRing
    audit_keys: AuditKeys
    onboarding: OnboardingService
    access: AccessService
    switches: SwitchService
    grievances: GrievanceService
    audit_proofs: AuditProofService
    parked: ParkedList
    rights: RetailerRights
    dashboards: Dashboards
