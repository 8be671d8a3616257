"""A throw-away PostgreSQL and a throw-away SoftHSM token, on which the vault runs as in production."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from altscore_libs.settings import SignerSettings
from altscore_local.toolchain import softhsm_module
from pydantic import SecretStr

_PIN = "bench-pin"


@contextmanager
def token() -> Iterator[SignerSettings]:
    """The vault's keys in SoftHSM, made as the local stack makes them."""
    with tempfile.TemporaryDirectory(prefix="altscore-bench-vault-") as name:
        folder = Path(name)
        (folder / "tokens").mkdir()
        (folder / "public").mkdir()
        text = f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        (folder / "softhsm.conf").write_text(text, encoding="utf-8")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm.conf")
        env = os.environ | {"ALTSCORE_TOKEN_PIN": _PIN, "ALTSCORE_TOKEN_SO_PIN": _PIN}
        command = [sys.executable, "-m", "altscore_local.softhsm", "vault", str(folder)]
        subprocess.run(command, check=True, env=env, timeout=60)
        yield SignerSettings.model_construct(
            pkcs11_module=softhsm_module(),
            pkcs11_token="vault",  # noqa: S106  # the label of a token
            pkcs11_pin=SecretStr(_PIN),
            public_keys_dir=folder / "public",
        )
