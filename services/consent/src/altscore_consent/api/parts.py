"""What the routes share: field types, the service's parts, and who called."""

from typing import Annotated

from altscore_libs.types import public_id
from altscore_libs.web import peer
from fastapi import Depends, Request
from pydantic import StringConstraints

from altscore_consent.authority import Authority
from altscore_consent.checks import Checks

LenderId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
DistributorId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ContactRef = Annotated[str, public_id("pcr")]
InviteId = Annotated[str, StringConstraints(pattern=r"^inv_[0-9a-f]{32}$")]
ConsentId = Annotated[str, StringConstraints(pattern=r"^cns_[0-9a-f]{32}$")]
Purpose = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
KeyedHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _authority(request: Request) -> Authority:
    found: Authority = request.app.state.authority
    return found


def _checks(request: Request) -> Checks:
    found: Checks = request.app.state.checks
    return found


def _caller(request: Request) -> str:
    return peer(request).service or "unknown"


TheAuthority = Annotated[Authority, Depends(_authority)]
TheChecks = Annotated[Checks, Depends(_checks)]
Caller = Annotated[str, Depends(_caller)]
