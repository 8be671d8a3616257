"""What follows every sync and never fails it: the report for `status`, a heartbeat, rotation when it is due."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from altscore_connector import connector_api, rotation
from altscore_connector.client import IngestionClient
from altscore_connector.connector_api import Heartbeat
from altscore_connector.errors import ConnectorError, DeliveryError
from altscore_connector.reports import Outcome, Report, connector_version, read_report, write_report
from altscore_connector.site import Site
from altscore_connector.state import State
from altscore_connector.summary import FAILED

_REFUSED = (401, 403)


class Maintenance:
    """Looks after a site between its syncs.

    Args:
        site: whose client is replaced after a rotation.
        state: whose queue is counted.
    """

    def __init__(self, site: Site, state: State) -> None:
        self._site, self._state = site, state

    def after_sync(self, outcome: Outcome) -> IngestionClient:
        """Never raises for what is only maintenance; returns the client to use next."""
        report = read_report(self._site.config.status_file)
        report.note(outcome, self._state.queue_length())
        event = "sync_failed" if outcome.exit_status == FAILED else "sync_done"
        self._site.log.write(
            event,
            status=outcome.exit_status,
            error=outcome.error or None,
            http_status=outcome.http_status,
            queued_batches=report.queued_batches,
            findings=outcome.findings,
            agrees_with_erp=outcome.agrees_with_erp,
        )
        self._beat(outcome, report)
        self._rotate()
        try:
            write_report(self._site.config.status_file, report)
        except OSError as error:
            self._site.log.write("report_failed", error=error.strerror)
        return self._site.client

    def _beat(self, outcome: Outcome, report: Report) -> None:
        document = heartbeat_document(self._site, outcome, report)
        try:
            heartbeat = self._accepted(document)
            self._remember(heartbeat)
        except (ConnectorError, OSError) as error:
            report.heartbeat_error = _text(error)
            self._site.log.write("heartbeat_failed", error=report.heartbeat_error)
            return
        report.heartbeat_error = ""
        report.server = {
            "server_time": heartbeat.server_time.isoformat(),
            "api_key_expires_at": _iso(heartbeat.api_key_expires_at),
            "certificate_expires_at": _iso(heartbeat.certificate_expires_at),
            "quarantined": heartbeat.quarantined,
        }
        self._site.log.write("heartbeat", quarantined=heartbeat.quarantined)

    def _accepted(self, document: dict[str, Any]) -> Heartbeat:
        """The answer to a heartbeat; after a refusal with the secrets before these, where a rotation left both."""
        try:
            heartbeat = connector_api.send_heartbeat(self._site.client, document)
        except DeliveryError as error:
            if error.status not in _REFUSED or not rotation.fall_back(self._site):
                raise
            heartbeat = connector_api.send_heartbeat(self._site.client, document)
        else:
            if rotation.is_newer_kept(self._site.secrets):
                heartbeat = self._accepted_with_newer(document) or heartbeat
        rotation.confirm(self._site)
        return heartbeat

    def _accepted_with_newer(self, document: dict[str, Any]) -> Heartbeat | None:
        """The answer to a heartbeat with the newer secrets that were set aside; None where they are refused still."""
        rotation.fall_back(self._site)
        try:
            return connector_api.send_heartbeat(self._site.client, document)
        except DeliveryError as error:
            if error.status not in _REFUSED:
                raise
            rotation.fall_back(self._site)
            return None

    def _remember(self, heartbeat: Heartbeat) -> None:
        expires_at = heartbeat.api_key_expires_at
        if expires_at is not None and expires_at != self._site.secrets.api_key_expires_at:
            self._site.keep(replace(self._site.secrets, api_key_expires_at=expires_at))

    def _rotate(self) -> None:
        for event, rotate in (("key_rotation", self._rotate_key), ("certificate_rotation", self._rotate_certificate)):
            try:
                if rotate():
                    self._site.log.write(event)
            except (ConnectorError, OSError) as error:
                self._site.log.write(f"{event}_failed", error=_text(error))

    def _rotate_key(self) -> bool:
        if not rotation.is_key_due(self._site.secrets):
            return False
        rotation.rotate_key(self._site)
        connector_api.ask(self._site.client)
        rotation.confirm(self._site)
        return True

    def _rotate_certificate(self) -> bool:
        if not rotation.is_certificate_due(self._site):
            return False
        rotation.rotate_certificate(self._site)
        return True


def heartbeat_document(site: Site, outcome: Outcome, report: Report) -> dict[str, Any]:
    """Body of a heartbeat."""
    return {
        "connector_version": connector_version(),
        "erp_type": site.config.erp_type,
        "source_ok": outcome.is_source_ok,
        "queued_batches": report.queued_batches,
        "last_success_at": report.last_success_at,
        "last_exit_status": outcome.exit_status,
        "findings": sum(outcome.findings.values()),
    }


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _text(error: ConnectorError | OSError) -> str:
    return (error.strerror or "a file cannot be used") if isinstance(error, OSError) else str(error)
