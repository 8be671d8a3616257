"""Bodies of the endpoints for SSH keys."""

from typing import Annotated

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field


class SftpKeyIn(StrictModel):
    """A public key as a line of OpenSSH: Ed25519, ECDSA (NIST) or RSA of at least 3072 bits."""

    public_key: Annotated[str, Field(min_length=40, max_length=4_096)]


class SftpKeyOut(BaseModel):
    """Account and key of a distributor."""

    user: str
    fingerprint: str


class SftpKeysRevokedOut(BaseModel):
    """How many keys were accepted before and are refused from now on."""

    sftp_keys: int
