"""What is said when something becomes of a visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.models import Doctor
from booking import links
from booking.messages import groups
from booking.messages.documents import ask_unless_told
from booking.messages.telling import take_back, tell
from booking.models import Appointment, ChangeRequest, Proposal, Status
from booking.wording import when_text


def accepted(appointment: Appointment, *, now: dt.datetime) -> None:
    _take_back_all(appointment, now=now)
    tell("request_accepted", appointment, now=now, calendar="REQUEST")
    ask_unless_told(appointment, now=now)


def declined(appointment: Appointment, *, now: dt.datetime) -> None:
    _take_back_all(appointment, now=now)
    tell(
        "request_declined",
        appointment,
        now=now,
        url=links.booking_url(),
        more=lambda: {"reason": appointment.decision_reason},
        changes=appointment.start,
    )


def lapsed(appointment: Appointment, *, now: dt.datetime) -> None:
    """Nobody answered in time; a guest who never confirmed the address is not written to again."""
    if appointment.confirm_by is None:
        _take_back_all(appointment, now=now)
        tell("request_lapsed", appointment, now=now, url=links.booking_url())


def cancelled(appointment: Appointment, *, now: dt.datetime) -> None:
    _take_back_all(appointment, now=now)
    tell(
        "cancelled",
        appointment,
        now=now,
        url=links.booking_url(),
        more=lambda: {"reason": appointment.cancel_reason},
        calendar="CANCEL",
        changes=appointment.start,
    )


def moved(appointment: Appointment, *, previous: dt.datetime, now: dt.datetime) -> None:
    _take_back_all(appointment, now=now)
    pending = appointment.status == Status.PENDING
    zone = appointment.visit_type.clinic.zone
    tell(
        "request_received" if pending else "moved",
        appointment,
        now=now,
        more=lambda: {"previous_when": when_text(previous, zone)},
        calendar="" if pending else "REQUEST",
        changes=min(previous, appointment.start),
    )
    ask_unless_told(appointment, now=now)


def change_answered(appointment: Appointment, request: ChangeRequest, *, now: dt.datetime) -> None:
    """What the clinic says to a wish that came too late for the patient to fulfil alone."""
    refused = request.status == ChangeRequest.Status.REFUSED
    tell(
        "change_answered",
        appointment,
        now=now,
        more=lambda: {"reason": request.answer, "refused": refused},
        key=f"{request.pk}",
        changes=appointment.start,
    )


def running_late(appointment: Appointment, *, minutes: int, now: dt.datetime) -> None:
    """The visit itself is as it was: what else is on its way to the patient stays true."""
    on_time_again(appointment, now=now)
    tell(
        "running_late",
        appointment,
        now=now,
        more=lambda: {"minutes": minutes},
        key=str(minutes),
        changes=appointment.start,
    )


def on_time_again(appointment: Appointment, *, now: dt.datetime) -> None:
    """Nobody is told that something is no longer so which nobody has been told yet."""
    take_back(appointment, template="running_late", now=now)


def times_proposed(
    proposal: Proposal,
    appointment: Appointment,
    options: Sequence[tuple[dt.datetime, Doctor]],
    *,
    now: dt.datetime,
) -> None:
    """Other times to choose from, by a link that needs no sign-in."""
    zone = appointment.visit_type.clinic.zone
    tell(
        "choose_time",
        appointment,
        now=now,
        url=links.proposal_url(proposal),
        more=lambda: {
            "options": [
                _("%(when)s, with %(doctor)s")
                % {"when": when_text(start, zone), "doctor": doctor.display_name}
                for start, doctor in options
            ]
        },
        key=str(proposal.pk),
        changes=appointment.start,
    )


def proposal_key(proposal: Proposal) -> str:
    """How the dedupe keys of a proposal's messages begin."""
    about = f"appointment:{proposal.appointment_id}"
    return f"{about}:v{proposal.version}:choose_time:{proposal.pk}"


def _take_back_all(appointment: Appointment, *, now: dt.datetime) -> None:
    """The visit's own messages, and the one that spoke of it among others."""
    take_back(appointment, now=now)
    groups.retell_without(appointment, now=now)
