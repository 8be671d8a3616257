"""Which model is in use, by signed rows, and the verified bundles of it and of the one before, held in memory."""

import asyncio
from collections import OrderedDict

import asyncpg
from altscore_libs.errors import NotFound
from altscore_libs.signer import SignatureVerifier

from altscore_scoring.clients import ObjectReader, join
from altscore_scoring.decisions import store as decisions
from altscore_scoring.decisions.domain import REFUSED, SignedDecision, verified
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.errors import ModelRefused
from altscore_scoring.model.bundle import Bundle, load_bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.promotions import store
from altscore_scoring.promotions.domain import (
    Promotion,
    promotion_of,
    score_version,
    verify_kept,
)
from altscore_scoring.scores.signing import RecordContext

KEPT_BUNDLES = 2


class ModelCache:
    """Loads promoted models and keeps the last two.

    Args:
        objects: reads artifacts.
        taxonomy: the codes that this process answers with.
        keys: public keys that may sign a promotion.
    """

    def __init__(self, objects: ObjectReader, taxonomy: Taxonomy, keys: SignatureVerifier) -> None:
        self._objects = objects
        self._keys = keys
        self._bundles: OrderedDict[str, Bundle] = OrderedDict()
        self._verified: dict[SignedDecision, Promotion | None] = {}
        self.taxonomy = taxonomy

    async def history(self, connection: asyncpg.Connection) -> list[Promotion]:
        """Promotions that two persons signed and the engine did not refuse, newest first by the signed instant."""
        rows = await decisions.decisions_of(connection, ("promotion", REFUSED))
        refusals = verified((row for row in rows if row.kind == REFUSED), self._keys)
        refused = {refusal.fields["promotion_id"] for refusal in refusals}
        self._verified = {row: self._promotion(row) for row in rows if row.kind == "promotion"}
        promotions = [item for item in self._verified.values() if item and item.promotion_id not in refused]
        return sorted(promotions, key=lambda item: item.promoted_at, reverse=True)

    def _promotion(self, row: SignedDecision) -> Promotion | None:
        if row in self._verified:  # the same text under the same signature
            return self._verified[row]
        try:
            return promotion_of(row.record, key_id=row.signature_key_id, signature=row.signature, keys=self._keys)
        except ModelRefused:
            return None  # a row that nobody signed promotes nothing

    async def active(self, connection: asyncpg.Connection) -> Promotion | None:
        """The model in use: the newest of the history that this process has loaded, or that was taken into use.

        No state brings an earlier model back where a later one is loaded.
        """
        states = await store.states(connection)
        for promotion in await self.history(connection):
            if promotion.model_sha256 in self._bundles or states.get(promotion.model_sha256) == "active":
                return promotion
        return None

    async def promotion(self, connection: asyncpg.Connection, model_sha256: str) -> Promotion:
        """The newest promotion of these bytes.

        Raises:
            ModelRefused: nobody promoted them, or the engine refused them.
        """
        history = await self.history(connection)
        promotion = next((item for item in history if item.model_sha256 == model_sha256), None)
        if promotion is None:
            raise ModelRefused("no signed promotion of this model is kept")
        return promotion

    def record_context(self, model: Promotion) -> RecordContext:
        """What the records of this model's scores share."""
        return RecordContext(
            score_version=score_version(model.model_version),
            model_sha256=model.model_sha256,
            taxonomy_digest=self.taxonomy.digest,
            guardrail_digest=guardrail_digest(),
        )

    async def bundle(self, model: Promotion) -> Bundle:
        """The verified bundle of a promoted model; its signature is verified each time, its bytes when they are loaded.

        Raises:
            ModelRefused: it may not be loaded.
            Unavailable: the object store does not answer; nothing is decided.
        """
        verify_kept(model, self._keys)
        return await self.artifacts(model.model_sha256, model.artifact_uri)

    async def artifacts(self, model_sha256: str, artifact_uri: str) -> Bundle:
        """The bundle of this digest; the caller has verified who asks for it.

        Raises:
            ModelRefused: it may not be loaded.
            Unavailable: the object store does not answer.
        """
        bundle = self._bundles.get(model_sha256)
        if bundle is None:
            bundle = self._bundles[model_sha256] = await asyncio.to_thread(self._load, model_sha256, artifact_uri)
        self._bundles.move_to_end(model_sha256)
        while len(self._bundles) > KEPT_BUNDLES:
            self._bundles.popitem(last=False)
        return bundle

    def _load(self, model_sha256: str, artifact_uri: str) -> Bundle:
        try:
            return load_bundle(
                lambda name: self._objects.read(join(artifact_uri, name)),
                model_sha256,
                taxonomy_digest=self.taxonomy.digest,
                guardrail_digest=guardrail_digest(),
            )
        except NotFound as error:
            raise ModelRefused("an artifact of the model is missing") from error
