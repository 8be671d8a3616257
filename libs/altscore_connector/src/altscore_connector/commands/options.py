"""What commands share."""

import argparse
import sys
from pathlib import Path

from altscore_connector.config import ConnectorConfig, load_config
from altscore_connector.errors import ConfigError
from altscore_connector.site import Site


def add_config(parser: argparse.ArgumentParser) -> None:
    """Declares --config."""
    parser.add_argument(
        "--config", type=Path, default=Path("connector.toml"), help="the configuration file (default: connector.toml)"
    )


def config_of(options: argparse.Namespace) -> ConnectorConfig:
    """The configuration of the site.

    Raises:
        ConfigError: as `load_config`.
    """
    return load_config(options.config)


def open_site(options: argparse.Namespace) -> Site:
    """The site of --config, with its secrets.

    Raises:
        ConfigError: as `load_config` and `Site`.
    """
    return Site(config_of(options), options.environment)


def say(line: str) -> None:
    """One line of output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def confirm(question: str, *, is_yes: bool) -> None:
    """Asks before something that takes long or is not undone.

    Raises:
        ConfigError: no, or nobody to ask.
    """
    if is_yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("nobody is here to answer; add --yes")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise ConfigError("nothing was changed")
