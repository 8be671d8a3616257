"""A pytest plug-in: garbage is collected at the end of a module of tests, and what survives is not looked at again."""

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests are collected without a look for garbage: a fifth of the time goes by over objects that all stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        _keep()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """A worker keeps millions of objects (modules, models, caches); looking through all of them takes over a second.

    Such a pause in the middle of a test is a wait that nothing in the product has.
    """
    result = yield
    if nextitem is None or nextitem.path != item.path:
        _keep()
    return result


def _keep() -> None:
    """Collects garbage once; what is left is not looked at again."""
    gc.collect()
    gc.freeze()
