"""The stand-in for AWS, with what it does wrong about copies of keys put right: arguments are those of moto_server.

moto 5 lets a key and its copy share one description of their kinds, so that a primary key calls itself a copy, and
forgets the description and the policy that a copy was made with: a second plan would fail, or differ.
"""

import copy
import sys
from typing import Any

from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.server import main

_replicate_key = KmsBackend.replicate_key
_answer = KmsResponse.replicate_key


def replicate_key(self: Any, key_id: str, replica_region: str) -> Any:
    """A copy with a multi-Region configuration of its own."""
    replica = _replicate_key(self, key_id, replica_region)
    replica.multi_region_configuration = copy.deepcopy(replica.multi_region_configuration)
    return replica


def answer(self: Any) -> Any:
    """The answer to ReplicateKey, with the description and the policy of the request."""
    replicate = self.kms_backend.replicate_key

    def as_requested(key_id: str, replica_region: str) -> Any:
        replica = replicate(key_id, replica_region)
        replica.description = self._get_param("Description") or ""
        replica.policy = self._get_param("Policy") or replica.policy
        return replica

    self.kms_backend.replicate_key = as_requested
    try:
        return _answer(self)
    finally:
        del self.kms_backend.replicate_key


if __name__ == "__main__":
    KmsBackend.replicate_key = replicate_key
    KmsResponse.replicate_key = answer
    sys.exit(main())
