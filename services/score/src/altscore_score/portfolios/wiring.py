"""What the portal's routes are made of: parts of serving, with answers and verified records of their own."""

from dataclasses import dataclass

from altscore_score.access.verified_rows import VerifiedRows
from altscore_score.call_counts.service import CallCounter
from altscore_score.history.service import HistoryService
from altscore_score.lender_accounts.service import LenderAccountService
from altscore_score.portfolios.service import LenderScope, PortfolioService
from altscore_score.score_views.service import ScoreViewService
from altscore_score.scores.service import ScoreService


@dataclass(frozen=True)
class Dashboards:
    """The use cases of lenders' dashboards."""

    portfolios: PortfolioService
    score_views: ScoreViewService
    accounts: LenderAccountService


def dashboards(
    scores: ScoreService, history: HistoryService, *, verified: VerifiedRows, counter: CallCounter
) -> Dashboards:
    """Beside POST /v1/score: whoever reads a whole portfolio evicts nothing that serving needs."""
    scope, audit, clock = LenderScope(history.pool, scores.signer, scores.state), scores.audit, scores.clock
    return Dashboards(
        portfolios=PortfolioService(
            scope=scope,
            consents=history.consents.separate(),
            verifier=history.verifier.separate(),
            audit=audit,
            clock=clock,
        ),
        score_views=ScoreViewService(scope, history.finder, history=history, scores=scores),
        accounts=LenderAccountService(
            scope, verified, limiter=scores.limiter, counter=counter, audit=audit, clock=clock
        ),
    )
