"""The verified bundles of the model in use and of the one before, held in memory: a rollback loads nothing."""

import asyncio
from collections import OrderedDict

from altscore_libs.errors import NotFound

from altscore_scoring.clients import ObjectReader, join
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.errors import ModelRefused
from altscore_scoring.model.bundle import Bundle, load_bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.promotions.domain import Promotion, SignatureVerifier, score_version, verify_kept
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
        self.taxonomy = taxonomy

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
