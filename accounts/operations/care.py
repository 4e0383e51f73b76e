"""Who looks after whose visits: a parent, a guardian, a carer.

Care opens visits and documents, and nothing else. A dependant who gets a login later claims the
record as everybody does (`claim_patient`: name, date of birth and the record's own verified
address). The records made here have no address, so nobody comes into one by knowing a child's name
and birthday: the clinic writes the address into the record first.
"""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Care, Patient, User
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor

# More than a family has; whoever looks after more is helped by the clinic.
MOST_DEPENDANTS = 10


class CareError(Exception):
    """An expected refusal; `str()` says it to a person."""

    sentence = _("This cannot be done.")

    def __str__(self) -> str:
        return str(self.sentence)


class TooManyDependants(CareError):
    sentence = _("You book for as many people as one person can here. Please call the clinic.")


class InCareAlready(CareError):
    sentence = _("This person is on the list already.")


class NoSuchLogin(CareError):
    sentence = _("Nobody signs in with this address, or it is not confirmed yet.")


class OwnRecord(CareError):
    sentence = _("Nobody needs to look after their own visits.")


class RecordErased(CareError):
    sentence = _("This patient’s record was erased. Please write down a new patient.")


def add_dependant(
    *,
    user: User,
    name: str,
    date_of_birth: dt.date,
    relation: Care.Relation,
    by: Actor,
    now: dt.datetime,
) -> Patient:
    """Write down a person for whom `user` books: a patient without a login.

    Language, time zone and phone are the carer's; messages go to the carers' addresses for as long
    as the record has none. Nobody is recognised by name and birthday: that would open a stranger's
    visits to whoever knows both. Raises InCareAlready and TooManyDependants.
    """
    name = " ".join(name.split())
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two presses write down one person
        mine = Patient.objects.filter(cared_for_by__in=Care.objects.current().filter(user=user))
        if mine.filter(name__iexact=name, date_of_birth=date_of_birth).exists():
            raise InCareAlready
        if mine.count() >= MOST_DEPENDANTS:
            raise TooManyDependants
        carer = Patient.objects.of_user(user.pk).first()
        patient = Patient.objects.create(
            name=name,
            date_of_birth=date_of_birth,
            phone=carer.phone if carer else "",
            language=carer.language if carer else "en",
            time_zone=carer.time_zone if carer else "",
        )
        record_audit(
            action="patient.created", subject=patient, patient_id=patient.pk, by=by, now=now
        )
        _open(user, patient, relation, by=by, now=now)
    return patient


def open_care(
    *, email: str, patient: Patient, relation: Care.Relation, by: Actor, now: dt.datetime
) -> Care:
    """Let the login with this verified address look after the patient's visits: by the clinic,
    which has seen who they are. Raises NoSuchLogin, OwnRecord, RecordErased and InCareAlready."""
    address = EmailAddress.objects.filter(
        email=email.strip().lower(), verified=True, user__is_active=True
    ).first()
    if address is None:
        raise NoSuchLogin
    if patient.user_id == address.user_id:
        raise OwnRecord
    if patient.erased_at is not None:
        raise RecordErased
    try:
        with transaction.atomic():
            return _open(address.user, patient, relation, by=by, now=now)
    except IntegrityError as error:
        raise InCareAlready from error


def end_care(*, care: Care, by: Actor, now: dt.datetime) -> bool:
    """From now on the carer sees no visit of the patient. False when it had ended already."""
    with transaction.atomic():
        if not Care.objects.current().filter(pk=care.pk).update(ended_at=now):
            return False
        patient = Patient.objects.select_for_update().get(pk=care.patient_id)
        carer = Patient.objects.of_user(care.user_id).first()
        if patient.user_id is None and carer and carer.phone and patient.phone == carer.phone:
            patient.phone = ""  # it was the carer's, who is not to be called any more
            patient.save(update_fields=["phone"])
        _record("care.ended", care, by=by, now=now)
        return True


def _open(
    user: User, patient: Patient, relation: Care.Relation, *, by: Actor, now: dt.datetime
) -> Care:
    care = Care.objects.create(
        user=user, patient=patient, relation=relation, opened_at=now, opened_by=by.label
    )
    _record("care.opened", care, by=by, now=now)
    return care


def _record(action: str, care: Care, *, by: Actor, now: dt.datetime) -> None:
    record_audit(
        action=action,
        subject=care,
        patient_id=care.patient_id,
        by=by,
        now=now,
        data={"user": str(care.user_id), "relation": care.relation},
    )
