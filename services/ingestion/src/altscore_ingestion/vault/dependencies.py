"""What the vault's routes work with; created once in the wiring."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from altscore_ingestion.vault.identities.service import IdentityService
from altscore_ingestion.vault.phones.service import PhoneService


@dataclass(frozen=True)
class Services:
    """The use cases behind the vault's API."""

    identities: IdentityService
    phones: PhoneService


def services_of(request: Request) -> Services:
    """The services that the application was created with.

    Raises:
        TypeError: it was created without them, to be described only.
    """
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application has no services")
    return services


ServicesDep = Annotated[Services, Depends(services_of)]
