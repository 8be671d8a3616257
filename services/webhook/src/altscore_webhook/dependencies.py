"""What the endpoints work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from altscore_webhook.deliveries.service import DeliveryService


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the endpoints."""

    deliveries: DeliveryService


def _deliveries(request: Request) -> DeliveryService:
    services: Services = request.app.state.services
    return services.deliveries


Deliveries = Annotated[DeliveryService, Depends(_deliveries)]
