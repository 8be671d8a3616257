"""Handler of `model.decided`."""

from collections.abc import Mapping

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.consumer import Handler, Received
from altscore_libs.outbox import Outbox
from altscore_libs.signer import PublicKeys

from altscore_scoring.decisions import store
from altscore_scoring.decisions.domain import Decision, SignedDecision, verify_decision
from altscore_scoring.errors import DecisionRefused
from altscore_scoring.scores.events import ACTOR

_ACTIONS = {"freeze": "scoring_frozen", "unfreeze": "scoring_unfrozen"}


class DecisionEvents:
    """Keeps decisions; the worker acts on them.

    Args:
        outbox: for the audit.
        keys: public keys that may sign a decision.
        clock: for received_at.
    """

    def __init__(self, outbox: Outbox, keys: PublicKeys, clock: Clock) -> None:
        self._outbox = outbox
        self._keys = keys
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Handlers by event name."""
        return {"model.decided": self.model_decided}

    async def model_decided(self, connection: asyncpg.Connection, event: Received) -> None:
        """Keeps a decision with a valid signature; any other is audited and changes nothing for anybody."""
        signed = SignedDecision(
            decision_id=event.data["decision_id"],
            kind=event.data["kind"],
            model_name=event.data["model_name"],
            record=event.data["decision_record"],
            signature_key_id=event.data["signature_key_id"],
            signature=event.data["signature"],
        )
        try:
            decision = verify_decision(signed, self._keys)
        except DecisionRefused as error:
            await self._outbox.audit(
                connection,
                "model_decision_refused",
                actor=ACTOR,
                outcome="refused",
                subject=signed.decision_id,
                details={"why": error.detail},
            )
            return
        if await store.add_decision(connection, signed, decision, self._clock.now()):
            await self._audit(connection, decision)

    async def _audit(self, connection: asyncpg.Connection, decision: Decision) -> None:
        names = ("reason", "freeze_id", "model_version", "model_sha256")
        await self._outbox.audit(
            connection,
            _ACTIONS.get(decision.kind, "challenger_changed"),
            actor=ACTOR,
            outcome="ok",
            subject=decision.decision_id,
            details={
                "kind": decision.kind,
                "model_name": decision.model_name,
                **{name: decision.fields[name] for name in names if name in decision.fields},
            },
        )
