"""`manage.py publish_static`: a release's static files lie where the CDN finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.management.base import CommandError

from clinic.lib import published, s3
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = (
        "Sends the static files that this version was built with to STATIC_BUCKET. Run it before"
        " the version's first task starts. Nothing there is replaced or removed; may be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.STATIC_BUCKET and settings.STATIC_ROOT):
            raise CommandError("STATIC_BUCKET names the bucket, STATIC_MANIFEST=1 what to send.")
        store: Any = settings.STORAGES["default"]
        client = s3.client(
            store["OPTIONS"],
            Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 5, "mode": "standard"},
                max_pool_connections=published.AT_ONCE,
            ),
        )
        work = published.publish(
            client, bucket=settings.STATIC_BUCKET, root=Path(settings.STATIC_ROOT)
        )
        try:
            found = [sent for _name, sent in self.each(work, what="sending")]
        except (OSError, ValueError, KeyError) as error:
            raise CommandError("No manifest: run collectstatic first.") from error
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"Not all was sent ({type(error).__name__}); repeat it.") from error
        self.conclude(
            f"{sum(found)} of {len(found)} files sent, the others were there.",
            {"sent": sum(found), "files": len(found), "bucket": settings.STATIC_BUCKET},
            as_json=options["json"],
        )
