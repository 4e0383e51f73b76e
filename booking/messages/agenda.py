"""What doctors are told on the evening before: which of their times are taken.

No names: a mailbox is read on locked screens, and the day's page says who comes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import translation

from accounts.models import Clinic, Role
from booking import links
from booking.models import Appointment, Status
from booking.wording import day_text, times_text
from clinic.lib.times import day_bounds, local_day
from notifications import outbox

TEMPLATE = "agenda"
DAY = dt.timedelta(days=1)


class Line(NamedTuple):
    doctor_id: uuid.UUID
    title: str
    name: str
    email: str
    start: dt.datetime
    end: dt.datetime
    status: str


def send_agendas(*, clinic: Clinic, now: dt.datetime) -> int:
    """Enqueue tomorrow's agendas once AGENDA_AT has come by the clinic's clock; returns how many
    were new. One a doctor and day, however often it runs; none of a day without visits."""
    if now.astimezone(clinic.zone).time() < settings.AGENDA_AT:
        return 0
    day = local_day(now, clinic.zone) + DAY
    with translation.override(settings.LANGUAGE_CODE):
        drafts = [
            _draft(clinic, day, list(lines))
            for _doctor, lines in groupby(_lines(clinic, day), key=lambda line: line.doctor_id)
        ]
    return outbox.enqueue_many([each for each in drafts if outbox.can_be_sent(each)], now=now)


def _lines(clinic: Clinic, day: dt.date) -> Iterator[Line]:
    """Of every doctor who can open the page that the mail leads to."""
    first, last = day_bounds(day, clinic.zone)
    visits = Appointment.objects.filter(
        clinic=clinic,
        status__in=[Status.PENDING, Status.BOOKED],
        start__gte=first,
        start__lt=last,
        doctor__active=True,
        doctor__user__is_active=True,
        doctor__user__groups__name=Role.DOCTOR,
    )
    rows = visits.order_by("doctor_id", "start").values_list(
        "doctor_id",
        "doctor__title",
        "doctor__name",
        "doctor__user__email",
        "start",
        "end",
        "status",
    )
    return map(Line._make, rows)


def _draft(clinic: Clinic, day: dt.date, lines: Sequence[Line]) -> outbox.Draft:
    doctor = lines[0]
    context: dict[str, Any] = {
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "clinic_address": clinic.address,
        "doctor": f"{doctor.title} {doctor.name}".strip(),
        "day": day_text(day),
        "visits": [
            {
                "when": times_text(line.start, line.end, clinic.zone),
                "pending": line.status == Status.PENDING,
            }
            for line in lines
        ],
        "url": links.day_url(day),
    }
    return outbox.Draft(
        template=TEMPLATE,
        recipient=doctor.email,
        dedupe_key=f"agenda:{doctor.doctor_id}:{day.isoformat()}",
        context=context,
        language=settings.LANGUAGE_CODE,
        expires_at=lines[-1].end,
    )
