"""Who is written to of a patient's visits, and by which channel."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.conf import settings

from accounts.models import ContactBy, Patient, User
from accounts.queries import carers_of
from booking.models import Appointment
from notifications import outbox
from notifications.models import Channel


@dataclass(frozen=True, kw_only=True)
class Reader:
    """The patient, or a carer (`of` then says by the first name for whom the visit is).

    `phone` is set only where text messages are agreed to and can be sent. `key` tells several
    readers of one message apart.
    """

    name: str
    email: str = ""
    phone: str = ""
    by_text: bool = False
    key: str = ""
    of: str = ""

    @property
    def reachable(self) -> bool:
        return bool(self.email or self.phone)

    def ways(self, template: str) -> list[tuple[Channel, str]]:
        """Channel and address for this kind of message, the preferred first.

        What has no words for a text message goes by mail, whatever the reader prefers.
        """
        ways = [(Channel.EMAIL, self.email), (Channel.SMS, self.phone)]
        if self.by_text:
            ways.reverse()
        return [(by, to) for by, to in ways if to and outbox.has_words(template, channel=by)]


def readers_of(appointment: Appointment) -> list[Reader]:
    return readers_for(appointment.patient) if appointment.patient else []


def readers_for(patient: Patient) -> list[Reader]:
    """The patient, or else the carers, who need to know whose visit it is: by the first name, in
    the text alone. Nobody, when none of them has an address."""
    own = _reader(patient.name, patient, patient.user)
    if own.reachable:
        return [own]
    readers = [
        _reader(user.name, _record_of(user), user, key=str(user.pk), of=first_name(patient))
        for user in carers_of(patient)
    ]
    return [reader for reader in readers if reader.reachable]


def told_at(appointment: Appointment, *, template: str, user_id: uuid.UUID | None) -> str:
    """The address or number that a message about the visit goes to first: the user's own, if it
    is written to several. "" if to nobody."""
    readers = sorted(readers_of(appointment), key=lambda reader: reader.key != str(user_id))
    ways = readers[0].ways(template) if readers else []
    return ways[0][1] if ways else ""


def can_tell(appointment: Appointment) -> bool:
    """Whether there is an address of the patient, or of a carer. One that a guest has not confirmed
    counts for none."""
    return appointment.confirm_by is None and bool(readers_of(appointment))


def first_name(patient: Patient | None) -> str:
    return (patient.name.split() or [""])[0] if patient else ""


def _reader(
    name: str, record: Patient | None, user: User | None, *, key: str = "", of: str = ""
) -> Reader:
    email = user.email if user else ""
    phone, by_text = "", False
    if record is not None:
        # A carer is written to where the login is; a patient at the address of the record.
        email = email if key else record.email or email
        if record.texts_agreed_at is not None and settings.SMS_OUTLET != "none":
            phone, by_text = record.phone, record.contact_by == ContactBy.SMS
    return Reader(name=name, email=email, phone=phone, by_text=by_text, key=key, of=of)


def _record_of(user: User) -> Patient | None:
    """What a carer has chosen as a patient counts for the messages of those in care too."""
    return Patient.objects.filter(user=user).first()
