"""Looks every five minutes for phones that no retailer is linked to."""

from altscore_libs.periodic import PeriodicWorker

from altscore_webhook.links.service import LinkService

INTERVAL_S = 300.0


def link_worker(links: LinkService) -> PeriodicWorker:
    """Links and deletes."""
    return PeriodicWorker("links", links.link_some, interval_s=INTERVAL_S)
