"""The S3 server: TLS, encryption at rest, Object Lock on Bronze and audit, one user with a least policy per service."""

import json
import os
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider
from urllib3 import PoolManager

from altscore_local.files import Stamp, identity_of, secret, write_file
from altscore_local.layout import Layout
from altscore_local.process import Process, StackError
from altscore_local.toolchain import minio_program

REGION = "ap-south-1"
KEY_NAME = "altscore-lake"
LOCKED = ("altscore-bronze", "altscore-audit")
BUCKETS = (*LOCKED, "altscore-quarantine", "altscore-lake", "altscore-models")
LOCK_DAYS = 1
_READ, _WRITE, _DELETE = "s3:GetObject", "s3:PutObject", "s3:DeleteObject"
_MULTIPART = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_SEE_LOCK = ("s3:GetObjectRetention", "s3:GetObjectVersion")
# Read by an object's name alone: what was quarantined is asked for batch by batch.
UNLISTED = frozenset({"altscore-quarantine"})
# Reads Bronze in the versions that are signed, and must see where a newer one was written.
SEES_VERSIONS = frozenset({"pipeline"})
# user -> bucket, or bucket and folder -> actions on its objects. Reading includes listing the bucket, unless it is
# named above: who may not list is told "refused" where an object does not exist.
RIGHTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ingestion": {
        "altscore-bronze": (_READ, _WRITE, "s3:PutObjectRetention", *_SEE_LOCK, *_MULTIPART),
        "altscore-quarantine": (_READ, _WRITE, *_MULTIPART),
    },
    "pipeline": {
        "altscore-bronze": (_READ, *_SEE_LOCK),
        "altscore-lake": (_READ, _WRITE, _DELETE, *_MULTIPART),
    },
    # Features and signed models, read. Silver holds documents, and while a run lasts whose they are.
    "scoring": {"altscore-lake/gold": (_READ,), "altscore-models": (_READ,)},
    # `altscore_scoring register`, which a person runs.
    "training": {"altscore-models": (_READ, _WRITE, *_MULTIPART)},
    "audit": {"altscore-audit": (_READ, _WRITE, "s3:PutObjectRetention", *_SEE_LOCK, *_MULTIPART)},
    "audit-witness": {"altscore-audit": (_READ, "s3:GetObjectVersion")},
    "mlflow": {"altscore-models": (_READ,)},
}
_OF_BUCKET = ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")


def policy_of(user: str) -> dict[str, Any]:
    """The IAM policy of a user; what is not named is refused (no bypass of retention, no legal hold, no admin)."""
    statements = []
    for place, actions in RIGHTS[user].items():
        bucket, arn = place.partition("/")[0], f"arn:aws:s3:::{place.partition('/')[0]}"
        is_listed = _READ in actions and bucket not in UNLISTED
        bucket_actions = list(_OF_BUCKET) if is_listed else ["s3:GetBucketLocation"]
        if user in SEES_VERSIONS:
            bucket_actions.append("s3:ListBucketVersions")
        if "s3:GetObjectRetention" in actions:
            bucket_actions.append("s3:GetBucketObjectLockConfiguration")
        statements.append({"Effect": "Allow", "Action": sorted(bucket_actions), "Resource": [arn]})
        statements.append({"Effect": "Allow", "Action": sorted(actions), "Resource": [f"arn:aws:s3:::{place}/*"]})
    return {"Version": "2012-10-17", "Statement": statements}


