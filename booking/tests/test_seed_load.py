"""Very many visits, made in the database, are as consistent as visits that were booked."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Doctor, Patient
from booking.invariants import prove
from booking.load import AlreadyLoaded, load
from booking.models import Appointment, Slot, Status, TimeOff


def _objects() -> list[tuple[str, str]]:
    """Every index and constraint, but for casts, which the database writes in two ways."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            " ORDER BY 1, 2"
        )
        casts = re.compile(r"::character varying|::text|\[\]|[()\s]")
        return sorted((name, casts.sub("", definition)) for name, definition in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_thousands_of_visits_keep_every_invariant_and_every_constraint() -> None:
    before = _objects()
    now = timezone.now()

    summary = load(appointments=3000, password="long-enough-7", now=now)

    assert summary.appointments == 3000 == Appointment.objects.count()
    assert _objects() == before
    assert {result.name: result.rows for result in prove() if result.broken} == {}
    found = Counter(Appointment.objects.values_list("status", flat=True))
    assert {Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED, Status.BOOKED} <= set(found)
    assert Doctor.objects.count() == 60
    assert Patient.objects.filter(user__email="patient@load.example").count() == 1
    assert Slot.objects.filter(status="free", start__gt=now + dt.timedelta(days=30)).exists()
    with pytest.raises(AlreadyLoaded):
        load(appointments=1000, password="long-enough-7", now=now)
    assert TimeOff.objects.count() == 0


@pytest.mark.django_db
def test_it_is_for_demonstrations_only(settings: pytest.FixtureRequest) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO"):
        call_command("seed_load", "--yes")
    settings.DEMO = True
    with pytest.raises(CommandError, match="number"):
        call_command("seed_load", "--yes", "--appointments", "5")
    assert not Appointment.objects.exists()
