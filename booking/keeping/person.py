"""By what rows know a person: ids, and addresses that are nobody else's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Q

from accounts.looks import former_ids
from accounts.models import Care, Doctor, Patient, Role, User


@dataclass(frozen=True)
class Person:
    """A patient, and the login that is theirs.

    `ids`: the patient's, and those of records that were put together with it. `login_stays`: why
    the login outlives the patient's record ("" if it goes with it). `addresses`: email addresses
    (as written, and in lower case) and phone numbers that no other record or login has.
    """

    patient_id: uuid.UUID
    ids: tuple[uuid.UUID, ...]
    user_id: uuid.UUID | None
    login_stays: str
    addresses: tuple[str, ...]

    @property
    def login(self) -> uuid.UUID | None:
        """The login that is theirs alone."""
        return None if self.login_stays else self.user_id


def person_of(patient: Patient, *, whole_login: bool = False) -> Person:
    """`whole_login`: the login is taken for theirs, whatever else it is; it is not about to go."""
    stays = _why_login_stays(patient.user) if patient.user and not whole_login else ""
    return Person(
        patient_id=patient.pk,
        ids=tuple(former_ids(patient.pk)),
        user_id=patient.user_id,
        login_stays=stays,
        addresses=_addresses(patient, login_stays=bool(stays)),
    )


def _why_login_stays(user: User) -> str:
    if others := sorted(user.role_names - {Role.PATIENT.value}):
        return f"it is also a login of the clinic ({', '.join(others)})"
    if user.is_staff or user.is_superuser or Doctor.objects.filter(user=user).exists():
        return "it is also a login of the clinic"
    if Care.objects.current().filter(user=user).exclude(patient__user=user).exists():
        return "it looks after another patient; end that care first if the login shall go"
    return ""


def _addresses(patient: Patient, *, login_stays: bool) -> tuple[str, ...]:
    theirs = {patient.email, patient.phone}
    if patient.user and not login_stays:
        theirs.add(patient.user.email)
        theirs |= set(
            EmailAddress.objects.filter(user=patient.user).values_list("email", flat=True)
        )
    theirs |= {each.lower() for each in theirs}
    theirs.discard("")
    return tuple(sorted(each for each in theirs if not _is_anothers(each, patient, login_stays)))


def _is_anothers(address: str, patient: Patient, login_stays: bool) -> bool:
    """A mother's address on her child's record is the mother's, and a login's the login's."""
    patients = Patient.objects.exclude(pk=patient.pk)
    users = User.objects.filter(email=address.lower())
    if patient.user_id and not login_stays:
        users = users.exclude(pk=patient.user_id)
    return patients.filter(Q(email__iexact=address) | Q(phone=address)).exists() or users.exists()
