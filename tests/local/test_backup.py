"""A backup holds everything, says when it is damaged, and is put back whole or not at all."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from accounts.models import Clinic
from clinic.lib import s3
from deploy.local import archive, database_copy
from deploy.local.errors import LocalError
from documents import storage
from documents.models import Document
from documents.storage.bucket.policy import statements
from documents.tests.factories import BYTES, stored_document
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: object) -> dict[str, object]:
    output = StringIO()
    call_command(*map(str, arguments), "--json", stdout=output)
    return json.loads(output.getvalue())


def objects() -> dict[str, bytes]:
    return {item.key: item.get()["Body"].read() for item in default_storage.bucket.objects.all()}


@pytest.fixture(autouse=True)
def empty_storage() -> None:
    default_storage.bucket.objects.all().delete()


@pytest.fixture
def clinic() -> Clinic:
    default_storage.save("photos/one.txt", ContentFile(b"a photo"))
    return Clinic.objects.create(name="Riverside", time_zone="Europe/London")


def test_what_was_lost_comes_back(clinic: Clinic, tmp_path: Path) -> None:
    made = run("backup", tmp_path)
    file = Path(str(made["file"]))
    assert file.stat().st_mode & 0o077 == 0
    assert made["objects"] == 1

    Clinic.objects.all().delete()
    default_storage.delete("photos/one.txt")
    restored = run("restore", file)

    assert restored["rows"] == made["rows"]
    assert restored["migrations_to_apply"] == 0
    assert Clinic.objects.get() == clinic
    assert objects() == {"photos/one.txt": b"a photo"}


def test_documents_find_their_checked_bytes_though_the_store_numbers_them_anew(
    world: factories.World, tmp_path: Path
) -> None:
    made = stored_document(world.patient)
    storage.put_bytes(made.key, b"written later, checked by nobody", "application/pdf")
    file = run("backup", tmp_path)["file"]
    for key in (made.key, made.upload_key, made.pages.get().key):
        storage.delete_all_versions(key)

    run("restore", file, "--replace")

    again = Document.objects.get()
    assert again.version != made.version
    assert b"".join(storage.open_version(again.key, again.version)) == BYTES
    page = again.pages.get()
    assert b"".join(storage.open_version(page.key, page.version)) == b"picture"


def test_a_policy_that_wants_encryption_named_takes_what_is_put_back(
    clinic: Clinic, tmp_path: Path
) -> None:
    file = run("backup", tmp_path)["file"]
    client, bucket = default_storage.connection.meta.client, default_storage.bucket_name
    wanted = statements(bucket, encryption=s3.encryption(""), over_tls=False)
    policy = {"Version": "2012-10-17", "Statement": list(wanted.values())}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    try:
        run("restore", file, "--replace")
    finally:
        client.delete_bucket_policy(Bucket=bucket)
    assert objects() == {"photos/one.txt": b"a photo"}


def test_it_replaces_data_only_when_told_to(clinic: Clinic, tmp_path: Path) -> None:
    file = run("backup", tmp_path)["file"]
    Clinic.objects.update(name="Renamed")
    default_storage.save("photos/two.txt", ContentFile(b"another"))

    with pytest.raises(CommandError, match=r"not empty .*--replace"):
        run("restore", file)
    assert Clinic.objects.get().name == "Renamed"

    run("restore", file, "--replace")
    assert Clinic.objects.get().name == "Riverside"
    assert objects() == {"photos/one.txt": b"a photo"}


def test_after_a_restore_the_guards_still_stand(clinic: Clinic, tmp_path: Path) -> None:
    run("restore", run("backup", tmp_path)["file"], "--replace")
    run("restore", run("backup", tmp_path)["file"], "--replace")  # a restored one can be saved too
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
        assert cursor.fetchone()[0] > 0
        with pytest.raises(DatabaseError):
            cursor.execute("TRUNCATE accounts_auditevent")


def test_a_failing_restore_changes_nothing(clinic: Clinic, tmp_path: Path) -> None:
    owner = database_copy.local_owner(Path("/none"), connection.settings_dict)
    with database_copy.snapshot(owner) as (_, name):
        dump = tmp_path / "database.sql"
        database_copy.dump(owner, name, dump)
    with pytest.raises(LocalError, match=r"table accounts_clinic has 1 rows and not 2"):
        database_copy.restore(owner, dump, {"accounts_clinic": 2})
    assert Clinic.objects.get() == clinic


def test_a_damaged_or_shortened_file_is_refused(clinic: Clinic, tmp_path: Path) -> None:
    file = Path(str(run("backup", tmp_path)["file"]))
    Clinic.objects.update(name="Renamed")
    content = gzip.decompress(file.read_bytes())

    file.write_bytes(gzip.compress(content.replace(b"Riverside", b"Lakeside!")))
    with pytest.raises(CommandError, match=r"is damaged: database.sql does not match"):
        run("restore", file, "--replace")

    for damaged in (gzip.compress(content[: len(content) // 2]), gzip.compress(content)[:-2000]):
        file.write_bytes(damaged)
        with pytest.raises(CommandError, match=r"cannot be read as a backup|cut short"):
            run("restore", file, "--replace")
    assert Clinic.objects.get().name == "Renamed"


def test_a_backup_of_newer_code_is_refused(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(str(run("backup", tmp_path)["file"]))
    manifest = archive.verify(file)
    manifest["migrations"].append("booking.9999_later")
    monkeypatch.setattr(archive, "verify", lambda _: manifest)
    with pytest.raises(CommandError, match=r"newer than the code: it has migration booking\.9999"):
        run("restore", file, "--replace")


@pytest.mark.parametrize("owner", ["", "postgres://someone@10.0.0.1:5432/clinic"])
def test_a_given_database_is_not_ours_to_save(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, owner: str
) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", owner)
    settings.BASE_DIR = tmp_path
    for command in (["backup", tmp_path], ["restore", tmp_path / "any.tar.gz"]):
        with pytest.raises(CommandError, match="for the embedded database"):
            run(*command)


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        run("restore", tmp_path / "none.tar.gz")
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam")
    with pytest.raises(CommandError, match="cannot be read as a backup"):
        run("restore", tmp_path / "letter.txt")
