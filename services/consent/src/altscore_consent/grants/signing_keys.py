"""The key that signs consent records: the newest one that is published, and none where none is."""

from altscore_libs.signer import PublicKeys, newest_published, signing_keys

from altscore_consent.settings import SigningSettings


async def signing_label(settings: SigningSettings) -> str:
    """The label of the newest valid key of the token.

    Raises:
        KeyUnusable: none is published.
        Unavailable: no such token.
    """
    keys = await signing_keys(settings, settings.signer_key_label)
    return newest_published(keys, settings.signer_key_label, PublicKeys.load(settings.public_keys_dir))
