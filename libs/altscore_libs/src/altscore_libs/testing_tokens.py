"""SoftHSM2 tokens of tests: one folder per process, since its library reads its configuration as it is loaded."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pkcs11
import pytest
from pydantic import SecretStr

from altscore_libs.settings import SignerSettings

PIN = "1234"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")


class SoftTokens:
    """Tokens of this process.

    Args:
        folder: empty, for the tokens' files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "tokens"
        self.files.mkdir()
        self.module = next(Path(path) for path in MODULES if Path(path).exists())
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(f"directories.tokendir = {self.files}\nlog.level = ERROR\n", encoding="ascii")
        os.environ["SOFTHSM2_CONF"] = str(self.configuration)

    def make(self, label: str) -> SignerSettings:
        """A new token; processes that are started from now on see it too."""
        program = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN]
        subprocess.run(program, check=True, capture_output=True)
        self.load_anew()
        return SignerSettings(
            pkcs11_module=self.module, pkcs11_token=label, pkcs11_pin=SecretStr(PIN), public_keys_dir=self.folder
        )

    def load_anew(self) -> None:
        """Drops every session of this process, as a module does that starts again."""
        with suppress(pkcs11.PKCS11Error):  # it was not loaded yet, or lost its tokens
            pkcs11.lib(str(self.module)).finalize()

    @contextmanager
    def away(self) -> Iterator[None]:
        """While the block runs, the module has lost its tokens: their files are gone under it."""
        elsewhere = self.folder / "away"
        self.files.rename(elsewhere)
        try:
            yield
        finally:
            elsewhere.rename(self.files)


_TOKENS = pytest.StashKey[SoftTokens]()


@pytest.fixture(scope="session")
def soft_tokens(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> SoftTokens:
    """The tokens of this run, shared by all conftests that import this."""
    if _TOKENS not in pytestconfig.stash:
        pytestconfig.stash[_TOKENS] = SoftTokens(tmp_path_factory.mktemp("softhsm"))
    return pytestconfig.stash[_TOKENS]
