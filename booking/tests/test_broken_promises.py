"""Each check reports a promise that is broken once its guard is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from booking.invariants import CHECKS
from booking.tests.breakers import BREAKERS
from booking.tests.lived import Lived


@pytest.fixture(scope="module")
def life(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Lived]:
    """Lived once: to live it again for each of a hundred breaks takes longer than to look at
    them. Each test is a savepoint within."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Lived()
        transaction.set_rollback(True)


@pytest.fixture
def lived(life: Lived, db: None) -> Lived:
    """For one test, which may change it."""
    return deepcopy(life)


@pytest.mark.parametrize(
    ("name", "break_it"), BREAKERS, ids=[f"{n}-{b.__name__.strip('_')}" for n, b in BREAKERS]
)
def test_what_breaks_a_promise_is_reported_with_its_rows(
    lived: Lived, name: str, break_it: Callable[[Lived], None]
) -> None:
    break_it(lived)

    found = next(check for check in CHECKS if check.name == name).run(None)

    assert found.status == "broken"
    assert found.broken >= 1
    assert found.rows
    json.dumps(found.facts())
