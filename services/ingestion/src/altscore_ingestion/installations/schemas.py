"""Bodies of the endpoints about installations."""

from dataclasses import asdict
from typing import Annotated, Any

from altscore_libs.errors import AltScoreError
from altscore_libs.openapi import error_responses, problem_schema
from altscore_libs.problem import PROBLEM_TYPE
from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, Field

from altscore_ingestion.errors import OtherInstallation
from altscore_ingestion.installations.domain import PATTERN, Installation

InstallationId = Annotated[str, Field(pattern=PATTERN)]


class InstallationOut(BaseModel):
    """The installation of the connector that sends for the distributor, and the last other one that was refused."""

    installation_id: str
    since: IsoInstant
    last_batch_at: IsoInstant | None
    refused_id: str | None
    refused_at: IsoInstant | None

    @classmethod
    def of(cls, installation: Installation) -> "InstallationOut":
        """As it is answered."""
        return cls(**asdict(installation))


INSTALLATION_SCHEMA: dict[str, Any] = {"anyOf": [InstallationOut.model_json_schema(), {"type": "null"}]}


def refused_installation(*others: type[AltScoreError]) -> dict[int | str, dict[str, Any]]:
    """The errors of a route that takes one installation alone: a refusal of another one says which one sends."""
    responses = error_responses(OtherInstallation, *others)
    schema = problem_schema(installation=INSTALLATION_SCHEMA)
    responses[OtherInstallation.status] |= {"content": {PROBLEM_TYPE: {"schema": schema}}}
    return responses


class CurrentInstallation(BaseModel):
    """`installation` is null before the first batch that names one."""

    installation: InstallationOut | None


class TakeOverIn(StrictModel):
    """`instead_of`: the installation that sends now, as the caller was told; null where none does."""

    instead_of: InstallationId | None
