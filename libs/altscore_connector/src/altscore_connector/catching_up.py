"""Before anything is sent: whether AltScore accepted batches that this connector's memory does not know.

So it is after the state file was lost, was put back from a backup, or when another machine has sent meanwhile. Then
the newest statements are AltScore's: what it holds is taken over, and the sources are read as a whole.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from altscore_connector.accepted import Accepted, Place, accepted_row
from altscore_connector.client import Receipt
from altscore_connector.errors import DeliveryError, OtherInstallationError
from altscore_connector.records import Finding, Table
from altscore_connector.state import State
from altscore_connector.tally.memory import Memory

PlaceOf = Callable[[Table, str], Place]
_BEHIND_MARK = "behind"
_ELSEWHERE_MARK = "sent_elsewhere"


class Sender(Protocol):
    """What sends a batch; `IngestionClient` is the one of production."""

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:
        """Sends until the batch stands, or raises DeliveryError."""
        ...


class Service(Sender, Protocol):
    """What tells what was accepted besides."""

    def highest_sequence(self, distributor_id: str) -> int | None:
        """The greatest sequence number that was accepted; None where the service does not tell it."""
        ...

    def accepted_records(self) -> Iterator[Accepted]:
        """The newest statement of every record that was accepted."""
        ...


class Unasked:
    """Sends nothing: AltScore could not be asked what it accepted, so that numbers of batches might be old ones.

    Args:
        error: why it could not be asked; raised where something is to be sent.
    """

    def __init__(self, error: DeliveryError) -> None:
        self.error = error

    def send_batch(self, body: bytes, *, batch_id: str) -> Receipt:  # noqa: ARG002 - as `Sender`
        """Raises the error."""
        raise self.error


def note_sent_elsewhere(state: State) -> None:
    """Another installation sends: the numbers of its batches may be those of batches that are queued or known here.

    Raises:
        StateError: the memory cannot be written.
    """
    state.remember({_ELSEWHERE_MARK: "1"})


def catch_up(client: Service, state: State, place_of: PlaceOf, *, distributor_id: str) -> Sender:
    """Takes over what AltScore holds where its last batch is not known here, or another installation has sent.

    Args:
        client: the way to AltScore.
        state: the memory.
        place_of: as in `Source`.
        distributor_id: of the site.

    Returns:
        What to send with: the client, or `Unasked` where AltScore was silent or refused to answer.

    Raises:
        DeliveryError: the answer cannot be true, or another installation sends; nothing may be sent.
        StateError: the memory cannot be written.
    """
    try:
        highest = client.highest_sequence(distributor_id)
        if highest is not None and (state.mark(_ELSEWHERE_MARK) or not state.knows(highest)):
            # Whole or not at all: a memory with half of what was accepted would withdraw nothing of the rest.
            Memory.read_again(state)
            records = client.accepted_records()
            rows = (accepted_row(record, place_of(record.table, record.key)) for record in records)
            state.take_over(rows, sequence=highest, marks={_BEHIND_MARK: str(highest), _ELSEWHERE_MARK: ""})
    except OtherInstallationError:
        note_sent_elsewhere(state)
        raise
    except DeliveryError as error:
        if error.status == 200:
            raise
        return Unasked(error)
    return client


def findings_of(state: State) -> list[Finding]:
    """What is to be told until everything was read again."""
    return [Finding(kind="note", rule="memory_behind")] if state.mark(_BEHIND_MARK) else []


def finish(client: Sender, state: State) -> None:
    """Called when everything was read and sent.

    Raises:
        DeliveryError: AltScore could not be asked, so that it is not known whether anything is missing there.
    """
    if isinstance(client, Unasked):
        raise client.error
    if state.mark(_BEHIND_MARK):
        state.remember({_BEHIND_MARK: ""})
