"""The keys that sign consent records: which one is used, and how a new one comes in."""

import re

from altscore_libs.signer import PublicKeys, make_signing_key, signing_keys

from altscore_consent.errors import KeyUnusable
from altscore_consent.settings import SigningSettings

_NUMBER = re.compile(r"\.([1-9][0-9]{0,3})")


def number_of(label: str, base: str) -> int:
    """1 for `base`, n for `base.<n>`, 0 for anything else."""
    if label == base:
        return 1
    match = _NUMBER.fullmatch(label.removeprefix(base))
    return int(match[1]) if label.startswith(base) and match else 0


def newest_published(keys: dict[str, str], base: str, published: PublicKeys) -> str:
    """The label that signs: the highest number whose public key is published.

    Args:
        keys: key ids of the token by label.
        base: label of the first key.
        published: what verifiers trust.

    Raises:
        KeyUnusable: none is published.
    """
    usable = [label for label, key_id in keys.items() if number_of(label, base) and key_id in published]
    if not usable:
        raise KeyUnusable(f"no key {base} of the token has its public key published")
    return max(usable, key=lambda label: number_of(label, base))


async def signing_label(settings: SigningSettings) -> str:
    """The label of the newest valid key of the token.

    Raises:
        KeyUnusable: none is published.
        Unavailable: no such token.
    """
    keys = await signing_keys(settings, settings.signer_key_label)
    return newest_published(keys, settings.signer_key_label, PublicKeys.load(settings.public_keys_dir))


async def rotate(settings: SigningSettings) -> str:
    """Makes the next key in the token and publishes its public key; processes started from now on sign with it.

    Returns:
        The new label.

    Raises:
        KeyUnusable: another public key is published under that label.
        Unavailable: the token takes no new keys.
    """
    base = settings.signer_key_label
    labels = await signing_keys(settings, base)
    label = f"{base}.{max((number_of(label, base) for label in labels), default=0) + 1}" if labels else base
    target = settings.public_keys_dir / f"{label}.pem"
    if target.exists():
        raise KeyUnusable(f"{target.name} is published already, for another key")
    pem = await make_signing_key(settings, label)
    fresh = target.with_suffix(".new")
    fresh.write_bytes(pem)
    fresh.chmod(0o644)
    fresh.rename(target)  # published whole, or not at all
    return label
