"""`manage.py backup [DIR]`: one file with the database and all stored files."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from clinic.lib.commands import OperatorCommand
from deploy.local import archive, database_copy, stored_versions
from deploy.local.errors import LocalError

# Shows how far a loop has come.
Progress = Callable[[Iterable[Any]], Iterable[Any]]


class Command(OperatorCommand):
    help = (
        "Write the local installation (database and stored files) into one .tar.gz that only you"
        " can read. It holds patients' data in clear: keep it where they would want it kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "directory",
            nargs="?",
            metavar="DIR",
            default=settings.BASE_DIR / "backups",
            type=Path,
            help="where to put the file (default: backups/)",
        )

    def handle(self, *args: Any, directory: Path, **options: Any) -> None:
        try:
            summary = write_backup(directory, each=self._each_file)
        except LocalError as error:
            raise CommandError(str(error)) from None
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"The file storage did not answer: {error}") from None
        self.conclude(
            "Backed up {rows} rows of {tables} tables and {objects} files"
            " into {file} ({size} bytes).".format(**summary),
            summary,
            as_json=options["json"],
        )

    def _each_file(self, items: Iterable[Any]) -> Iterable[Any]:
        return self.each(items, what="files")


def write_backup(directory: Path, *, each: Progress) -> dict[str, Any]:
    """The database first, then the files: each row that was saved then finds its file."""
    owner = database_copy.local_owner(
        settings.BASE_DIR / ".local" / "env", connection.settings_dict
    )
    made_at = datetime.now(UTC)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"clinic-{made_at:%Y%m%dT%H%M%S.%fZ}.tar.gz"
    with tempfile.TemporaryDirectory() as work, archive.writing(path) as writer:
        dump = Path(work) / "database.sql"
        with database_copy.snapshot(owner) as (moment, name):
            tables = database_copy.count_rows(moment)
            versions = stored_versions.named(moment)
            migrations = moment.execute("SELECT app, name FROM django_migrations").fetchall()
            server = moment.info.server_version // 10_000
            database_copy.dump(owner, name, dump)
        with dump.open("rb") as file:
            writer.add(dump.name, file, dump.stat().st_size)
        objects = add_objects(writer, versions, each=each)
        writer.finish(
            {
                "made_at": made_at.isoformat(),
                "postgresql": server,
                "django": django.get_version(),
                "migrations": sorted(".".join(each) for each in migrations),
                "tables": tables,
                "objects": objects,
            }
        )
    return {
        "file": str(path),
        "size": path.stat().st_size,
        "tables": len(tables),
        "rows": sum(tables.values()),
        "objects": len(objects),
    }


def add_objects(
    writer: archive.Writer, versions: Mapping[str, str], *, each: Progress
) -> dict[str, dict[str, Any]]:
    """Copy every stored file, in the version that a row names; returns what restore needs."""
    found = {}
    listing = default_storage.bucket.objects.all()  # type: ignore[attr-defined]
    for number, item in enumerate(each(listing), start=1):
        version = versions.get(item.key, "")
        answer = item.get(VersionId=version) if version else item.get()
        member = f"objects/{number:08}"
        writer.add(member, answer["Body"], answer["ContentLength"])
        found[member] = {
            "key": item.key,
            "version": version,
            "content_type": answer.get("ContentType", ""),
            "metadata": answer.get("Metadata", {}),
        }
    return found
