"""That somebody saw visits is written to the audit trail: one row a page, with all ids on it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, Protocol

from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Patient
from accounts.operations import record_audit, record_list
from booking.models import Appointment, WaitlistEntry
from clinic.lib.actor import Actor


class Seen(Protocol):
    """A visit, or as much of one as a page shows."""

    @property
    def id(self) -> Any: ...

    @property
    def patient_id(self) -> uuid.UUID | None: ...


def note_visits(
    request: Any,  # of Django or of the API
    action: str,
    visits: Iterable[Seen],
    *,
    of: type[models.Model] | models.Model,
    also: Iterable[uuid.UUID] = (),
    now: dt.datetime | None = None,
    **codes: Any,
) -> None:
    """`of`: what the page is about: a doctor, the clinic, a time off. `also`: patients of whom it
    shows no visit. Of holds, which are nobody's, and of an empty page nothing is written."""
    seen = {str(visit.id): visit.patient_id for visit in visits if visit.patient_id is not None}
    record_list(
        action=action,
        of=of,
        patient_ids=[*also, *(each for each in seen.values() if each is not None)],
        by=Actor.from_request(request),
        now=now or timezone.now(),
        data={**codes, "appointments": sorted(seen)},
    )


def note_visit(
    request: Any,
    visit: Appointment | WaitlistEntry,
    *,
    now: dt.datetime | None = None,
    **codes: Any,
) -> None:
    """That the page of one visit, or of a place on the waiting list, was opened."""
    record_audit(
        action=f"{visit._meta.model_name}.viewed",
        subject=visit,
        patient_id=visit.patient_id,
        by=Actor.from_request(request),
        now=now or timezone.now(),
        data=codes,
    )


def note_patients(
    request: HttpRequest,
    action: str,
    patients: Iterable[Patient],
    *,
    of: type[models.Model] | models.Model,
    now: dt.datetime | None = None,
) -> None:
    """That a page showed these patients. Never what was looked for."""
    record_list(
        action=action,
        of=of,
        patient_ids=[each.pk for each in patients],
        by=Actor.from_request(request),
        now=now or timezone.now(),
    )
