"""A pytest plug-in: garbage is collected at the end of a module of tests, and what survives is not looked at again."""

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """A worker keeps millions of objects (modules, models, caches); looking through all of them takes over a second.

    Such a pause in the middle of a test is a wait that nothing in the product has.
    """
    result = yield
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()
    return result
