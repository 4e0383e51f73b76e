"""What doctors are told on the evening before: which of their times are taken.

No names: a mailbox is read on locked screens, and the day's page says who comes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import translation

from accounts.models import Clinic, Doctor, Role
from booking import links
from booking.models import Appointment, Status
from booking.wording import day_text, times_text
from clinic.lib.times import day_bounds, local_day
from notifications import outbox
from notifications.models import Message, MessageStatus

TEMPLATE = "agenda"
DAY = dt.timedelta(days=1)


class Line(NamedTuple):
    start: dt.datetime
    end: dt.datetime
    status: str


def send_agendas(*, clinic: Clinic, now: dt.datetime, dry_run: bool = False) -> int:
    """Enqueue tomorrow's agendas once AGENDA_AT has come by the clinic's clock; returns how many
    were new, or would be.

    One a doctor and day, however often it runs, and none of a day without visits while no request
    waits. What has not left yet when the day changes is written anew; what has left stays the
    only one, for the day's page is the truth. `Doctor.agenda_by_mail` is the doctor's own wish.
    """
    if now.astimezone(clinic.zone).time() < settings.AGENDA_AT:
        return 0
    day = local_day(now, clinic.zone) + DAY
    with transaction.atomic():
        drafts = {draft.about: draft for draft in _drafts(clinic, day, now=now)}
        new = _yet_to_be_written(clinic, day, drafts, now=now, dry_run=dry_run)
        return len(new) if dry_run else outbox.enqueue_many(new, now=now)


def take_back_agendas(doctor: Doctor, *, now: dt.datetime) -> None:
    """What has not left yet does not any more. It is tomorrow's, or late and today's."""
    today = local_day(now, doctor.clinic.zone)
    for day in (today, today + DAY):
        outbox.void(about=_about(doctor.pk, day), now=now)


def _about(doctor_id: uuid.UUID, day: dt.date) -> str:
    return f"agenda:{doctor_id}:{day.isoformat()}"


def _yet_to_be_written(
    clinic: Clinic,
    day: dt.date,
    drafts: dict[str, outbox.Draft],
    *,
    now: dt.datetime,
    dry_run: bool,
) -> list[outbox.Draft]:
    """Those that nobody was sent. What waits to leave and is no longer so is taken back."""
    abouts = [_about(pk, day) for pk in clinic.doctors.values_list("pk", flat=True)]
    written: dict[str, list[Message]] = defaultdict(list)
    # Not empty: so says the index of `about`, and it is found by that alone.
    for message in Message.objects.filter(about__in=abouts).exclude(about=""):
        written[message.about].append(message)
    new = []
    for about in {**drafts, **written}:
        draft, before = drafts.get(about), written.get(about, [])
        live = [message for message in before if message.status != MessageStatus.VOID]
        waits = bool(live) and all(each.status == MessageStatus.QUEUED for each in live)
        if waits and draft is not None and live[-1].context == draft.context:
            continue  # still so
        if live and not (waits and (dry_run or outbox.void(about=about, now=now))):
            continue  # it has left, or begun to
        if draft is not None:
            again = f":{len(before)}" if before else ""
            new.append(replace(draft, dedupe_key=draft.dedupe_key + again))
    return new


def _drafts(clinic: Clinic, day: dt.date, *, now: dt.datetime) -> Iterable[outbox.Draft]:
    doctors = _doctors(clinic)
    lines = _lines(doctors, clinic, day)
    requests = _requests(doctors, now=now)
    for doctor in doctors:
        mine, asked = lines[doctor.pk], requests.get(doctor.pk, 0)
        if mine or asked:
            draft = _draft(doctor, clinic, day, mine, asked)
            if outbox.can_be_sent(draft):
                yield draft


def _doctors(clinic: Clinic) -> QuerySet[Doctor]:
    """Those who want it, and can open the page that the mail leads to."""
    return (
        Doctor.objects.filter(clinic=clinic, active=True, agenda_by_mail=True)
        .filter(user__is_active=True, user__groups__name=Role.DOCTOR)
        .select_related("user__patient")
    )


def _lines(doctors: QuerySet[Doctor], clinic: Clinic, day: dt.date) -> dict[uuid.UUID, list[Line]]:
    first, last = day_bounds(day, clinic.zone)
    rows = Appointment.objects.filter(
        doctor__in=[doctor.pk for doctor in doctors],
        status__in=[Status.PENDING, Status.BOOKED],
        start__gte=first,
        start__lt=last,
    ).order_by("start")
    found: dict[uuid.UUID, list[Line]] = defaultdict(list)
    for doctor_id, start, end, status in rows.values_list("doctor_id", "start", "end", "status"):
        found[doctor_id].append(Line(start, end, status))
    return found


def _requests(doctors: QuerySet[Doctor], *, now: dt.datetime) -> dict[uuid.UUID, int]:
    """How many await an answer, of whatever day: the doctor's page of requests shows them."""
    waiting = Appointment.objects.filter(
        Q(confirm_by=None) | Q(confirm_by__gt=now),
        doctor__in=[doctor.pk for doctor in doctors],
        status=Status.PENDING,
        start__gt=now,
    )
    return dict(waiting.values_list("doctor_id").annotate(Count("pk")).order_by())


def _draft(
    doctor: Doctor, clinic: Clinic, day: dt.date, lines: Sequence[Line], requests: int
) -> outbox.Draft:
    language, about = _language(doctor), _about(doctor.pk, day)
    with translation.override(language):
        context: dict[str, Any] = {
            "clinic_name": clinic.name,
            "clinic_phone": clinic.phone,
            "clinic_address": clinic.address,
            "doctor": doctor.display_name,
            "day": day_text(day),
            "visits": [
                {
                    "when": times_text(line.start, line.end, clinic.zone),
                    "pending": line.status == Status.PENDING,
                }
                for line in lines
            ],
            "is_free": not lines,
            "requests": requests,
            "url": links.day_url(day),
        }
    return outbox.Draft(
        template=TEMPLATE,
        recipient=doctor.user.email if doctor.user else "",
        dedupe_key=about,
        about=about,
        context=context,
        language=language,
        # Once the day has begun its page is what one looks at.
        expires_at=lines[0].start if lines else day_bounds(day, clinic.zone)[1],
    )


def _language(doctor: Doctor) -> str:
    """What the login has chosen as a patient; else the first that the doctor speaks."""
    patient = getattr(doctor.user, "patient", None)
    chosen = [patient.language] if patient else doctor.languages
    offered = dict(settings.LANGUAGES)
    return next((each for each in chosen if each in offered), settings.LANGUAGE_CODE)
