"""The list of visits as a file. That it was taken, by whom and how much, is in the audit trail."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from accounts.operations import record_list
from accounts.queries import current_clinic
from booking.models import Appointment
from clinic.lib.actor import Actor
from clinic.lib.csv_files import Cell, download

# More is a copy of the clinic's records, and is asked of an operator.
MOST_ROWS = 100_000
# Values of filters that are codes or ids; anything else somebody may have typed.
CODE = re.compile(r"[\w-]{1,40}")
AT_A_TIME = 2000


class TooLong(Exception):
    """More rows than a file is made of; says what to do."""


def download_visits(
    visits: QuerySet[Appointment], *, filters: Mapping[str, str], by: Actor, now: dt.datetime
) -> StreamingHttpResponse:
    """The visits as CSV, row by row. Neither reasons nor notes are in it.

    The audit row has the number of rows and the filters' codes, never what was searched for.
    Raises TooLong.
    """
    count = visits.order_by()[: MOST_ROWS + 1].count()
    if count > MOST_ROWS:
        raise TooLong(
            _("These are more than %(most)d visits. Choose fewer days.") % {"most": MOST_ROWS}
        )
    codes = {
        name: value if CODE.fullmatch(value) else "given"
        for name, value in filters.items()
        if name != "q" and CODE.fullmatch(name)
    }
    clinic = current_clinic()
    record_list(
        action="appointments.exported",
        of=clinic or Appointment,
        patient_ids=visits.order_by().exclude(patient=None).values_list("patient_id", flat=True),
        by=by,
        now=now,
        data={"rows": count, "filters": codes, "searched": bool(filters.get("q", "").strip())},
    )
    return download(_rows(visits), name=f"appointments-{now:%Y-%m-%d}.csv")


def _rows(visits: QuerySet[Appointment]) -> Iterator[list[Cell]]:
    yield [
        _("day"), _("time"), _("minutes"), _("doctor"), _("visit type"), _("status"),
        _("patient"), _("date of birth"), _("phone"), _("email"), _("booked through"),
        _("booked on"), _("number"),
    ]  # fmt: skip
    chosen = visits.select_related("clinic", "doctor", "visit_type", "patient")
    for visit in chosen.iterator(chunk_size=AT_A_TIME):
        yield _row(visit)


def _row(visit: Appointment) -> list[Cell]:
    zone, patient = visit.clinic.zone, visit.patient
    local = visit.start.astimezone(zone)
    return [
        local.date(),
        f"{local:%H:%M}",
        int((visit.end - visit.start).total_seconds()) // 60,
        visit.doctor.display_name,
        visit.visit_type.name,
        visit.get_status_display(),
        patient.name if patient else None,
        patient.date_of_birth if patient else None,
        patient.phone if patient else None,
        patient.email if patient else None,
        visit.source,
        visit.booked_at.astimezone(zone).date() if visit.booked_at else None,
        str(visit.pk),
    ]
