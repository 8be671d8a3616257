"""What would raise a score: actions for its strongest negative reasons, each verified by scoring what they change."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg

from altscore_scoring.errors import NotReplayable
from altscore_scoring.gold.frame import frame_of_row
from altscore_scoring.guardrails import checks
from altscore_scoring.improvements.domain import MAX_IMPROVEMENTS, Improvement, improved
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.replay.service import ReplayService


class ImprovementService:
    """Finds what a retailer can do.

    Args:
        replay: verifies score and evidence, and loads the model.
        improvements: actions by reason code.
    """

    def __init__(self, replay: ReplayService, improvements: Mapping[str, Improvement]) -> None:
        self._replay = replay
        self._improvements = improvements

    async def improve(self, connection: asyncpg.Connection, score_id: str) -> dict[str, Any]:
        """Actions that raise this score by themselves, the strongest reason first, three at most.

        Raises:
            EvidenceMissing: no such score.
            NotReplayable: replay does not answer MATCH, or it is a block.
        """
        replayed = await self._replay.replay(connection, score_id)
        if replayed.answer != "MATCH":
            raise NotReplayable(f"replay answers {replayed.answer}")
        record_text, evidence, bundle = await self._replay.evidence_of(connection, score_id)
        if evidence.features is None:
            raise NotReplayable("the score has no features")
        record, features = json.loads(record_text), evidence.features
        route, now = evidence.body["route"], int(record["altscore"])
        actions = []
        for reason in sorted(record["reason_codes"], key=lambda reason: int(reason["rank"])):
            action = self._improvements.get(reason["code"])
            if reason["direction"] != "negative" or action is None:
                continue
            numbers = improved(features["numbers"], action)
            after = _altscore(features | {"numbers": numbers}, bundle, route)
            if after > now:
                changed = sorted(name for name in action.changes if numbers.get(name) != features["numbers"].get(name))
                texts = {"text_en": action.text_en, "text_hi": action.text_hi}
                actions.append({"code": action.code, **texts, "features": changed, "altscore": after})
        return {"score_id": score_id, "altscore": now, "improvements": actions[:MAX_IMPROVEMENTS]}


def _altscore(features: Mapping[str, Any], bundle: Bundle, route: checks.Route) -> int:
    booster = bundle.boosters[route]
    margins = booster.margins(booster.inputs(frame_of_row(features)))
    return checks.altscore(checks.rounded_pd(float(bundle.calibrations[route].probabilities(margins)[0])))
