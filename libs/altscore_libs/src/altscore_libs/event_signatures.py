"""Signatures of events: a message carries in a header who sent it, signed with its producer's key.

The relay signs the root of a Merkle tree over each batch, and every message carries its path to that root, so a batch
costs one signature to make and one to verify, however many messages it has. The producer is whoever signed, never a
field of the event: the label of the key is `<producer>-events`.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from altscore_libs.merkle_tree import HASH_BYTES, inclusion_paths, leaf_hash, root_from_path, root_of
from altscore_libs.signer import COORDINATE_BYTES, NotAuthentic, PublicKeys, Signer

HEADER = "altscore-signature"
LABEL_SUFFIX = "-events"
LONGEST_PATH = 20
VERIFIED_ROOTS = 4_096
_VERSION = 1
_SIGNATURE_BYTES = 2 * COORDINATE_BYTES
_NUMBER_BYTES = 4
_EVENT, _BATCH = b"altscore.event.1\x00", b"altscore.event-batch.1\x00"


class SentMessage(NamedTuple):
    """What a signature covers: a message as the broker keeps it."""

    topic: str
    key: str
    value: bytes


class _Header(NamedTuple):
    key_id: str
    place: int
    size: int
    signature: bytes
    path: list[bytes]


async def sign_batch(signer: Signer, messages: Sequence[SentMessage]) -> list[bytes]:
    """The header of each message, in order, with one signature for all of them.

    Args:
        signer: whose key is labelled `<producer>-events`.
        messages: at most 2**20.

    Raises:
        Unavailable: the key store does not answer.
    """
    if not messages:
        return []
    leaves = [_leaf(message) for message in messages]
    signature = await signer.sign(_batch_digest(root_of(leaves), len(leaves)))
    key_id = signer.key_id.encode()
    return [
        bytes([_VERSION, len(key_id)])
        + key_id
        + index.to_bytes(_NUMBER_BYTES, "big")
        + len(leaves).to_bytes(_NUMBER_BYTES, "big")
        + signature
        + b"".join(path)
        for index, path in enumerate(inclusion_paths(leaves))
    ]


class EventVerifier:
    """Says who sent a message.

    Args:
        keys: that are trusted; a key taken out is refused once the folder was read again, but a batch verified before
            stays verified as long as its root is remembered.
    """

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._verified: OrderedDict[tuple[str, bytes, bytes], None] = OrderedDict()

    def producer_of(self, message: SentMessage, header: bytes | None) -> str:
        """The producer whose key signed the message.

        Raises:
            NotAuthentic: no signature, one of a key that is no producer's, or one that does not hold.
        """
        if header is None:
            raise NotAuthentic("not signed")
        parts = _read(header)
        producer, separator, _ = parts.key_id.rpartition(f"{LABEL_SUFFIX}-")
        if not separator or not producer or parts.key_id not in self._keys:
            raise NotAuthentic("signed with a key of another purpose, or an unknown one")
        try:
            root = root_from_path(_leaf(message), parts.path, index=parts.place, size=parts.size)
        except ValueError as error:
            raise NotAuthentic("the path leads nowhere") from error
        digest = _batch_digest(root, parts.size)
        if (parts.key_id, digest, parts.signature) not in self._verified:
            if not self._keys.verify(parts.key_id, digest, parts.signature):
                raise NotAuthentic("the signature does not hold")
            self._remember((parts.key_id, digest, parts.signature))
        return producer

    def _remember(self, verified: tuple[str, bytes, bytes]) -> None:
        self._verified[verified] = None
        if len(self._verified) > VERIFIED_ROOTS:
            self._verified.popitem(last=False)


def _leaf(message: SentMessage) -> bytes:
    """Lengths stand before the texts, so that no two messages give the same bytes."""
    texts = [message.topic.encode(), message.key.encode(errors="surrogatepass")]
    named = b"".join(len(text).to_bytes(_NUMBER_BYTES, "big") + text for text in texts)
    return leaf_hash(_EVENT + named + message.value)


def _batch_digest(root: bytes, size: int) -> bytes:
    return hashlib.sha256(_BATCH + size.to_bytes(_NUMBER_BYTES, "big") + root).digest()


def _read(header: bytes) -> _Header:
    """The parts of a header.

    Raises:
        NotAuthentic: it is no such header.
    """
    if len(header) < 2 or header[0] != _VERSION:  # version and length of the key's id
        raise NotAuthentic("no such signature")
    key_end = 2 + header[1]
    numbers_end = key_end + 2 * _NUMBER_BYTES
    path = header[numbers_end + _SIGNATURE_BYTES :]
    if len(header) < numbers_end + _SIGNATURE_BYTES or len(path) % HASH_BYTES or len(path) > LONGEST_PATH * HASH_BYTES:
        raise NotAuthentic("no such signature")
    try:
        key_id = header[2:key_end].decode()
    except UnicodeDecodeError as error:
        raise NotAuthentic("no such signature") from error
    return _Header(
        key_id=key_id,
        place=int.from_bytes(header[key_end : key_end + _NUMBER_BYTES], "big"),
        size=int.from_bytes(header[key_end + _NUMBER_BYTES : numbers_end], "big"),
        signature=header[numbers_end : numbers_end + _SIGNATURE_BYTES],
        path=[path[place : place + HASH_BYTES] for place in range(0, len(path), HASH_BYTES)],
    )
