"""The stand-in for AWS, with what it forgets put right: arguments are those of moto_server.

moto 5 lets a key and its copy share one description of their kinds, so that a primary key calls itself a copy, and
forgets the description and the policy that a copy was made with, the days of a rotation, and that a bucket tells its
events to EventBridge: a second plan would fail, or differ.
"""

import copy
import json
import sys
from typing import Any

from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.s3.responses import S3Response
from moto.server import main

_replicate_key = KmsBackend.replicate_key
_answer = KmsResponse.replicate_key
_enable_rotation = KmsResponse.enable_key_rotation
_rotation_status = KmsResponse.get_key_rotation_status
_notification = S3Response.get_bucket_notification
EVENT_BRIDGE_ALONE = "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
_rotation_days: dict[str, int] = {}


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


def enable_rotation(self: Any) -> Any:
    """The answer to EnableKeyRotation; the days are kept."""
    _rotation_days[self._get_param("KeyId")] = self._get_param("RotationPeriodInDays") or 365
    return _enable_rotation(self)


def rotation_status(self: Any) -> Any:
    """The answer to GetKeyRotationStatus, with the days."""
    status = json.loads(_rotation_status(self))
    if status["KeyRotationEnabled"]:
        status["RotationPeriodInDays"] = _rotation_days[self._get_param("KeyId")]
    return json.dumps(status)


def notification(self: Any) -> Any:
    """The answer to GetBucketNotification, for a bucket that tells EventBridge alone."""
    settings = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if settings is None or settings.event_bridge is None:
        return _notification(self)
    return 200, {}, EVENT_BRIDGE_ALONE


if __name__ == "__main__":
    KmsResponse.enable_key_rotation = enable_rotation
    KmsResponse.get_key_rotation_status = rotation_status
    S3Response.get_bucket_notification = notification
    KmsBackend.replicate_key = replicate_key
    KmsResponse.replicate_key = answer
    sys.exit(main())
