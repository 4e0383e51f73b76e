"""The trail is written while its index of lists is being built."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Patient
from accounts.operations import record_list
from clinic.lib.actor import Actor
from tests.factories import NOW

BEFORE = [("accounts", "0016_sign_ins_and_what_ends_them")]
WITH = [("accounts", "0017_audit_listed")]
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('audit_listed')"


def migrate(target: list[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(target)


def write() -> None:
    by = Actor.system("test")
    record_list(action="patients.listed", of=Patient, patient_ids=[uuid.uuid4()], by=by, now=NOW)


def answer(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_the_index_of_lists():
    migrate(BEFORE)
    assert answer(VALID) == []

    def build() -> None:
        migrate(WITH)
        connection.close()

    building = threading.Thread(target=build)
    try:
        with transaction.atomic():
            write()  # and is not over: whoever builds an index waits for it
            building.start()
            deadline = time.monotonic() + 60
            while answer(WAITING) == [(0,)] and time.monotonic() < deadline:
                time.sleep(0.02)
            other = threading.Thread(target=_write_at_once, args=(written := [],))
            other.start()
            other.join(60)
        building.join(60)
        assert written == [True]
        assert answer(VALID) == [(True,)]
    finally:
        building.join(60)
        migrate(WITH)


def _write_at_once(written: list[bool]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '500ms'")
    try:
        write()
        written.append(True)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_an_interrupted_build_left_behind_is_built_anew():
    migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX audit_listed ON accounts_auditevent (id)")
    migrate(WITH)
    assert "gin" in str(answer("SELECT indexdef FROM pg_indexes WHERE indexname = 'audit_listed'"))
    assert answer("SHOW lock_timeout") == [("3s",)]
