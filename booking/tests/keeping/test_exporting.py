"""Everything of a person, whole, readable by a program, by nobody else, and on record."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Patient, Role
from accounts.operations import record_list
from booking.keeping import exporting, person_of
from booking.keeping.tables import TABLES
from booking.tests.keeping.life import CANARY, EMAIL, Life
from clinic.lib.actor import Actor
from documents import storage
from documents.tests.factories import BYTES
from tests import factories
from tests.factories import NOW, SYSTEM


@pytest.fixture
def life(db: None) -> Life:
    return Life()


def export(life: Life, out: Path) -> exporting.Exported:
    return exporting.export(patient=life.patient, out=out, by=SYSTEM, now=NOW)


def table(out: Path, label: str) -> list[dict[str, Any]]:
    told = json.loads((out / "tables" / f"{label}.json").read_text())
    assert (told["schema"], told["version"], told["table"]) == (
        "clinic-patient-export", 1, label,
    )  # fmt: skip
    return told["rows"]


def test_every_table_with_something_of_theirs_is_in_it(life: Life, tmp_path: Path) -> None:
    done = export(life, out := tmp_path / "zoe")
    person = person_of(Patient.objects.get(pk=life.patient.pk))
    for each in TABLES:
        if each.exported:
            rows = table(out, each.label)
            assert len(rows) == done.tables[each.label] == each.rows(person).count() > 0
            shown = {column.attname for column in exporting.columns(each)}
            assert set(rows[0]) == shown
    assert {row["id"] for row in table(out, "booking.appointment")} >= {str(life.done.pk)}
    assert table(out, "accounts.patient")[0]["name"] == f"Zoe {CANARY}"
    told = json.loads((out / "report.json").read_text())
    assert told["tables"] == done.tables
    schema = json.loads((out / "schema.json").read_text())
    assert schema["tables"]["accounts.user"]["withheld"]["password"]


def test_the_documents_are_there_as_they_are(life: Life, tmp_path: Path) -> None:
    done = export(life, out := tmp_path / "zoe")
    copy = out / "documents" / f"{life.document.pk}.pdf"
    assert copy.read_bytes() == BYTES
    assert (done.files, done.bytes, done.missing) == (1, len(BYTES), [])


def test_no_secret_is_in_it(life: Life, tmp_path: Path) -> None:
    export(life, out := tmp_path / "zoe")
    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file()).decode()
    life.user.refresh_from_db()
    assert life.user.password not in everything
    assert life.document.key not in everything
    assert '"secret"' not in everything  # of the second factor


def test_only_its_owner_can_read_it(life: Life, tmp_path: Path) -> None:
    export(life, tmp_path / "zoe")
    export(life, tmp_path / "zoe.zip")
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    with zipfile.ZipFile(tmp_path / "zoe.zip") as packed:
        assert packed.testzip() is None
        assert {"report.json", "schema.json", "who_looked.json"} <= set(packed.namelist())
        assert packed.read(f"documents/{life.document.pk}.pdf") == BYTES


def test_it_is_on_record_before_anything_is_read(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "_write_table", dead)
    with pytest.raises(KeyboardInterrupt):
        export(life, tmp_path / "zoe.zip")
    assert AuditEvent.objects.get(action="patient.exported").patient_id == life.patient.pk
    assert list(tmp_path.iterdir()) == []


def test_who_looked_is_in_it_and_nobody_else_who_was_on_the_list(
    life: Life, tmp_path: Path
) -> None:
    staff = factories.user(Role.STAFF, name="Stan Staff")
    record_list(
        action="patients.listed", of=Patient, patient_ids=[life.patient.pk, life.child.pk],
        by=Actor.of_user(staff), now=NOW,
    )  # fmt: skip
    export(life, out := tmp_path / "zoe")
    looks = json.loads((out / "who_looked.json").read_text())["rows"]
    assert "Stan Staff" in [look["name"] for look in looks if look["is_list"]]
    assert str(life.child.pk) not in (out / "who_looked.json").read_text()
    assert str(life.child.pk) not in (out / "tables" / "accounts.auditevent.json").read_text()


def test_an_object_that_is_gone_is_named_and_the_rest_is_there(life: Life, tmp_path: Path) -> None:
    storage.delete_all_versions(life.document.key)
    with pytest.raises(SystemExit):
        call_command("export_patient", str(life.patient.pk), "--out", str(tmp_path / "zoe"))
    told = json.loads((tmp_path / "zoe" / "report.json").read_text())
    assert told["missing"] == [str(life.document.pk)]
    assert not (tmp_path / "zoe" / "documents").exists()


def test_a_store_that_is_away_leaves_nothing_half(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(key: str, version: str) -> Any:
        raise storage.StorageAway("ConnectTimeout")

    monkeypatch.setattr(storage, "open_version", away)
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("export_patient", str(life.patient.pk), "--out", str(tmp_path / "zoe"))
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_did_and_for_whom(life: Life, tmp_path: Path) -> None:
    operator = factories.user(Role.OPERATOR, email="op@example.org")
    ask = ("export_patient", str(life.patient.pk), "--out", str(tmp_path / "zoe.zip"))
    out = io.StringIO()
    call_command(*ask, "--by", operator.email, stdout=out)
    assert "1 documents" in out.getvalue() and CANARY not in out.getvalue()
    assert AuditEvent.objects.get(action="patient.exported").user_id == operator.pk
    with pytest.raises(CommandError, match="something already"):
        call_command(*ask)
    with pytest.raises(CommandError, match="no login of staff"):
        call_command(*ask, "--by", EMAIL)
    with pytest.raises(CommandError, match="No patient"):
        call_command("export_patient", "nobody", "--out", str(tmp_path / "x"))
