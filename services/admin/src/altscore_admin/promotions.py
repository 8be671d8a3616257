"""Two persons make a champion: one proposes, another states the same; only then is it signed and announced."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError
from altscore_libs.ids import new_id
from altscore_libs.signer import canonical

from altscore_admin import domain, store
from altscore_admin.desk import Desk
from altscore_admin.domain import Proposal, Statement
from altscore_admin.errors import NoEarlierModel
from altscore_admin.operators import Operator


class Outcome(NamedTuple):
    """Where a promotion stands and who stands behind it."""

    promotion_id: str
    status: str
    statement: Statement
    approvals: list[tuple[str, datetime]]


async def promote(desk: Desk, operator: Operator, statement: Statement, evaluation: dict[str, Any]) -> Outcome:
    """Proposes a model, or approves what another operator proposed.

    Raises:
        GateMissed: the evaluation misses a bar.
        SameOperator: the proposer again.
        PromotionConflict: something else is open.
    """
    try:
        domain.check_gate(evaluation)
        return await _state(desk, operator, statement)
    except AltScoreError as error:
        await _refused(desk, operator, statement, error)
        raise


async def rollback(desk: Desk, operator: Operator, model_name: str) -> Outcome:
    """Proposes, or approves, the return to the champion before the present one; it passed the gate in its time.

    Raises:
        NoEarlierModel: there is none.
        SameOperator: the proposer again.
    """
    async with transaction(desk.pool) as connection:
        earlier = domain.rollback_target(await store.history(connection, model_name))
    if earlier is None:
        raise NoEarlierModel("no earlier model to return to")
    statement = replace(earlier, kind="rollback")
    try:
        return await _state(desk, operator, statement)
    except AltScoreError as error:
        await _refused(desk, operator, statement, error)
        raise


async def _state(desk: Desk, operator: Operator, statement: Statement) -> Outcome:
    by, at = operator.operator_id, desk.clock.now()
    async with transaction(desk.pool) as connection:
        await store.lock_model(connection, statement.model_name)
        standing = await store.champion(connection, statement.model_name)
        if standing is not None and standing["statement_digest"] == statement.digest:
            return _outcome(statement, standing)
        proposal = await store.open_proposal(connection, statement.model_name, statement.kind)
        step = domain.next_step(proposal, statement, by, at)
        if proposal is not None and step == "approve":
            return await _approve(desk, connection, proposal, statement, by=by, at=at)
        if proposal is not None:
            await store.close_proposal(
                connection, proposal.promotion_id, "withdrawn" if proposal.proposed_by == by else "expired"
            )
        promotion_id = new_id("prm")
        await store.propose(connection, promotion_id, statement, by=by, at=at)
        await desk.outbox.audit(
            connection,
            "model_promotion_proposed",
            actor=by,
            subject=promotion_id,
            outcome="ok",
            details=_details(statement),
        )
        return Outcome(promotion_id, "proposed", statement, [(by, at)])


async def _approve(
    desk: Desk,
    connection: asyncpg.Connection,
    proposal: Proposal,
    statement: Statement,
    *,
    by: str,
    at: datetime,
) -> Outcome:
    named = {
        "promotion_id": proposal.promotion_id,
        "model_name": statement.model_name,
        "model_version": statement.model_version,
        "model_sha256": statement.model_sha256,
        "artifact_uri": statement.artifact_uri,
        "taxonomy_digest": statement.taxonomy_digest,
        "guardrail_digest": statement.guardrail_digest,
    }
    record = canonical(
        {
            **named,
            "evaluation": json.loads(statement.evaluation),
            "proposed_by": proposal.proposed_by,
            "approved_by": by,
            "approved_at": domain.instant(at),
        }
    )
    signature = (await desk.signer.sign(hashlib.sha256(record).digest())).hex()
    await store.approve(
        connection,
        proposal.promotion_id,
        by=by,
        at=at,
        record=record.decode(),
        key_id=desk.signer.key_id,
        signature=signature,
    )
    event = {
        **named,
        "promotion_record": record.decode(),
        "signature_key_id": desk.signer.key_id,
        "signature": signature,
        "promoted_at": at,
    }
    await desk.outbox.add(connection, "model.promoted", key=statement.model_name, data=event)
    await desk.outbox.audit(
        connection,
        "model_promoted",
        actor=by,
        subject=proposal.promotion_id,
        outcome="ok",
        details={**_details(statement), "proposed_by": proposal.proposed_by},
    )
    approvals = [(proposal.proposed_by, proposal.proposed_at), (by, at)]
    return Outcome(proposal.promotion_id, "promoted", statement, approvals)


def _outcome(statement: Statement, standing: asyncpg.Record) -> Outcome:
    approvals = [(standing["proposed_by"], standing["proposed_at"]), (standing["approved_by"], standing["approved_at"])]
    return Outcome(standing["promotion_id"], "promoted", statement, approvals)


async def _refused(desk: Desk, operator: Operator, statement: Statement, error: AltScoreError) -> None:
    async with transaction(desk.pool) as connection:
        await desk.outbox.audit(
            connection,
            "model_promotion_proposed",
            actor=operator.operator_id,
            subject=statement.model_name,
            outcome="refused",
            reason=error.code,
            details=_details(statement),
        )


def _details(statement: Statement) -> dict[str, str]:
    evaluation = json.loads(statement.evaluation)
    return {
        "kind": statement.kind,
        "model_name": statement.model_name,
        "model_version": statement.model_version,
        "model_sha256": statement.model_sha256,
        **{name: str(evaluation.get(name)) for name in ("auroc", "ks", "air_min")},
    }
