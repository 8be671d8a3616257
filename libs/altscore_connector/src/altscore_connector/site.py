"""What one connector has open: configuration, secrets, the way to AltScore, the log."""

import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from altscore_connector.certificates import finish_swap
from altscore_connector.client import IngestionClient, client_context
from altscore_connector.config import ConnectorConfig, IngestionConfig
from altscore_connector.errors import ConfigError
from altscore_connector.installation_id import installation_id
from altscore_connector.keystore import Secrets, read_keystore, write_keystore
from altscore_connector.log import SiteLog
from altscore_connector.passphrases import passphrase_of


class Site:
    """A site with its secrets in memory.

    Args:
        config: of the site.
        environment: variables of the process.
        sleep: how the client waits.

    Raises:
        ConfigError: keystore, passphrase, authority, certificate, key or the installation's seed cannot be used.
    """

    def __init__(
        self, config: ConnectorConfig, environment: Mapping[str, str], *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.config, self._sleep = config, sleep
        self._passphrase = passphrase_of(config.keystore_file, config.passphrase_file, environment)
        self.secrets = read_keystore(config.keystore_file, self._passphrase)
        finish_swap(config.ingestion)
        self._installation_id = installation_id(config.keystore_file)
        self.client = self.connect()
        self.log = SiteLog(config.log_file)

    def __enter__(self) -> "Site":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.__exit__(kind, error, trace)
        self.log.close()

    def connect(self, ingestion: IngestionConfig | None = None) -> IngestionClient:
        """A new client with the present secrets.

        Args:
            ingestion: another certificate than the site's.

        Raises:
            ConfigError: authority, certificate or key cannot be used.
        """
        config = ingestion or self.config.ingestion
        return IngestionClient(
            config.url,
            self.secrets,
            self.config.erp_type,
            context=usable_context(config),
            max_wait_s=config.max_wait_s,
            sleep=self._sleep,
            proxy=config.proxy,
            installation_id=self._installation_id,
        )

    def reconnect(self) -> None:
        """Replaces the client, after key or certificate changed."""
        fresh = self.connect()
        self.client.__exit__(None, None, None)
        self.client = fresh

    def keep(self, secrets: Secrets) -> None:
        """Writes secrets durably, and only then uses them.

        Raises:
            OSError: the keystore cannot be written; the old secrets stay in use.
        """
        write_keystore(self.config.keystore_file, self._passphrase, secrets)
        self.secrets = secrets
        self.reconnect()


def usable_context(config: IngestionConfig) -> ssl.SSLContext:
    """TLS of a site, or which of the three files is at fault.

    Raises:
        ConfigError: it is named.
    """
    for name, path in (("ca_file", config.ca_file), ("certificate_file", config.certificate_file)):
        _readable(name, path)
    _readable("key_file", config.key_file)
    try:
        return client_context(config)
    except ssl.SSLError as error:
        fits = "KEY_VALUES_MISMATCH" in str(error)
        sentence = "certificate_file and key_file do not belong together" if fits else "a file is no PEM"
        raise ConfigError(f"ingestion: {sentence} (CA, certificate or key)") from None
    except OSError:
        raise ConfigError("ingestion: CA, certificate or key cannot be used") from None


def _readable(name: str, path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise ConfigError(f"ingestion.{name} cannot be read: {error.strerror}") from None
