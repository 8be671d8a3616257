"""Shows one retailer's score to a person at a lender, under the rules and the limits of POST /v1/score (ADR 0060)."""

from dataclasses import dataclass

import orjson
from altscore_libs import logs
from altscore_libs.errors import AltScoreError, RateLimited, Unavailable
from altscore_libs.ids import new_id

from altscore_score.audit.domain import AuditEntry
from altscore_score.audit.service import recorded_purpose
from altscore_score.errors import ConsentNotGranted, DataInsufficient, ManualReviewRequired, RetailerNotScored
from altscore_score.history.domain import MonthValue
from altscore_score.history.service import MONTHS_MAX, HistoryService
from altscore_score.limits.service import disclosures_spent, rate_limited
from altscore_score.portfolios.domain import CHANNEL, Viewer
from altscore_score.portfolios.service import LenderScope
from altscore_score.retailers.service import ConsentFinder
from altscore_score.score_views.domain import View, view_key
from altscore_score.scores.domain import Allow, Visible, score_body
from altscore_score.scores.reader import CachedScore
from altscore_score.scores.service import ScoreService

_WITHOUT_SCORE = (DataInsufficient, ManualReviewRequired, RetailerNotScored)


@dataclass(frozen=True)
class ScoreViewService:
    """Views of retailers.

    Args:
        scope: says whether the lender may look at all.
        finder: of a consent for any purpose.
        history: of monthly snapshots.
        scores: POST /v1/score, whose reader, limits, stored replies, labels and audit a view shares.
    """

    scope: LenderScope
    finder: ConsentFinder
    history: HistoryService
    scores: ScoreService

    async def view(self, viewer: Viewer, retailer_id: str) -> View:
        """The retailer as the lender may see it now.

        Raises:
            Forbidden: the lender is suspended.
            ConsentNotGranted: unknown, another lender's or unconsented retailers, all alike.
            Unavailable: consent, store or audit trail cannot be reached; nothing is shown.
        """
        await self.scope.require_active(viewer.lender_id)
        logs.bind(retailer_id=retailer_id)
        try:
            allow = await self.finder.find(viewer.lender_id, retailer_id)
            if allow is None:
                raise ConsentNotGranted()
            return await self._view(viewer, allow)
        except AltScoreError as error:
            if not isinstance(error, Unavailable):
                await self._write(viewer, retailer_id, outcome="refused", reason=error.code)
            raise

    async def _view(self, viewer: Viewer, allow: Allow) -> View:
        now = self.scores.clock.now()
        try:
            score, _ = await self.scores.reader.read(
                allow, CachedScore(None, None), now=now, run_blocked_at=self.scope.state.current.run_blocked_at
            )
        except _WITHOUT_SCORE as error:
            return await self._view_without_score(viewer, allow, error)
        try:
            is_repeated = await self._disclose(viewer, allow, score)
        except RateLimited as error:
            await self._write(viewer, allow.key.retailer_id, outcome="refused", reason=error.code, allow=allow)
            return View(allow, None, error.code, retry_after_s=int(error.headers["Retry-After"]))
        months = await self._months(allow)
        body = score_body(
            allow,
            score,
            labels=self.scores.labels,
            now=now,
            language="en",
            request_id=new_id("req"),
            requested_limit_inr=None,
        )
        return View(allow, body, None, months=months, is_repeated=is_repeated)

    async def _view_without_score(self, viewer: Viewer, allow: Allow, error: AltScoreError) -> View:
        """No current score: the months of a retailer without a block are shown, as its history is by the API."""
        months = await self._months(allow) if isinstance(error, RetailerNotScored) else []
        if months:
            await self._write(viewer, allow.key.retailer_id, outcome="served", action="score_history_read", allow=allow)
        else:
            await self._write(viewer, allow.key.retailer_id, outcome="refused", reason=error.code, allow=allow)
        return View(allow, None, error.code, months=months)

    async def _months(self, allow: Allow) -> list[MonthValue]:
        try:
            return await self.history.months(allow, MONTHS_MAX)
        except _WITHOUT_SCORE:
            return []

    async def _disclose(self, viewer: Viewer, allow: Allow, score: Visible) -> bool:
        """Audits the view, and spends a disclosure unless the same score was shown in the last 24 hours.

        Returns:
            Whether it was.
        """
        lender_id, retailer_id = viewer.lender_id, allow.key.retailer_id
        key = view_key(lender_id, retailer_id, score.record.score_id)
        stored = await self.scores.idempotency.find(lender_id, key)
        if stored is not None and stored.body_digest == key.body_digest:
            await self._write(viewer, retailer_id, outcome="replayed", allow=allow, score=score)
            return True
        trip = await self.scores.limiter.admit_score(
            lender_id, retailer_id, spends=True, cache_names=self.scores.cache.names(lender_id, retailer_id), mark=None
        )
        is_spent, is_repeated = False, False
        try:
            if not trip.admission.is_admitted:
                raise rate_limited(trip.admission)
            if not trip.admission.may_disclose:
                raise disclosures_spent(trip.admission)
            new_reply = self.scores.idempotency.new_reply(lender_id, key, language="en", body=orjson.dumps(None))
            entry = self._entry(viewer, retailer_id, outcome="served", allow=allow, score=score)
            is_spent = await self.scores.audit.write(entry, new_reply=new_reply)
            is_repeated = not is_spent
            if is_repeated:  # the same score was shown a moment ago
                await self._write(viewer, retailer_id, outcome="replayed", allow=allow, score=score)
            return is_repeated
        finally:
            await self.scores.limiter.settle(
                lender_id, retailer_id, trip, is_given_back=not is_spent, call_too=is_repeated
            )

    async def _write(
        self,
        viewer: Viewer,
        retailer_id: str,
        *,
        outcome: str,
        action: str | None = None,
        reason: str | None = None,
        allow: Allow | None = None,
        score: Visible | None = None,
    ) -> None:
        entry = self._entry(
            viewer, retailer_id, outcome=outcome, allow=allow, score=score, action=action, reason=reason
        )
        await self.scores.audit.write(entry)

    @staticmethod
    def _entry(
        viewer: Viewer,
        retailer_id: str,
        *,
        outcome: str,
        action: str | None = None,
        reason: str | None = None,
        allow: Allow | None = None,
        score: Visible | None = None,
    ) -> AuditEntry:
        """The entry of a call for a score (SEC, mandatory audit events), and which person looked."""
        details = {"person_id": viewer.person_id, "channel": CHANNEL}
        if allow is not None:
            details |= {"consent_id": allow.consent_id, "purpose": recorded_purpose(allow.key.purpose)}
        if score is not None:
            record = score.record
            details |= {
                "score_id": record.score_id,
                "score_version": record.score_version,
                "response_band": record.risk_band,
            }
        return AuditEntry(
            action=action or ("score_refused" if outcome == "refused" else "score_requested"),
            actor=viewer.lender_id,
            outcome=outcome,
            subject=retailer_id,
            reason=reason,
            details=details,
        )
