"""What the routes share: the service's use cases, who called, and the types of identifiers."""

from dataclasses import dataclass
from typing import Annotated

from altscore_libs.parked import ParkedList
from altscore_libs.types import public_id
from altscore_libs.web import peer, services_of
from fastapi import Depends, Request
from pydantic import StringConstraints

from altscore_consent.checks.service import CheckService
from altscore_consent.evidence.service import EvidenceService
from altscore_consent.exports.service import ExportService
from altscore_consent.grants.service import ConsentService
from altscore_consent.invites.service import InviteService

RetailerId = Annotated[str, public_id("ret", 16)]
LenderId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
DistributorId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ContactRef = Annotated[str, public_id("pcr")]
InviteId = Annotated[str, public_id("inv")]
ConsentId = Annotated[str, public_id("cns")]
Purpose = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
KeyedHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases that the routes call; built once, in main."""

    evidence: EvidenceService
    invites: InviteService
    consents: ConsentService
    checks: CheckService
    exports: ExportService
    parked: ParkedList


def _services(request: Request) -> Services:
    return services_of(request, Services)


def _caller(request: Request) -> str:
    return peer(request).service or "unknown"


TheServices = Annotated[Services, Depends(_services)]
Caller = Annotated[str, Depends(_caller)]
