from __future__ import annotations

from concurrent.futures import Future

import pytest

from notifications.delivery import lanes
from notifications.tests.delivery.provider import Provider, install


class Inline:
    """Makes each call at once, in the thread and the transaction of the test."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def submit(self, call, *args):
        future: Future = Future()
        try:
            future.set_result(call(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self) -> None:
        pass


@pytest.fixture
def inline(monkeypatch) -> None:
    monkeypatch.setattr(lanes, "ThreadPoolExecutor", Inline)


@pytest.fixture
def provider(inline) -> Provider:
    """One that is called in the test's own transaction, so that it may look at the rows."""
    return install(Provider())
