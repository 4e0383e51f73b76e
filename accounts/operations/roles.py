"""What each role may do in the staff portal. Nobody needs to be a superuser."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import Role

VIEW, ADD, CHANGE, DELETE = "view", "add", "change", "delete"
HOLD = "hold"  # of documents alone

# Staff run the day; operators run the installation and see no patient and no visit. What may not
# be deleted at all (patients, visits, the audit trail) is deleted by nobody here.
PERMISSIONS: dict[Role, dict[str, tuple[str, ...]]] = {
    Role.PATIENT: {},
    Role.DOCTOR: {},
    Role.STAFF: {
        "accounts.patient": (VIEW, ADD, CHANGE),
        "accounts.care": (VIEW, ADD, CHANGE),
        "accounts.doctor": (VIEW, ADD, CHANGE),
        "accounts.clinic": (VIEW, CHANGE),
        "accounts.auditevent": (VIEW,),
        # Which there are, and one that is scanned at the desk; to read them takes RECORDS.
        "documents.document": (ADD, CHANGE),
        "booking.appointment": (VIEW, CHANGE),
        "booking.waitlistentry": (VIEW, ADD, CHANGE),
        "booking.freedtime": (VIEW,),
        "booking.offer": (VIEW,),
        "booking.visittype": (VIEW, ADD, CHANGE, DELETE),
        "booking.need": (VIEW, ADD, CHANGE, DELETE),
        "booking.resource": (VIEW, ADD, CHANGE, DELETE),
        "booking.workinghours": (VIEW, CHANGE),
        "booking.timeoff": (VIEW, ADD, CHANGE, DELETE),
        "notifications.suppression": (VIEW, CHANGE),
        "notifications.message": (VIEW, CHANGE),
    },
    Role.OPERATOR: {
        "accounts.user": (VIEW, ADD, CHANGE),
        "accounts.clinic": (VIEW, CHANGE),
        "accounts.apitoken": (VIEW, CHANGE),
        "accounts.auditevent": (VIEW,),
        "accounts.emergencyaccess": (VIEW, CHANGE),
        "auth.group": (VIEW,),
        "notifications.message": (VIEW, CHANGE),
    },
}
# Beside a role, and given by an operator to the few who need it: to read patients' documents, and
# to say of one that it must stay.
RECORDS = "records"
GRANTS: dict[str, dict[str, tuple[str, ...]]] = {RECORDS: {"documents.document": (VIEW, HOLD)}}


class UnknownPermission(Exception):
    """The table names a permission that the database does not have; migrate first."""


@transaction.atomic
def sync_role_permissions() -> dict[str, int]:
    """Make each group carry exactly its permissions. Returns how many each has.

    Permissions exist only after `migrate` has ended, which is why this is no migration.
    Raises UnknownPermission.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    counts = {}
    for name, table in ({role.value: PERMISSIONS[role] for role in Role} | GRANTS).items():
        names = list(_names(table))
        missing = [name for name in names if name not in known]
        if missing:
            raise UnknownPermission(", ".join(missing))
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set([known[name] for name in names])
        counts[name] = len(names)
    return counts


def _names(table: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for label, actions in table.items():
        app, model = label.split(".")
        for action in actions:
            yield f"{app}.{action}_{model}"
