"""The witness of the audit chain as a process of the stack: a verifier that runs all the time, with a key of its own.

It has nothing of the audit service: a database role that may read and hand cosignatures over, a store user that may
read, and a folder with its key, its log and its memory. In production it runs where none of the service's people
administer.
"""

from pathlib import Path

from altscore_local.files import PUBLIC, digest_of, write_file
from altscore_local.layout import Layout
from altscore_local.object_store import REGION
from altscore_local.probes import answers
from altscore_local.process import SYSTEM_ENVIRONMENT, Process
from altscore_local.services import Stores

NAME = "audit-witness"
ROLE = "audit_verifier"
PACKAGE = "services/audit/verifier/src"


def process(stores: Stores) -> Process:
    """Says how to start it."""
    layout, port = stores.layout, stores.layout.port(NAME)
    program = [str(layout.venv_python), "-m", "altscore_audit_verifier.watch"]
    return Process(
        name=NAME,
        group="services",
        argv=[*program, *arguments(stores, layout.var / "witness")],
        env=SYSTEM_ENVIRONMENT | environment(stores),
        port=port,
        ready=lambda: answers(f"http://127.0.0.1:{port}/readyz"),
        cwd=layout.root,
        code=digest_of([layout.root / PACKAGE]),
    )


def publish_key(layout: Layout) -> None:
    """Puts the public key of the witness that has started on the list by which audit knows its signatures."""
    public_key = layout.var / "witness" / f"{NAME}.pem"
    write_file(layout.pki / "public" / public_key.name, public_key.read_bytes(), mode=PUBLIC)


def arguments(stores: Stores, folder: Path) -> list[str]:
    """Its command line.

    Args:
        stores: that it reads.
        folder: its own, of key, log and memory.
    """
    layout = stores.layout
    argv = ["--workers", "1", "--public-key", str(layout.pki / "public")]
    argv += ["--s3-endpoint", stores.s3.endpoint, "--s3-bucket", "altscore-audit", "--s3-region", REGION]
    argv += ["--s3-ca-file", str(stores.s3.ca_file), "--folder", str(folder)]
    return [*argv, "--listen-host", layout.listen_host, "--port", str(layout.port(NAME))]


def environment(stores: Stores) -> dict[str, str]:
    """Its two accounts."""
    access_key, secret_key = stores.s3.credentials(NAME)
    return {
        "ALTSCORE_AUDIT_VERIFY_DSN": stores.postgres.dsn(ROLE, "audit"),
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
    }
