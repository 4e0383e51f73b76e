"""Breaking the glass: a doctor reads the record of somebody whom the doctor does not treat."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.models import Doctor, EmergencyAccess, Patient, Role, TreatingRelationship, User
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor

# Fewer letters say nothing to whoever looks into it.
SHORTEST, LONGEST = 10, 300


class EmergencyError(Exception):
    """An expected refusal; `str()` says it to a person."""

    sentence = _("This cannot be done.")

    def __str__(self) -> str:
        return str(self.sentence)


class ReasonTooShort(EmergencyError):
    sentence = _("Please say in a few words why you need the record. The operators read it.")


class ReasonTooLong(EmergencyError):
    sentence = _("Please say it in fewer words.")


class NotTheDoctor(EmergencyError):
    """Nobody opens a record in somebody else's name, nor a doctor who left."""

    sentence = _("Only doctors who are active here can open a record in an emergency.")


class TreatsAlready(EmergencyError):
    sentence = _("You treat this patient: the documents are open to you as they are.")


def open_emergency_access(
    *, doctor: Doctor, patient: Patient, reason: str, by: Actor, now: dt.datetime
) -> EmergencyAccess:
    """Let `doctor` read `patient`'s record for EMERGENCY_ACCESS_MINUTES, and tell the operators.

    Asked for again while it lasts it is the same hour, and not a longer one. The reason stands in
    the access's own row, never in the trail or a message. Raises ReasonTooShort, ReasonTooLong,
    NotTheDoctor and TreatsAlready.
    """
    reason = _that_says_something(reason)
    with transaction.atomic():
        locked = Doctor.objects.select_for_update(no_key=True, of=("self",)).get(pk=doctor.pk)
        user = _user_of(locked, by=by)
        treating = TreatingRelationship.objects.active(now=now)
        if treating.filter(doctor=locked, patient=patient).exists():
            raise TreatsAlready
        lasting = EmergencyAccess.objects.active(now=now).filter(doctor=locked, patient=patient)
        if (access := lasting.first()) is not None:
            return access
        access = EmergencyAccess.objects.create(
            patient=patient,
            doctor=locked,
            user_id=user.pk,
            reason=reason,
            opened_at=now,
            ends_at=now + dt.timedelta(minutes=settings.EMERGENCY_ACCESS_MINUTES),
        )
        told = import_string(settings.TELL_OF_EMERGENCY)(
            access_id=access.pk, doctor=locked.display_name, operators=_operators(), now=now
        )
        _record("emergency.opened", access, by=by, now=now, told=told)
        return access


def end_emergency_access(*, access: EmergencyAccess, by: Actor, now: dt.datetime) -> bool:
    """The doctor has seen enough: from now on the record is closed again. False when it was."""
    ends = max(now, access.opened_at + dt.timedelta(microseconds=1))  # it lasted at least that
    with transaction.atomic():
        lasting = EmergencyAccess.objects.filter(pk=access.pk, ends_at__gt=now)
        if not lasting.update(ends_at=ends):
            return False
        _record("emergency.ended", access, by=by, now=now)
        return True


def review_emergency_access(*, access_id: uuid.UUID, by: Actor, now: dt.datetime) -> bool:
    """An operator has looked into it. False when somebody had before."""
    with transaction.atomic():
        open_ = EmergencyAccess.objects.filter(pk=access_id, reviewed_at=None)
        if by.user_id is None or not open_.update(reviewed_at=now, reviewed_by=by.user_id):
            return False
        access = EmergencyAccess.objects.get(pk=access_id)
        _record("emergency.reviewed", access, by=by, now=now)
        return True


def find_in_emergency(
    *, name: str, date_of_birth: dt.date, reason: str, doctor: Doctor, by: Actor, now: dt.datetime
) -> Patient | None:
    """The one patient with exactly this name and day of birth. None when there is none, and when
    there are two: whoever asks is told no more, and that it was asked is recorded without words.

    Raises ReasonTooShort, ReasonTooLong and NotTheDoctor before anybody is looked for: a record
    that would not be opened afterwards would be known to exist, and nothing would be on record.
    """
    _that_says_something(reason)
    _user_of(doctor, by=by)
    wanted = _plain(name)
    same_day = Patient.objects.filter(date_of_birth=date_of_birth, is_guest=False)
    found = [patient for patient in same_day if _plain(patient.name) == wanted]
    if len(found) == 1:
        return found[0]
    record_audit(
        action="emergency.not_found", subject=doctor, by=by, now=now, data={"found": len(found)}
    )
    return None


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _that_says_something(reason: str) -> str:
    plain = " ".join(reason.split())
    if len(plain) < SHORTEST:
        raise ReasonTooShort
    if len(plain) > LONGEST:
        raise ReasonTooLong
    return plain


def _user_of(doctor: Doctor, *, by: Actor) -> User:
    """The login of a doctor who is active here, and who is the one that asks."""
    user = doctor.user
    if user is None or str(user.pk) != by.user_id:
        raise NotTheDoctor
    if not (doctor.active and user.is_active and user.has_role(Role.DOCTOR)):
        raise NotTheDoctor
    return user


def _operators() -> list[User]:
    found = User.objects.filter(groups__name=Role.OPERATOR, is_active=True)
    return list(found.order_by("pk"))


def _record(
    action: str, access: EmergencyAccess, *, by: Actor, now: dt.datetime, **more: int
) -> None:
    record_audit(
        action=action,
        subject=access,
        patient_id=access.patient_id,
        by=by,
        now=now,
        data={"doctor": str(access.doctor_id), "emergency": str(access.pk), **more},
    )
