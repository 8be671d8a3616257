"""What the endpoints work with."""

from dataclasses import dataclass
from typing import Annotated

from altscore_libs.web import services_of
from fastapi import Depends, Request

from altscore_webhook.deliveries.service import DeliveryService


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the endpoints."""

    deliveries: DeliveryService


def _deliveries(request: Request) -> DeliveryService:
    return services_of(request, Services).deliveries


Deliveries = Annotated[DeliveryService, Depends(_deliveries)]
