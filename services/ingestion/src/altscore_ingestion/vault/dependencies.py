"""What the vault's routes work with; created once in the wiring."""

from dataclasses import dataclass
from typing import Annotated

from altscore_libs.web import services_of
from fastapi import Depends, Request

from altscore_ingestion.vault.identities.service import IdentityService
from altscore_ingestion.vault.phones.service import PhoneService


@dataclass(frozen=True)
class Services:
    """The use cases behind the vault's API."""

    identities: IdentityService
    phones: PhoneService


def _services(request: Request) -> Services:
    return services_of(request, Services)


ServicesDep = Annotated[Services, Depends(_services)]
