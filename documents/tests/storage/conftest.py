"""Each test writes under random keys, so none needs an empty bucket."""

from __future__ import annotations

import pytest

from documents import storage


@pytest.fixture
def upload_key() -> str:
    return storage.new_key(storage.UPLOADS)


@pytest.fixture
def file_key() -> str:
    return storage.new_key(storage.FILES)
