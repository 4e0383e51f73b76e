"""Brings the database to where the code expects it; one process for several commands.

Each `manage.py` would take a second to load Django. `python -m deploy.local.prepare` is run with
`migrate [grant] [buckets]` as the owner of the database, and with `seed FILE` as the application.
"""

import io
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from deploy.local.postgres import APP
from deploy.local.state import write_private


def main(steps: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    if steps[0] == "migrate":
        call_command("migrate", interactive=False, verbosity=1)
        call_command("sync_roles")
        if "grant" in steps:
            call_command("grant_database_role", APP)
        if "buckets" in steps:
            call_command("ensure_bucket")
    elif steps[0] == "seed":
        call_command("seed_demo")
        logins = io.StringIO()
        call_command("seed_demo", "--logins", "--json", stdout=logins)
        write_private(Path(steps[1]), logins.getvalue())


if __name__ == "__main__":
    main(sys.argv[1:])
