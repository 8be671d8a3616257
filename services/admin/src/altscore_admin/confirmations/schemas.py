"""Bodies of challenges for actions."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import StringConstraints

from altscore_admin.confirmations.domain import PATH_PATTERN, Action


class ActionIn(StrictModel):
    """What will be done, exactly: a confirmation holds for nothing else."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Annotated[str, StringConstraints(pattern=PATH_PATTERN)]
    body_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

    def action(self) -> Action:
        """As the service takes it."""
        return Action(self.method, self.path, self.body_sha256)