class ObjectStore:
    """The S3 server of this clone."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.port = layout.port("s3")
        self.endpoint = f"https://{layout.address('s3')}"
        self.ca_file = layout.pki / "ca.pem"
        self._health_client: Any = None

    @property
    def root_access_key(self) -> str:
        """Name of the administrator."""
        return "altscore-root"

    @property
    def root_secret_key(self) -> str:
        """Password of the administrator."""
        return secret(self._layout, "s3-root")

    def credentials(self, user: str) -> tuple[str, str]:
        """Access key and secret key of a service's user."""
        return f"altscore-{user}", secret(self._layout, f"s3-{user}")

    def _kms_key(self) -> str:
        path = self._layout.secrets / "s3-kms-key"
        if not path.exists():
            write_file(path, b64encode(os.urandom(32)))
        return f"{KEY_NAME}:{path.read_text()}"

    def prepare(self) -> Process:
        """Lays out its certificate folder and says how to start it."""
        program = minio_program()
        if not program.exists():
            raise StackError("the S3 server is not built: run `make setup`")
        certificates, data = self.write_certificates(), self._layout.data / "s3"
        data.mkdir(parents=True, exist_ok=True)
        address = f"{self._layout.listen_host}:{self.port}"
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self._layout.run / "s3"), **self.environment()}
        argv = [str(program), "server", "--quiet", "--address", address, "--certs-dir", str(certificates), str(data)]
        return Process(
            name="s3", group="infra", argv=argv, env=env, port=self.port, ready=self.is_ready, cwd=certificates.parent
        )

    def write_certificates(self) -> Path:
        """Lays out the folder of certificates; returns it."""
        folder = self._layout.run / "s3" / "certs"
        write_file(folder / "public.crt", (self._layout.pki / "s3.fullchain.pem").read_bytes())
        write_file(folder / "private.key", (self._layout.pki / "s3.key").read_bytes())
        (folder / "CAs").mkdir(exist_ok=True)
        return folder

    def environment(self) -> dict[str, str]:
        """Its settings, as variables of the environment."""
        return {
            "MINIO_ROOT_USER": self.root_access_key,
            "MINIO_ROOT_PASSWORD": self.root_secret_key,
            "MINIO_KMS_SECRET_KEY": self._kms_key(),
            "MINIO_REGION": REGION,
            "MINIO_UPDATE": "off",
            "MINIO_CALLHOME_ENABLE": "off",
            "MINIO_BROWSER": "off",
            "GOMEMLIMIT": "256MiB",
            "MINIO_API_REQUESTS_MAX": "128",  # its buffers are sized by this; the default takes a share of all memory
        }

    def is_ready(self) -> bool:
        """Whether it takes buckets: its own health says yes before its users and buckets are read."""
        if self._health_client is None:  # making one costs more than asking
            self._health_client = self._client(connect_timeout=2, read_timeout=2, retries={"max_attempts": 0})
        try:
            self._health_client.list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def _client(self, **options: Any) -> Any:
        settings = {"s3": {"addressing_style": "path"}, "retries": {"max_attempts": 3}} | options
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.root_access_key,
            aws_secret_access_key=self.root_secret_key,
            verify=str(self.ca_file),
            config=Config(signature_version="s3v4", **settings),
        )

    def bootstrap(self) -> None:
        """Makes buckets, users and policies; skipped when done before for the same rules and data."""
        identity = identity_of(self._layout.data / "s3" / ".minio.sys" / "format.json")
        policies = {user: policy_of(user) for user in RIGHTS}
        secrets = [self.credentials(user)[1] for user in sorted(RIGHTS)]
        parts: list[bytes | str] = [identity, repr(BUCKETS), json.dumps(policies, sort_keys=True), *secrets]
        stamp = Stamp(self._layout.data / "s3.access.stamp", parts)
        if stamp.is_current():
            return
        client = self._client()
        for bucket in BUCKETS:
            _make_bucket(client, bucket)
        self._make_users(policies)
        stamp.set()

    def _make_users(self, policies: Mapping[str, dict[str, Any]]) -> None:
        admin = MinioAdmin(
            endpoint=self._layout.address("s3"),
            http_client=PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=str(self.ca_file), timeout=10.0),
            credentials=StaticProvider(self.root_access_key, self.root_secret_key),
            region=REGION,
            secure=True,
        )
        for user, policy in policies.items():
            access_key, secret_key = self.credentials(user)
            admin.policy_add(access_key, policy=policy)
            admin.user_add(access_key, secret_key)
            _attach(admin, access_key)


def _attach(admin: MinioAdmin, access_key: str) -> None:
    info = json.loads(admin.user_info(access_key))
    if info.get("policyName") != access_key:
        admin.attach_policy([access_key], user=access_key)


def _make_bucket(client: Any, bucket: str) -> None:
    is_locked = bucket in LOCKED
    try:
        client.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            **({"ObjectLockEnabledForBucket": True} if is_locked else {}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    if is_locked:
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": LOCK_DAYS}}
        client.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY_NAME}
    client.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]},
    )
