"""What is done once before a new version serves; again, it finds nothing to do.

DATABASE_URL is the owner's here, who may change tables; DATABASE_APP_ROLE names the role that the
site itself uses, which gets the least that it needs. Without, no rights are changed. With
STATIC_BUCKET the static files are laid there first.
"""

import os

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    if settings.STATIC_BUCKET:  # what new pages name has to lie there before they do
        call_command("publish_static")
    call_command("migrate_safely")
    call_command("sync_roles")
    role = os.environ.get("DATABASE_APP_ROLE", "")
    if role:
        call_command("grant_database_role", role)


if __name__ == "__main__":
    main()
