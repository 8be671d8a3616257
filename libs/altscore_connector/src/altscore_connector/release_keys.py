"""Public keys whose signature makes a release acceptable, in minisign's form: the one that signs, and its successor.

Empty until operations pin the first ones (docs/runbooks/connector-releases.md): such a build refuses every update.
"""

RELEASE_KEYS: tuple[str, ...] = ()
