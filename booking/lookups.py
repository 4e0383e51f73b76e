"""Finding what a request names, among what its sender may see; None when there is no such thing.

The pages and the API ask in the same way, and say in their own that something does not exist.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable

from accounts.models import Doctor, Patient
from accounts.queries import current_clinic
from booking import queries
from booking.models import Appointment, Offer, Proposal, Status, VisitType, WaitlistEntry

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")
# Dates outside of these are nonsense, and would overflow when moved to another time zone.
FIRST_YEAR, LAST_YEAR = 2000, 2200


def is_sensible(date: dt.date) -> bool:
    """Of a date or a moment: whether anybody can mean it."""
    return FIRST_YEAR <= date.year <= LAST_YEAR


def visit_type(slug: str) -> VisitType | None:
    """One of those that the clinic offers."""
    clinic = current_clinic()
    if clinic is None or not SLUG.fullmatch(slug):
        return None
    return queries.visit_types(clinic=clinic).filter(slug=slug).first()


def own_visit(user_id: object, pk: uuid.UUID) -> Appointment | None:
    """Through the user's own set: to a stranger it does not exist. Never a hold."""
    own = Appointment.objects.of_patient_user(user_id).filter(pk=pk)
    return own.select_related("visit_type__clinic", "doctor", "patient").first()


def own_hold(holders: Iterable[str], pk: uuid.UUID) -> Appointment | None:
    """A hold, over or not, that one of these holders made; a visit that it became has none."""
    own = Appointment.objects.filter(holder__in=[holder for holder in holders if holder], pk=pk)
    return own.select_related("visit_type__clinic", "doctor").first()


def live_hold(
    holder: str,
    *,
    visit_type: VisitType,
    start: dt.datetime,
    doctor: Doctor | None,
    now: dt.datetime,
) -> Appointment | None:
    """What the holder holds at this moment, if it is this; None for a doctor means any."""
    own = Appointment.objects.filter(
        holder=holder,
        status=Status.HELD,
        held_until__gt=now,
        visit_type=visit_type,
        start=start,
    )
    if doctor is not None:
        own = own.filter(doctor=doctor)
    return own.select_related("visit_type__clinic", "doctor").first()


def own_entry(user_id: object, pk: uuid.UUID) -> WaitlistEntry | None:
    """A place on the waiting list, of the user or of somebody in care."""
    patients = Patient.objects.looked_after_by(user_id).values("pk")
    own = WaitlistEntry.objects.filter(pk=pk, patient__in=patients)
    return own.select_related("visit_type__clinic", "patient").first()


def offer(pk: uuid.UUID) -> Offer | None:
    """For whoever has its link."""
    offers = Offer.objects.filter(pk=pk)
    return offers.select_related(
        "hold__doctor", "hold__visit_type__clinic", "entry__visit_type__clinic", "entry__patient"
    ).first()


def guest_request(pk: uuid.UUID) -> Appointment | None:
    """Only what a guest asked for: a patient's visit is nobody's business who has but its id."""
    requests = Appointment.objects.filter(pk=pk, source="guest")
    return requests.select_related("clinic", "visit_type__clinic", "doctor", "patient").first()


def linked_visit(pk: uuid.UUID) -> Appointment | None:
    """For who follows the link that names it."""
    visits = Appointment.objects.filter(pk=pk).exclude(status__in=[Status.HELD, Status.EXPIRED])
    return visits.select_related("clinic", "visit_type__clinic", "doctor", "patient").first()


def proposal(pk: uuid.UUID) -> Proposal | None:
    """For who follows the link that names it."""
    found = Proposal.objects.select_related(
        "appointment__visit_type__clinic", "appointment__doctor", "appointment__patient"
    )
    return found.filter(pk=pk).first()
