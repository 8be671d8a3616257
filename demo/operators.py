"""Who acts at admin: operators who signed in, or development tokens in a target without an identity provider."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import httpx

from demo.context import Demo
from demo.sign_in import PATIENCE_S, has_identity_provider, signed_in


class ActingOperator(Protocol):
    """Whoever can read and send orders at admin."""

    name: str

    def get(self, url: str) -> httpx.Response:
        """A reading."""
        ...

    def send(self, method: str, url: str, *, json: Any = None, timeout_s: float = PATIENCE_S) -> httpx.Response:
        """An action that needs no touch of a key."""
        ...

    def post(self, url: str, *, json: Any = None) -> httpx.Response:
        """A sensitive action, confirmed by the key where there is one."""
        ...


class DevelopmentOperator:
    """An operator with a development token, which confirms nothing.

    Args:
        name: of the token.
        client: of admin's API; sends the token.
    """

    def __init__(self, name: str, client: httpx.Client) -> None:
        self.name = name
        self._client = client

    def get(self, url: str) -> httpx.Response:
        """A reading."""
        return self._client.get(url)

    def send(self, method: str, url: str, *, json: Any = None, timeout_s: float = PATIENCE_S) -> httpx.Response:
        """An action."""
        return self._client.request(method, url, json=json, timeout=timeout_s)

    def post(self, url: str, *, json: Any = None) -> httpx.Response:
        """An action, sensitive or not."""
        return self._client.post(url, json=json)


@contextmanager
def acting(demo: Demo, **tokens: str) -> Iterator[list[ActingOperator]]:
    """Operators who are ready to act, in the order of the arguments.

    Args:
        demo: of this run.
        tokens: who signs in at the identity provider, and the development token that acts where there is none.
    """
    with ExitStack() as opened:
        if has_identity_provider(opened.enter_context(demo.http("admin"))):
            operators = signed_in(demo, list(tokens))
            for operator in operators:
                opened.callback(operator.close)
            yield [*operators]
        else:
            yield [
                DevelopmentOperator(token, opened.enter_context(demo.token_holder(token))) for token in tokens.values()
            ]
