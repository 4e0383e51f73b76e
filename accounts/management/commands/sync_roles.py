from typing import Any

from django.core.management.base import CommandError

from accounts.operations.roles import UnknownPermission, sync_role_permissions
from clinic.lib.commands import OperatorCommand


class Command(OperatorCommand):
    help = "Give each role exactly the permissions that accounts/operations/roles.py lists."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = sync_role_permissions()
        except UnknownPermission as error:
            raise CommandError(f"Unknown permissions: {error}. Run `migrate` first.") from error
        said = ", ".join(f"{role} {count}" for role, count in counts.items())
        self.conclude(f"Permissions of the roles are set: {said}.", counts, as_json=options["json"])
