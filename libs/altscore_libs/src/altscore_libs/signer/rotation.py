"""A signing key follows another: `<label>.<n>` in the token, its public half beside those of before, then the process.

Whoever verifies reads a new key within two seconds, and old public keys stay; so the overlap is as long as anybody has
something that was signed before.
"""

import re
from collections.abc import Mapping

from altscore_libs.settings import SignerSettings
from altscore_libs.signer.pkcs11 import Pkcs11Signer, make_signing_key, open_signer, signing_keys
from altscore_libs.signer.public_keys import PublicKeys

_NUMBER = re.compile(r"\.([1-9][0-9]{0,3})")


class KeyUnusable(Exception):
    """No signing key is fit for use; the message holds labels only."""


def number_of(label: str, base: str) -> int:
    """1 for `base`, n for `base.<n>`, 0 for anything else."""
    if label == base:
        return 1
    match = _NUMBER.fullmatch(label.removeprefix(base))
    return int(match[1]) if label.startswith(base) and match else 0


def newest_published(keys: Mapping[str, str], base: str, published: PublicKeys) -> str:
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


async def open_newest_signer(settings: SignerSettings, base: str) -> Pkcs11Signer:
    """The newest key of the token whose public key is published; where none is, the first key.

    Raises:
        Unavailable: no such token or key.
    """
    try:
        keys = await signing_keys(settings, base)
        return await open_signer(settings, newest_published(keys, base, PublicKeys.load(settings.public_keys_dir)))
    except KeyUnusable:
        return await open_signer(settings, base)


async def rotate_signing_key(settings: SignerSettings, base: str) -> str:
    """Makes the next key in the token and publishes its public key; processes started from now on sign with it.

    Returns:
        The new label.

    Raises:
        KeyUnusable: another public key is published under that label.
        Unavailable: the token takes no new keys.
    """
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
