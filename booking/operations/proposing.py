"""Other times for a visit that cannot take place as it was agreed: offered, and answered by a link.

A proposal holds nothing. The choice is booked like any other, so that of two who choose the same
time one gets it and the other is offered what is next.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor
from booking import messages, queries
from booking.models import AffectedVisit, Appointment, Proposal
from booking.operations import away, changing, steps
from booking.operations.errors import BookingError, NotOffered
from clinic.lib.actor import Actor

LINK = Actor.system("proposal")  # who answers by the link has not signed in


class NoTimes(BookingError):
    code = "no-times"
    sentence = _("There is no other time to propose. Please call the patient.")


class NoAddress(BookingError):
    code = "no-address"
    sentence = _("There is no email address to send times to. Please call the patient.")


class ProposalOver(BookingError):
    """It was answered, the visit has changed since, or its time has come."""

    code = "proposal-over"
    sentence = _("These times are no longer offered: the visit has changed in the meantime.")


def propose(
    *,
    affected: AffectedVisit,
    options: Sequence[tuple[dt.datetime, Doctor]],
    by: Actor,
    now: dt.datetime,
) -> Proposal:
    """Send the patient a signed link to other times; what was proposed before is void.

    Raises NoTimes, NoAddress, or WrongState when the visit no longer needs another time.
    """
    if not options:
        raise NoTimes
    with steps.short_transaction():
        visit = steps.lock_appointment(affected.appointment_id)
        away.check_open(affected, visit, now=now)
        if not messages.can_tell(visit):
            raise NoAddress
        away.void_proposals(visit, now=now)
        proposal = Proposal.objects.create(
            affected=affected,
            appointment=visit,
            version=visit.version,
            options=[[start.isoformat(), str(doctor.pk)] for start, doctor in options],
            made_at=now,
            made_by=by.label,
        )
        steps.record("times_proposed", visit, by=by, now=now, proposal=str(proposal.pk))
        messages.times_proposed(proposal, visit, options, now=now)
        return proposal


def answer_proposal(
    *, proposal: Proposal, start: dt.datetime, doctor_id: uuid.UUID, now: dt.datetime
) -> Appointment:
    """The patient chose a time: the visit moves there, and a booked one stays booked.

    Notice and horizon do not bind: the clinic asked. What is free now may be chosen, also if it was
    not among the times that were sent: some of those may be gone. Choosing the same again changes
    nothing. Raises ProposalOver, Taken, NotOffered, PatientBusy or Busy; the visit is then as it
    was.
    """
    if _is_chosen(proposal, start, doctor_id):
        return proposal.appointment
    doctor = queries.doctors_of(proposal.appointment.visit_type).filter(pk=doctor_id).first()
    if doctor is None:
        raise NotOffered
    return changing.reschedule(
        appointment=proposal.appointment,
        start=start,
        doctor=doctor,
        by=LINK,
        now=now,
        for_clinic=True,
        within=_closing(proposal, Proposal.Status.ACCEPTED, now=now),
    )


def decline_proposal(*, proposal: Proposal, now: dt.datetime) -> Proposal:
    """None of the times suits: the clinic will call. Saying so again changes nothing.

    Raises ProposalOver.
    """
    with steps.short_transaction():
        visit = steps.lock_appointment(proposal.appointment_id)
        proposal.refresh_from_db()
        if proposal.status == Proposal.Status.DECLINED:
            return proposal
        _closing(proposal, Proposal.Status.DECLINED, now=now)(visit)
        steps.record("times_declined", visit, by=LINK, now=now, proposal=str(proposal.pk))
    proposal.refresh_from_db()
    return proposal


def cancel_by_proposal(*, proposal: Proposal, now: dt.datetime) -> Appointment:
    """The patient wants no other time. Raises ProposalOver, or WrongState when it is over."""
    with steps.short_transaction():
        visit = steps.lock_appointment(proposal.appointment_id)
        _closing(proposal, Proposal.Status.DECLINED, now=now)(visit)
        return changing.cancel(appointment=visit, by=LINK, now=now)


def _is_chosen(proposal: Proposal, start: dt.datetime, doctor_id: uuid.UUID) -> bool:
    proposal.refresh_from_db(fields=["status"])
    visit = proposal.appointment
    visit.refresh_from_db(fields=["start", "doctor_id", "status"])
    return (
        proposal.status == Proposal.Status.ACCEPTED
        and (visit.start, visit.doctor_id) == (start, doctor_id)
        and visit.is_live
    )


def _closing(
    proposal: Proposal, status: Proposal.Status, *, now: dt.datetime
) -> Callable[[Appointment], None]:
    """What ends the proposal in the transaction of its answer, if the locked visit is still the one
    that it speaks of."""

    def close(visit: Appointment) -> None:
        if visit.version != proposal.version or visit.start <= now:
            raise ProposalOver
        open_one = Proposal.objects.filter(pk=proposal.pk, status=Proposal.Status.OPEN)
        if not open_one.update(status=status, answered_at=now):
            raise ProposalOver

    return close
