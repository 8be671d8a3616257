"""A reply of Tally until it is read: on disk, under a key that only this process knows.

Tally serves nobody else while it sends, so a reply is taken as fast as it comes and read afterwards.
"""

import secrets
import zlib
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from weakref import finalize

from altscore_connector.encryption import BodyCipher
from altscore_connector.errors import StateError

PART_BYTES = 1 << 17
_IN_MEMORY = 1 << 20
_LENGTH_BYTES = 4


class HeldReply:
    """The bytes of a reply, compressed and encrypted; small ones stay in memory.

    Args:
        parts: the bytes, as they come.

    Raises:
        StateError: the folder for temporary files cannot be written.
    """

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._cipher = BodyCipher(secrets.token_hex(32))
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it is closed with the reply
        finalize(self, self._file.close)
        for number, part in enumerate(parts):
            frame = self._cipher.encrypt(zlib.compress(part, level=1), context=str(number))
            try:
                self._file.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)
            except OSError as error:
                raise StateError(f"the folder for temporary files cannot be written: {error.strerror}") from None

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        number = 0
        while length := int.from_bytes(self._file.read(_LENGTH_BYTES), "big"):
            yield zlib.decompress(self._cipher.decrypt(self._file.read(length), context=str(number)))
            number += 1
