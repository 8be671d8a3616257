"""HTTP of the ingestion service: the connectors' door and admin's part."""

from altscore_ingestion.api.app import Services, create_ingestion_app

__all__ = ["Services", "create_ingestion_app"]
