"""Each rule: the migration that it refuses, and the same thing done so that nobody notices."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from clinic.lib.batches import in_batches
from deploy.gate import judging, known
from deploy.gate.schema import columns_of

pytestmark = pytest.mark.django_db

INDEX = models.Index(fields=["name"], name="a_name")
LONG = models.CheckConstraint(condition=~models.Q(name=""), name="a_long")
NUMBER = {"default": 0}


def all_at_once(apps: Any, editor: Any) -> None:
    apps.get_model("accounts", "Doctor").objects.update(about="")


def some_at_a_time(apps: Any, editor: Any) -> None:
    for some in in_batches(apps.get_model("accounts", "Doctor").objects.filter(about="x")):
        some.update(about="")


def add(name: str, field: models.Field[Any, Any]) -> migrations.AddField:
    return migrations.AddField("doctor", name, field)


def sql(text: str) -> migrations.RunSQL:
    return migrations.RunSQL(text)


def run(code: Any) -> migrations.RunPython:
    return migrations.RunPython(code)


def aside(operation: Any) -> migrations.SeparateDatabaseAndState:
    return migrations.SeparateDatabaseAndState(state_operations=[operation])


@pytest.fixture
def state() -> ProjectState:
    return MigrationLoader(connection).project_state()


def judged(state: ProjectState, *operations: Any, atomic: bool = True) -> set[str]:
    migration = migrations.Migration("a_test", "accounts")
    migration.operations, migration.atomic = list(operations), atomic
    return {finding.rule for finding in judging.judge(migration, state, columns_of(state))}


REFUSED = {
    "column-in-use": [
        (migrations.RemoveField("doctor", "about"), True),
        (migrations.RenameField("doctor", "about", "words"), True),
        (sql("ALTER TABLE accounts_doctor DROP COLUMN about"), True),
    ],
    "table-in-use": [
        (migrations.RenameModel("Care", "Caring"), True),
        (sql('DROP TABLE "accounts_care"'), True),
    ],
    "not-null-without-database-default": [(add("number", models.IntegerField(default=0)), True)],
    "data-in-one-transaction": [(run(some_at_a_time), True)],
    "data-without-batches": [(run(all_at_once), False)],
    "data-in-one-statement": [(sql("UPDATE accounts_doctor SET about = ''"), True)],
    "require-concurrent-index-creation": [(migrations.AddIndex("doctor", INDEX), True)],
    "constraint-missing-not-valid": [(migrations.AddConstraint("doctor", LONG), True)],
    "changing-column-type": [
        (migrations.AlterField("doctor", "slot_minutes", models.BigIntegerField()), True)
    ],
    "adding-not-nullable-field": [
        (sql("ALTER TABLE accounts_doctor ALTER COLUMN user_id SET NOT NULL"), True)
    ],
}
ALLOWED = {
    "a column goes from the models first": [aside(migrations.RemoveField("doctor", "about"))],
    "a column may be missing": [add("number", models.IntegerField(null=True))],
    "a column has its default in the database": [add("number", models.IntegerField(db_default=0))],
    "a new table is nobody's": [
        migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("new", "name", models.CharField(default="", max_length=9)),
        migrations.AddIndex("new", models.Index(fields=["name"], name="n_name")),
    ],
    "a constraint binds new rows first": [AddConstraintNotValid("doctor", LONG)],
}
ALONE = {
    "an index beside the writers": AddIndexConcurrently("doctor", INDEX),
    "rows some at a time": run(some_at_a_time),
}


@pytest.mark.parametrize(
    ("rule", "operation", "atomic"),
    [(rule, operation, atomic) for rule, some in REFUSED.items() for operation, atomic in some],
)
def test_refused(state: ProjectState, rule: str, operation: Any, atomic: bool) -> None:
    assert rule in judged(state, operation, atomic=atomic)


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(state: ProjectState, name: str) -> None:
    assert judged(state, *ALLOWED[name]) == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ALONE)
def test_allowed_in_a_migration_of_its_own(state: ProjectState, name: str) -> None:
    assert judged(state, ALONE[name], atomic=False) == set()


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_taken_back_as_a_whole_is_one_step(state: ProjectState) -> None:
    assert judged(state, *ALONE.values(), atomic=False) == {"one-step-when-not-atomic"}


def test_a_column_that_the_release_before_does_not_know_may_go(state: ProjectState) -> None:
    """The second release: its models lost it in the first."""
    aside(migrations.RemoveField("doctor", "about")).state_forwards("accounts", state)

    assert judged(state, sql("ALTER TABLE accounts_doctor DROP COLUMN about")) == set()


def test_a_constraint_is_proven_for_old_rows_in_a_later_migration(state: ProjectState) -> None:
    AddConstraintNotValid("doctor", LONG).state_forwards("accounts", state)

    assert judged(state, ValidateConstraint("doctor", "a_long")) == set()


def test_all_that_is_released_is_known_by_name() -> None:
    """A file whose migrations do not exist would judge nothing new."""
    assert known.released() <= judging.all_keys()
    assert ("accounts", "0010_audit_by_action") in known.released()


def test_what_is_accepted_has_a_reason(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "accepted.txt"
    listed.write_text("# a comment\nbooking.0099_x column-in-use: nobody has read it for a year\n")
    monkeypatch.setattr(known, "ACCEPTED", listed)
    assert list(known.accepted()) == [(("booking", "0099_x"), "column-in-use")]

    listed.write_text("booking.0099_x column-in-use:\n")
    with pytest.raises(ValueError, match="no reason"):
        known.accepted()
