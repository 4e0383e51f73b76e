"""`manage.py restore FILE`: put a backup back, whole or not at all."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.management.base import CommandError, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from clinic.lib.commands import OperatorCommand
from deploy.local import archive, database_copy, stored_versions
from deploy.local.errors import LocalError
from deploy.local.stored_versions import Moved


class Command(OperatorCommand):
    help = (
        "Put back what `backup` wrote. The file is verified before anything is touched, and the"
        " database changes in one transaction."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--replace", action="store_true", help="also when there is data, which is then lost"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            bar = self.bar(what="files")
            summary = restore_backup(file, replace=options["replace"], bar=bar)
        except LocalError as error:
            raise CommandError(str(error)) from None
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"The file storage did not answer: {error}") from None
        later = ""
        if summary["migrations_to_apply"]:
            later = f" {summary['migrations_to_apply']} newer migrations wait for `make run`."
        self.conclude(
            "Restored {rows} rows of {tables} tables and {objects} files"
            " from the backup of {made_at}.".format(**summary)
            + later,
            summary,
            as_json=options["json"],
        )


def restore_backup(file: Path, *, replace: bool, bar: Any) -> dict[str, Any]:
    """Verify, then files, then the database, then remove the files that no row knows."""
    owner = database_copy.local_owner(
        settings.BASE_DIR / ".local" / "env", connection.settings_dict
    )
    manifest = archive.verify(file)
    refuse_newer(manifest)
    if not replace:
        refuse_to_overwrite()
    with tempfile.TemporaryDirectory() as work:
        dump = Path(work) / "database.sql"
        moved = put_back(file, manifest, dump, bar=bar)
        connection.close()
        database_copy.restore(owner, dump, manifest["tables"], then=stored_versions.renaming(moved))
    remove_other_objects({each.key for each in moved})
    cache.clear()  # sessions and free times of the time before
    return {
        "made_at": manifest["made_at"],
        "tables": len(manifest["tables"]),
        "rows": sum(manifest["tables"].values()),
        "objects": len(moved),
        "migrations_to_apply": len(known_migrations() - set(manifest["migrations"])),
    }


def known_migrations() -> set[str]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {f"{app}.{name}" for app, name in loader.disk_migrations}


def refuse_newer(manifest: dict[str, Any]) -> None:
    """A backup of newer code or a newer server would need what is not here."""
    unknown = sorted(set(manifest["migrations"]) - known_migrations())
    if unknown:
        raise LocalError(
            f"This backup is newer than the code: it has migration {unknown[0]}, which is not here."
        )
    connection.ensure_connection()
    server = connection.pg_version // 10_000  # type: ignore[attr-defined]
    if manifest["postgresql"] > server:
        raise LocalError(
            f"This backup is of PostgreSQL {manifest['postgresql']}, and this is {server}."
        )


def refuse_to_overwrite() -> None:
    """Any row of our own apps counts as data."""
    for config in apps.get_app_configs():
        if not Path(config.path).is_relative_to(settings.BASE_DIR) or ".venv" in config.path:
            continue
        for model in config.get_models():
            if model._default_manager.exists():
                raise LocalError(
                    f"The database is not empty ({model._meta.db_table} has rows);"
                    " --replace says that what is there may be lost."
                )


def put_back(file: Path, manifest: dict[str, Any], dump: Path, *, bar: Any) -> list[Moved]:
    """Upload the stored files and unpack the dump; returns what each file's version became."""
    moved = []
    objects = manifest["objects"]
    bar.total = len(objects)
    with archive.reading(file) as members, bar:
        for name, content in members:
            if name == dump.name:
                with dump.open("wb") as target:
                    shutil.copyfileobj(content, target)
            elif name in objects:
                moved.append(upload(objects[name], content.read()))
                bar.update()
    return moved


def upload(item: dict[str, Any], content: bytes) -> Moved:
    key = item["key"]
    written = default_storage.bucket.put_object(  # type: ignore[attr-defined]
        Key=key,
        Body=content,
        ContentType=item["content_type"],
        Metadata=item["metadata"],
        **default_storage.get_object_parameters(key),  # type: ignore[attr-defined]
    )
    return Moved(key, item.get("version", ""), written.version_id or "")


def remove_other_objects(keys: set[str]) -> None:
    for item in default_storage.bucket.objects.all():  # type: ignore[attr-defined]
        if item.key not in keys:
            item.delete()
