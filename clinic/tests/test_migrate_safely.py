"""Migrations beside a running site, and beside other migrations."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections

from accounts.models import Doctor
from clinic.lib.batches import in_batches
from clinic.management.commands import migrate_safely
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = {"verbosity": 0, "pause": 0, "lock_timeout": "50ms"}


@pytest.fixture
def other() -> Iterator[Any]:
    """Somebody else's connection."""
    found = connections.create_connection("default")
    yield found
    found.close()


def wanting(monkeypatch: pytest.MonkeyPatch, *, then: Any = None) -> list[int]:
    """In place of `migrate`: something that wants a table for itself."""
    tries: list[int] = []

    def migrate(*args: Any, **options: Any) -> None:
        tries.append(1)
        if then and len(tries) == 3:
            then()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_doctor ALTER COLUMN about DROP DEFAULT")

    monkeypatch.setattr(migrate_safely, "call_command", migrate)
    return tries


def hold_table(other: Any) -> None:
    other.set_autocommit(False)
    other.cursor().execute("LOCK TABLE accounts_doctor IN ACCESS SHARE MODE")


def test_nothing_to_do_is_done_at_once() -> None:
    said = io.StringIO()
    call_command("migrate_safely", stdout=said, json=True, **QUICK)
    assert said.getvalue() == '{"tries": 1}\n'


def test_a_table_in_use_is_tried_again_until_it_is_free(
    other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_table(other)
    tries = wanting(monkeypatch, then=other.rollback)

    call_command("migrate_safely", stderr=io.StringIO(), stdout=io.StringIO(), **QUICK)

    assert len(tries) == 3


def test_a_table_that_is_never_free_is_said(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_table(other)
    wanting(monkeypatch)

    with pytest.raises(CommandError, match="never free"):
        call_command("migrate_safely", stderr=io.StringIO(), tries=2, **QUICK)


def test_another_failure_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def fails(*args: Any, **options: Any) -> None:
        tries.append(1)
        raise OperationalError("something else")

    monkeypatch.setattr(migrate_safely, "call_command", fails)
    with pytest.raises(OperationalError, match="something else"):
        call_command("migrate_safely", **QUICK)
    assert tries == [1]


def test_two_do_not_migrate_at_once(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = wanting(monkeypatch)
    other.cursor().execute("SELECT pg_advisory_lock(%s)", [migrate_safely.LOCK])

    with pytest.raises(CommandError, match="Somebody else migrates"):
        call_command("migrate_safely", wait=0, **QUICK)
    assert tries == []
    other.close()  # also when it was killed
    call_command("migrate_safely", wait=20, stdout=io.StringIO(), **QUICK)
    assert tries == [1]


def test_batches_are_committed_one_by_one_and_go_on_where_they_were() -> None:
    clinic = factories.clinic()
    for _number in range(5):
        factories.doctor(clinic, about="old")
    sizes = []
    with pytest.raises(RuntimeError):
        for some in in_batches(Doctor.objects.filter(about="old"), size=2, pause=0):
            sizes.append(some.update(about="new"))
            if len(sizes) == 2:
                connection.cursor()
                raise RuntimeError
    assert sizes == [2, 2]
    assert Doctor.objects.filter(about="new").count() in (2, 4)

    for some in in_batches(Doctor.objects.filter(about="old"), size=2, pause=0):
        some.update(about="new")
    assert Doctor.objects.filter(about="new").count() == 5
