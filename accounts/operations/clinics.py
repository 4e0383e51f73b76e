"""An empty installation becomes a clinic."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.password_validation import validate_password
from django.db import connection, transaction

from accounts.models import Clinic, Role, User
from accounts.operations.audit import record_audit
from accounts.operations.people import create_login
from accounts.operations.roles import sync_role_permissions
from accounts.queries import forget_current_clinic
from clinic.lib.actor import Actor
from clinic.lib.times import validate_time_zone

SETUP_LOCK = 0x5E7_0C11


class AlreadySetUp(Exception):
    """There is a clinic already; change it in the staff portal."""


def set_up_clinic(
    *, name: str, time_zone: str, email: str, password: str, by: Actor, now: dt.datetime
) -> tuple[Clinic, User]:
    """Create the clinic and its first administrator, who is operator and staff.

    Raises AlreadySetUp, EmailTaken, or ValidationError for an unknown zone or a weak password.
    """
    validate_time_zone(time_zone)
    validate_password(password, User(email=email))
    with transaction.atomic():
        with connection.cursor() as cursor:  # two set-ups at once make one clinic
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETUP_LOCK])
        if Clinic.objects.filter(is_current=True).exists():
            raise AlreadySetUp
        sync_role_permissions()
        clinic = Clinic.objects.create(name=name, time_zone=time_zone)
        record_audit(action="clinic.created", subject=clinic, by=by, now=now)
        user = create_login(
            email=email,
            password=password,
            name="",
            role=Role.OPERATOR,
            more_roles=[Role.STAFF],
            by=by,
            now=now,
        )
    forget_current_clinic()
    return clinic, user
