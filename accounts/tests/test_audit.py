"""The audit trail: INSERT only, sealed link by link."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction

from accounts.models import AuditEvent, AuditSeal, Patient
from accounts.operations import record_audit, seal_audit
from accounts.queries import verify_audit
from clinic.lib.actor import Actor

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
SYSTEM = Actor.system("test")


def write(count: int = 1, *, action: str = "patient.created") -> None:
    for _each in range(count):
        record_audit(action=action, subject=Patient(), by=SYSTEM, now=NOW)


def run(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


ATTACKS = [
    "UPDATE accounts_auditevent SET action = 'nothing'",
    "DELETE FROM accounts_auditevent",
    "TRUNCATE accounts_auditevent",
    "UPDATE accounts_auditseal SET digest = 'x'",
    "DELETE FROM accounts_auditseal",
    "TRUNCATE accounts_auditseal",
]


@pytest.fixture
def a_row_and_a_seal(db):
    write()
    AuditSeal.objects.create(sealed_at=NOW, event_ids=[[1, 1]], rows=1, previous="", digest="d")


@pytest.mark.parametrize("attack", ATTACKS)
def test_without_the_triggers_the_trail_can_be_changed(a_row_and_a_seal, attack):
    table = attack.removeprefix("UPDATE ").removeprefix("DELETE FROM ").removeprefix("TRUNCATE ")
    run(f"ALTER TABLE {table.split()[0]} DISABLE TRIGGER USER")
    run(attack)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_triggers_refuse_every_change(a_row_and_a_seal, attack):
    with pytest.raises(DatabaseError, match="takes INSERT only"):
        run(attack)
    assert AuditEvent.objects.get().action == "patient.created"


@pytest.mark.django_db
def test_a_line_is_one_statement_and_names_its_cause(django_assert_num_queries):
    import structlog

    structlog.contextvars.bind_contextvars(request_id="abc")
    patient = Patient.objects.create(name="Maria")
    by = Actor(kind="user", user_id=str(patient.pk), address="192.0.2.1")
    with django_assert_num_queries(1):
        record_audit(action="patient.viewed", subject=patient, by=by, now=NOW, data={"n": 1})
    row = AuditEvent.objects.get()
    assert (row.subject_type, row.subject_id) == ("accounts.patient", str(patient.pk))
    assert (row.patient_id, row.request_id, row.address) == (patient.pk, "abc", "192.0.2.1")


@pytest.mark.django_db(transaction=True)
class TestSeals:
    def test_every_row_is_sealed_once(self):
        write(5)
        assert seal_audit(now=NOW) == 5
        assert seal_audit(now=NOW) == 0
        write(2)
        assert seal_audit(now=NOW) == 2
        assert sum(AuditSeal.objects.values_list("rows", flat=True)) == 7
        assert verify_audit() == []

    def test_long_trails_take_several_links(self, monkeypatch):
        monkeypatch.setattr("accounts.operations.audit.ROWS_PER_SEAL", 3)
        write(8)
        assert seal_audit(now=NOW) == 8
        assert AuditSeal.objects.count() == 3
        assert verify_audit() == []

    def test_a_changed_row_breaks_its_seal(self):
        write(3)
        seal_audit(now=NOW)
        tamper("UPDATE accounts_auditevent SET action = 'x' WHERE id = %s", newest_id())
        assert verify_audit() == [f"A row of seal {AuditSeal.objects.get().id} was changed."]

    def test_a_removed_row_breaks_its_seal(self):
        write(3)
        seal_audit(now=NOW)
        tamper("DELETE FROM accounts_auditevent WHERE id = %s", newest_id())
        assert "covers 3 rows, but 2 are there" in verify_audit()[0]

    def test_a_removed_seal_breaks_the_chain(self):
        for _link in range(3):
            write()
            seal_audit(now=NOW)
        tamper("DELETE FROM accounts_auditseal WHERE id = %s", AuditSeal.objects.all()[1].id)
        assert "does not follow the one before it" in verify_audit()[0]

    def test_a_row_that_commits_later_with_a_lower_id_is_not_skipped(self):
        with in_another_session() as late:
            late.write()  # draws the lower id, and stays open
            write(2)
            assert seal_audit(now=NOW) == 0, "nothing newer than a running transaction is final"
            late.commit()
        assert seal_audit(now=NOW) == 3
        assert verify_audit() == []

    def test_a_row_that_appears_below_sealed_ids_is_found(self):
        first = newest_id() + 1
        run("SELECT nextval('accounts_auditevent_id_seq')")
        write(2)
        assert seal_audit(now=NOW) == 2
        late(first)
        assert seal_audit(now=NOW + dt.timedelta(minutes=1)) == 1
        assert verify_audit() == []

    def test_one_that_is_later_still_is_found_the_next_day(self):
        first = newest_id() + 1
        run("SELECT nextval('accounts_auditevent_id_seq')")
        write()
        seal_audit(now=NOW)
        write()
        seal_audit(now=NOW + dt.timedelta(hours=3))
        late(first)
        assert seal_audit(now=NOW + dt.timedelta(hours=6)) == 0
        assert seal_audit(now=NOW + dt.timedelta(days=1)) == 1
        assert verify_audit() == []

    def test_a_late_row_every_minute_for_hours_is_sealed_once_like_all_others(self):
        """Its id lies far below those it is sealed with, as when a transaction spans a run."""
        first, last = newest_id() + 1, 0
        for minute in range(4 * 60):
            write(4)
            run("SELECT nextval('accounts_auditevent_id_seq')")
            drawn = newest_sequence()
            write(1)
            if last:
                late(last)
            last = drawn
            seal_audit(now=NOW - dt.timedelta(hours=2) + dt.timedelta(minutes=minute))
        assert sum(AuditSeal.objects.values_list("rows", flat=True)) == AuditEvent.objects.count()
        assert AuditEvent.objects.count() == 4 * 60 * 6 - 1
        assert AuditSeal.objects.earliest("id").first_id == first
        assert verify_audit() == []

    def test_a_seal_that_holds_a_late_row_among_new_ones_is_remembered_by_its_newest(self):
        first = newest_id() + 1
        run("SELECT nextval('accounts_auditevent_id_seq')")
        write(3)
        seal_audit(now=NOW)
        late(first)
        write(2)
        assert seal_audit(now=NOW + dt.timedelta(minutes=1)) == 3
        write(1)
        assert seal_audit(now=NOW + dt.timedelta(minutes=90)) == 1
        assert seal_audit(now=NOW + dt.timedelta(minutes=91)) == 0

    def test_a_row_in_two_seals_is_found(self):
        write(3)
        seal_audit(now=NOW)
        twice, previous = newest_id(), AuditSeal.objects.get().digest
        tamper(
            "INSERT INTO accounts_auditseal (sealed_at, event_ids, rows, previous, digest)"
            f" VALUES (now(), '[[{twice}, {twice}]]', 1, %s, 'x')",
            previous,
        )
        assert f"Row {twice} of seal {AuditSeal.objects.latest('id').id} is in another too." in (
            verify_audit()
        )

    def test_undone_rows_leave_gaps_that_disturb_nothing(self):
        write()
        with transaction.atomic():
            write()
            transaction.set_rollback(True)
        write()
        assert seal_audit(now=NOW) == 2
        assert len(AuditSeal.objects.get().event_ids) == 2
        assert verify_audit() == []

    def test_two_workers_do_not_seal_the_same_row(self):
        write(50)
        done: list[int] = []

        def work() -> None:
            done.append(seal_audit(now=NOW))
            connections.close_all()

        threads = [threading.Thread(target=work) for _each in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(done) == 50
        assert verify_audit() == []


def newest_id() -> int:
    row = AuditEvent.objects.order_by("-id").first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value, is_called FROM accounts_auditevent_id_seq")
        value, called = cursor.fetchone()
    return row.id if row else value if called else value - 1


def newest_sequence() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM accounts_auditevent_id_seq")
        return cursor.fetchone()[0]


def late(id: int) -> None:
    AuditEvent.objects.create(id=id, at=NOW, action="late", actor="system:test")


def tamper(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)


class in_another_session:
    """A second connection with a transaction of its own."""

    def __enter__(self):
        self.connection = connection.copy()
        self.connection.set_autocommit(False)
        return self

    def write(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_auditevent (at, action, actor, subject_type, subject_id,"
                " address, request_id, data) VALUES (now(), 'late', 'user', 'x', '1', '', '', '{}')"
            )

    def commit(self) -> None:
        self.connection.commit()

    def __exit__(self, *details):
        self.connection.close()
