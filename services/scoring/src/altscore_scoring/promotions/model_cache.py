"""The verified bundle of the model in use, held in memory."""

import asyncio

from altscore_libs.errors import NotFound

from altscore_scoring.clients import ObjectReader, join
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.errors import ModelRefused
from altscore_scoring.model.bundle import Bundle, load_bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.promotions.domain import Promotion, score_version
from altscore_scoring.scores.signing import RecordContext


class ModelCache:
    """Loads promoted models and keeps the last one."""

    def __init__(self, objects: ObjectReader, taxonomy: Taxonomy) -> None:
        self._objects = objects
        self._bundle: Bundle | None = None
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
        """The verified bundle of a promoted model.

        Raises:
            ModelRefused: it may not be loaded.
            Unavailable: the object store does not answer; nothing is decided.
        """
        if self._bundle is None or self._bundle.model_sha256 != model.model_sha256:
            self._bundle = await asyncio.to_thread(self._load, model)
        return self._bundle

    def _load(self, model: Promotion) -> Bundle:
        try:
            return load_bundle(
                lambda name: self._objects.read(join(model.artifact_uri, name)),
                model.model_sha256,
                taxonomy_digest=self.taxonomy.digest,
                guardrail_digest=guardrail_digest(),
            )
        except NotFound as error:
            raise ModelRefused("an artifact of the model is missing") from error
