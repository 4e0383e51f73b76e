"""What patients are told of their visits: the words' contents, put into the outbox.

Called inside the transaction of the change. A change voids what has not left yet of the visit's
earlier versions, and the dedupe key names the version, so that one change is told once. Nothing
here says what the visit is for: mail is read over shoulders and on locked screens.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Doctor, Patient
from accounts.queries import carers_of
from booking import links
from booking.calendar_file import calendar_file
from booking.models import Appointment, ChangeRequest, Proposal, Status
from booking.wording import when_text
from notifications import outbox

logger = structlog.get_logger(__name__)


def booked(appointment: Appointment, *, now: dt.datetime) -> None:
    """A visit was booked, or a request was made: whichever it is."""
    if appointment.status != Status.PENDING:
        _tell("booked", appointment, now=now, calendar="REQUEST")
    elif appointment.confirm_by is not None:
        _tell(
            "guest_confirm",
            appointment,
            now=now,
            url=links.guest_url(appointment),
            expires_at=appointment.confirm_by,
        )
    else:
        _tell("request_received", appointment, now=now)


def accepted(appointment: Appointment, *, now: dt.datetime) -> None:
    _tell("request_accepted", appointment, now=now, calendar="REQUEST")


def declined(appointment: Appointment, *, now: dt.datetime) -> None:
    _tell(
        "request_declined",
        appointment,
        now=now,
        url=links.booking_url(),
        reason=appointment.decision_reason,
    )


def lapsed(appointment: Appointment, *, now: dt.datetime) -> None:
    """Nobody answered in time; a guest who never confirmed the address is not written to again."""
    if appointment.confirm_by is None:
        _tell("request_lapsed", appointment, now=now, url=links.booking_url())


def cancelled(appointment: Appointment, *, now: dt.datetime) -> None:
    _tell(
        "cancelled",
        appointment,
        now=now,
        url=links.booking_url(),
        reason=appointment.cancel_reason,
        calendar="CANCEL",
    )


def moved(appointment: Appointment, *, previous: dt.datetime, now: dt.datetime) -> None:
    pending = appointment.status == Status.PENDING
    _tell(
        "request_received" if pending else "moved",
        appointment,
        now=now,
        previous=previous,
        calendar="" if pending else "REQUEST",
    )


def change_answered(appointment: Appointment, request: ChangeRequest, *, now: dt.datetime) -> None:
    """What the clinic says to a wish that came too late for the patient to fulfil alone."""
    _tell(
        "change_answered",
        appointment,
        now=now,
        reason=request.answer,
        refused=request.status == ChangeRequest.Status.REFUSED,
        key=f"{request.pk}",
    )


def running_late(appointment: Appointment, *, minutes: int, now: dt.datetime) -> None:
    """The visit itself is as it was: what else is on its way to the patient stays true."""
    on_time_again(appointment, now=now)
    _tell("running_late", appointment, now=now, key=str(minutes), minutes=minutes)


def on_time_again(appointment: Appointment, *, now: dt.datetime) -> None:
    """Nobody is told that something is no longer so which nobody has been told yet."""
    outbox.void(about=f"appointment:{appointment.pk}", template="running_late", now=now)


def times_proposed(
    proposal: Proposal,
    appointment: Appointment,
    options: Sequence[tuple[dt.datetime, Doctor]],
    *,
    now: dt.datetime,
) -> None:
    """Other times to choose from, by a link that needs no sign-in."""
    _tell(
        "choose_time",
        appointment,
        now=now,
        url=links.proposal_url(proposal),
        options=options,
        key=str(proposal.pk),
    )


def proposal_key(proposal: Proposal) -> str:
    """How the dedupe keys of a proposal's messages begin."""
    about = f"appointment:{proposal.appointment_id}"
    return f"{about}:v{proposal.version}:choose_time:{proposal.pk}"


def can_tell(appointment: Appointment) -> bool:
    """Whether there is an address of the patient, or of a carer. One that a guest has not confirmed
    counts for none."""
    return appointment.confirm_by is None and bool(readers_of(appointment))


class Reader(NamedTuple):
    """Who is written to: the patient, or a carer (`of` then says for whom the visit is)."""

    address: str
    name: str
    key: str = ""
    of: str = ""


def _tell(
    template: str,
    appointment: Appointment,
    *,
    now: dt.datetime,
    url: str = "",
    reason: str = "",
    previous: dt.datetime | None = None,
    calendar: str = "",
    expires_at: dt.datetime | None = None,
    refused: bool = False,
    minutes: int = 0,
    options: Sequence[tuple[dt.datetime, Doctor]] = (),
    key: str = "",
) -> None:
    """With a `key` of its own it says something more; otherwise it replaces what was to be said."""
    about = f"appointment:{appointment.pk}"
    if not key:
        outbox.void(about=about, now=now)
    language = appointment.patient.language if appointment.patient else "en"
    for reader in readers_of(appointment):  # nobody: booked by phone, without an address
        with translation.override(language):
            context = _context(appointment, reader, url=url, reason=reason, previous=previous)
            context["refused"], context["minutes"] = refused, minutes
            zone = appointment.visit_type.clinic.zone
            context["options"] = [
                _("%(when)s, with %(doctor)s")
                % {"when": when_text(start, zone), "doctor": doctor.display_name}
                for start, doctor in options
            ]
            if expires_at is not None:
                # Nobody has shown that the address is the guest's: a stranger is not sent words
                # that somebody else chose.
                context["patient_name"] = ""
                context["confirm_by"] = when_text(expires_at, appointment.visit_type.clinic.zone)
        if calendar:
            context["calendar"] = calendar_file(appointment, method=calendar, now=now).decode()
        names = (about, f"v{appointment.version}", template, key, reader.key)
        # What was about to be said of a visit is of no use to anybody once it is over.
        useful_until = max(appointment.end, now + dt.timedelta(hours=1))
        try:
            outbox.enqueue(
                template=template,
                recipient=reader.address,
                dedupe_key=":".join(name for name in names if name),
                context=context,
                language=language,
                about=about,
                expires_at=expires_at or useful_until,
                now=now,
            )
        except outbox.BadRecipient:
            # One address that cannot be must not undo a change, or stop a sweep over many.
            logger.warning("bad-recipient", appointment=str(appointment.pk))


def readers_of(appointment: Appointment) -> list[Reader]:
    return readers_for(appointment.patient) if appointment.patient else []


def readers_for(patient: Patient) -> list[Reader]:
    """The patient's own address, or else those of the carers, who need to know whose visit it is:
    by the first name, in the text alone."""
    own = patient.email or (patient.user.email if patient.user else "")
    if own:
        return [Reader(own, patient.name)]
    first_name = patient.name.split()[0] if patient.name.split() else ""
    return [
        Reader(carer.email, carer.name, key=str(carer.pk), of=first_name)
        for carer in carers_of(patient)
    ]


def _context(
    appointment: Appointment,
    reader: Reader,
    *,
    url: str,
    reason: str,
    previous: dt.datetime | None,
) -> dict[str, Any]:
    clinic = appointment.visit_type.clinic
    return {
        "patient_name": reader.name,
        "for_name": reader.of,
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "clinic_address": clinic.address,
        "when": when_text(appointment.start, clinic.zone),
        "previous_when": when_text(previous, clinic.zone) if previous else "",
        "where": clinic.address,
        "doctor": appointment.doctor.display_name,
        "what_to_bring": appointment.visit_type.what_to_bring,
        "reason": reason,
        "url": url or links.appointment_url(appointment),
    }
