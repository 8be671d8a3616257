"""What the vault's routes work with; created once in the wiring."""

from dataclasses import dataclass
from typing import Annotated

from altscore_libs.web import peer, services_of
from fastapi import Depends, Request

from altscore_ingestion.vault.access.quotas import LookupQuotas
from altscore_ingestion.vault.access.service import RefusalAudit
from altscore_ingestion.vault.erasures.service import ErasureService
from altscore_ingestion.vault.exports.service import ExportService
from altscore_ingestion.vault.identities.service import IdentityService
from altscore_ingestion.vault.mergers.service import MergerService
from altscore_ingestion.vault.phones.service import PhoneService


@dataclass(frozen=True)
class Services:
    """The use cases behind the vault's API."""

    identities: IdentityService
    phones: PhoneService
    erasures: ErasureService
    exports: ExportService
    mergers: MergerService
    refusals: RefusalAudit
    quotas: LookupQuotas


def _services(request: Request) -> Services:
    return services_of(request, Services)


ServicesDep = Annotated[Services, Depends(_services)]


def _caller(request: Request) -> str:
    return peer(request).service or "none"


CallerDep = Annotated[str, Depends(_caller)]
"""The service that calls, by its certificate: who an audit entry names."""
