"""Everything that is kept of a person, as files that a program can read."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from accounts.looks import looks_at
from accounts.models import Patient
from accounts.operations import record_audit
from booking.keeping.parcel import Parcel, parcel
from booking.keeping.person import Person, person_of
from booking.keeping.register import Table
from booking.keeping.tables import TABLES
from clinic.lib.actor import Actor
from documents import operations as documents

SCHEMA = "clinic-patient-export"
VERSION = 1
ROWS_AT_ONCE = 500

# Shows how far a loop has come.
Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass
class Exported:
    """What was written: rows of each table, files, and the documents whose bytes are missing."""

    tables: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def export(
    *, patient: Patient, out: Path, by: Actor, now: dt.datetime, each: Progress = iter
) -> Exported:
    """Write all that is kept of `patient` into the directory or zip file `out`.

    That it was handed over is in the audit trail before the first byte is read. Rows are of one
    moment; the bytes of documents follow, checked against their SHA-256. Raises
    `parcel.AlreadyThere`, and `StorageTrouble` when the store does not answer (nothing is left
    then): a document whose object is gone is named in the report instead.
    """
    with parcel(out) as package:
        with transaction.atomic(durable=True):
            record_audit(action="patient.exported", subject=patient, by=by, now=now)
        done = Exported()
        person = person_of(patient, whole_login=True)
        with _one_moment():
            for table in each([table for table in TABLES if table.exported]):
                done.tables[table.label] = _write_table(package, table, person)
            done.looks = _write_looks(package, patient)
            files = documents.clean_files(patient.pk)
        for file in each(files):
            _write_file(package, file, done)
        _write_json(package, "schema.json", _schema())
        _write_json(package, "report.json", _report(person, done, now=now))
    return done


def _one_moment() -> Any:
    """A snapshot; within a caller's transaction that is the caller's."""
    block = transaction.atomic()
    if connection.in_atomic_block:
        return block

    class Snapshot:
        def __enter__(self) -> None:
            block.__enter__()
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

        def __exit__(self, *error: Any) -> None:
            block.__exit__(*error)

    return Snapshot()


def columns(table: Table) -> list[models.Field[Any, Any]]:
    """What an export shows of a table: every column but those that are withheld."""
    return [each for each in table.model._meta.concrete_fields if each.name not in table.withheld]


def _write_table(package: Parcel, table: Table, person: Person) -> int:
    names = [each.attname for each in columns(table)]
    rows = table.rows(person).order_by("pk").values(*names).iterator(chunk_size=ROWS_AT_ONCE)
    shown = (_without_others(row) if table.label == "accounts.auditevent" else row for row in rows)
    return _write_rows(package, f"tables/{table.label}.json", table.label, shown)


def _without_others(row: dict[str, Any]) -> dict[str, Any]:
    """A list that was read names everybody who was on it."""
    return row | {"data": {key: each for key, each in row["data"].items() if key != "patients"}}


def _write_looks(package: Parcel, patient: Patient) -> int:
    return _write_rows(package, "who_looked.json", "who looked", _looks(patient))


def _looks(patient: Patient) -> Iterator[dict[str, Any]]:
    before = None
    while page := looks_at(patient.pk, before=before, limit=ROWS_AT_ONCE, own=True):
        yield from map(asdict, page)
        before = page[-1].id


def _write_rows(package: Parcel, name: str, table: str, rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    head = json.dumps({"schema": SCHEMA, "version": VERSION, "table": table})
    with package.file(name) as file:
        file.write(head[:-1].encode() + b', "rows": [')
        for row in rows:
            text = json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
            file.write(b",\n" * bool(count) + text.encode())
            count += 1
        file.write(b"]}\n")
    return count


def _write_file(package: Parcel, file: documents.CleanFile, done: Exported) -> None:
    chunks = file.chunks()
    try:
        first = next(chunks, b"")
    except documents.StorageTrouble as error:
        if error.reason != "NotThere":
            raise
        done.missing.append(str(file.document_id))
        return
    digest, size = hashlib.sha256(), 0
    with package.file(f"documents/{file.name}") as copy:
        for chunk in chain([first], chunks):
            digest.update(chunk)
            size += copy.write(chunk)
    if digest.hexdigest() != file.sha256:
        done.missing.append(str(file.document_id))
    done.files += 1
    done.bytes += size


def _schema() -> dict[str, Any]:
    """Which columns each table has, which are not shown and why, and what is not exported."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "tables": {
            table.label: {
                "columns": {each.attname: each.get_internal_type() for each in columns(table)},
                "withheld": dict(table.withheld),
            }
            for table in TABLES
            if table.exported
        },
        "not_exported": {table.label: table.not_exported for table in TABLES if not table.exported},
    }


def _report(person: Person, done: Exported, *, now: dt.datetime) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "made_at": now.isoformat(),
        "patient": str(person.patient_id),
        "records_put_together": [str(each) for each in person.ids[1:]],
        **asdict(done),
    }


def _write_json(package: Parcel, name: str, what: dict[str, Any]) -> None:
    with package.file(name) as file:
        file.write(json.dumps(what, indent=2, ensure_ascii=False).encode() + b"\n")
