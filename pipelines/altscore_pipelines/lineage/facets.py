"""What our events say beside OpenLineage's own facets; each names its JSON schema in this folder."""

import attr
from openlineage.client.event_v2 import set_producer
from openlineage.client.generated.base import OutputDatasetFacet, RunFacet

PRODUCER = "urn:altscore:pipelines"
set_producer(PRODUCER)


@attr.define
class LakeRunFacet(RunFacet):  # type: ignore[misc]  # OpenLineage is not in the type checker's environment
    """The run of the lake that an event belongs to."""

    lakeRunId: str  # noqa: N815  # OpenLineage's facets are in this spelling
    runKey: str  # noqa: N815
    traceId: str  # noqa: N815
    asOfOn: str  # noqa: N815
    consentVersion: int  # noqa: N815
    codeVersion: str  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return "urn:altscore:openlineage:LakeRunFacet:1"


@attr.define
class Batch:
    """A batch of Bronze by its manifest."""

    batchId: str  # noqa: N815
    manifestSha256: str  # noqa: N815


@attr.define
class BronzeRunFacet(RunFacet):  # type: ignore[misc]  # as above
    """Which batches a run read, and how many it set aside."""

    batches: list[Batch]
    setAside: int  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return "urn:altscore:openlineage:BronzeRunFacet:1"


@attr.define
class ManifestOutputDatasetFacet(OutputDatasetFacet):  # type: ignore[misc]  # as above
    """Digest of the manifest that lists the files of a dataset, and theirs."""

    manifestSha256: str  # noqa: N815
    fileSha256: list[str]  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return "urn:altscore:openlineage:ManifestOutputDatasetFacet:1"
