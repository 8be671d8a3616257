"""The command `sync`: once, or for ever with growing pauses while something is out of order."""

import json
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from altscore_connector.client import IngestionClient
from altscore_connector.config import ConnectorConfig
from altscore_connector.encryption import BodyCipher
from altscore_connector.errors import ConnectorError, DeliveryError
from altscore_connector.keystore import Secrets
from altscore_connector.messages import line_of
from altscore_connector.reports import Outcome
from altscore_connector.state import State
from altscore_connector.summary import DONE, FAILED, Summary
from altscore_connector.sync import sync_once

_FIRST_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 3_600.0
# A signal that comes in the instant between its check and the system call that waits is handled after that call only:
# a pause is many short waits, so that an end is never put off by a whole pause.
_LONGEST_WAIT_S = 0.5


@dataclass(frozen=True)
class Output:
    """Where results go: lines to the terminal, the summary to a file."""

    say: Callable[[str], None]
    summary_file: Path | None = None


def run_once(config: ConnectorConfig, client: IngestionClient, state: State, output: Output) -> Summary:
    """One sync with its lines.

    Raises:
        ConnectorError: reading or sending failed.
    """
    summary = sync_once(config, client, state=state, progress=output.say)
    for finding in summary.findings:
        output.say(line_of(finding))
    output.say(last_line(summary))
    if output.summary_file:
        _write(output.summary_file, summary)
    return summary


def last_line(summary: Summary) -> str:
    """The result of a sync in one line."""
    compared = {None: "not compared with the ERP", True: "agrees with the ERP", False: "DISAGREES with the ERP"}
    return (
        f"done: {summary.batches} batches, {summary.submitted} submitted = {summary.accepted} accepted + "
        f"{summary.quarantined} quarantined + {summary.duplicates} duplicate; {len(summary.findings)} findings, "
        f"{compared[summary.agrees_with_erp]}"
    )


def _write(path: Path, summary: Summary) -> None:
    try:
        path.write_text(json.dumps(summary.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConnectorError(f"the summary {path.name} cannot be written: {error.strerror}") from None


def open_state(config: ConnectorConfig, secrets: Secrets) -> State:
    """The memory of this site; queued batches are encrypted under the signing secret.

    Raises:
        StateError: as `State`.
    """
    return State(config.state_file, BodyCipher(secrets.queue_secret))


AfterSync = Callable[[Outcome], IngestionClient]


def run_for_ever(
    config: ConnectorConfig,
    client: IngestionClient,
    state: State,
    output: Output,
    *,
    sleep: Callable[[float], None] | None = None,
    after_sync: AfterSync | None = None,
) -> None:
    """Syncs every `interval_s`; a failure is logged and tried again after a pause that doubles up to an hour.

    SIGTERM ends it within half a second and without harm: what was acknowledged is remembered, what was queued is sent
    the next time. It raises SystemExit then.

    Args:
        config: of the site.
        client: the way to AltScore.
        state: the memory of the site.
        output: where lines go.
        sleep: how to pause; its own way, which SIGTERM ends, when it is left out.
        after_sync: called after every sync with its outcome, also after a failed one; returns the client to use next.
    """
    ending = _Ending()
    signal.signal(signal.SIGTERM, ending)
    pause = sleep or ending.pause
    failures = 0
    while True:
        try:
            outcome = Outcome.of(run_once(config, client, state, output))
        except (ConnectorError, OSError) as error:
            failures += 1
            pause_s, outcome = pause_after(failures), Outcome.of_error(error)
            _log(output, "sync_failed", status=FAILED, retry_in_s=round(pause_s), **_cause(error))
        else:
            failures, pause_s = 0, config.interval_s
            _log(output, "sync_done", status=outcome.exit_status, next_in_s=round(pause_s))
        if after_sync is not None:
            client = after_sync(outcome)
        pause(pause_s)


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row; jitter keeps many sites from returning in step."""
    exponent = min(failures - 1, 20)
    return float(min(_FIRST_PAUSE_S * 2**exponent, _LONGEST_PAUSE_S) * random.uniform(0.8, 1.2))


def _cause(error: ConnectorError | OSError) -> dict[str, Any]:
    # The text of a system error may hold a path with a person's name.
    text = (error.strerror or "") if isinstance(error, OSError) else str(error)
    cause: dict[str, Any] = {"kind": type(error).__name__, "error": text}
    if isinstance(error, DeliveryError):
        cause |= {"http_status": error.status, "code": error.code}
    return cause


def _log(output: Output, event: str, **values: Any) -> None:
    output.say(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **values}))


class _Ending:
    """SIGTERM's handler: ends the process where it stands, and in its next pause where the exception got lost.

    Python drops an exception that a handler raises while an object's finalizer runs.
    """

    def __init__(self) -> None:
        self._asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked = True
        raise SystemExit(DONE)

    def pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LONGEST_WAIT_S))
        if self._asked:
            raise SystemExit(DONE)
