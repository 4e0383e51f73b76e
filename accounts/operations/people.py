"""Logins and patients: how a person becomes known to the clinic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q

from accounts.models import Care, Patient, Role, User
from accounts.operations.audit import record_audit
from clinic.lib.actor import Actor

PROFILE_FIELDS = ("name", "date_of_birth", "phone", "language", "time_zone")


class EmailTaken(Exception):
    """There is a login with this email address already."""


def create_login(
    *,
    email: str,
    password: str | None,
    name: str,
    role: Role,
    by: Actor,
    now: dt.datetime,
    verified: bool = True,
    more_roles: Iterable[Role] = (),
) -> User:
    """A login with a role; `verified` spares it the code at the first sign-in.

    Staff and operators may open the staff portal. Raises EmailTaken.
    """
    roles = [role, *more_roles]
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email, password, name=name, is_staff=bool({Role.STAFF, Role.OPERATOR} & set(roles))
            )
            EmailAddress.objects.create(
                user=user, email=user.email, primary=True, verified=verified
            )
            for each in roles:
                user.add_role(each)
            record_audit(
                action="user.created",
                subject=user,
                by=by,
                now=now,
                data={"roles": sorted(each.value for each in roles)},
            )
    except IntegrityError as error:
        raise EmailTaken(email) from error
    return user


def complete_profile(
    *,
    user: User,
    name: str,
    date_of_birth: dt.date | None,
    phone: str,
    language: str,
    time_zone: str,
    by: Actor,
    now: dt.datetime,
) -> Patient:
    """Create or change the patient who `user` is.

    Somebody booked by phone before is recognised rather than written down twice: see
    `claim_patient`. The audit row names the fields that changed, never their values.
    """
    values = dict(
        zip(PROFILE_FIELDS, (name, date_of_birth, phone, language, time_zone), strict=True)
    )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two tabs make one patient
        if user.name != name:
            user.name = name
            user.save(update_fields=["name"])
        patient = Patient.objects.of_user(user.pk).first()
        if patient is None:
            patient = _claim(
                user=user, name=name, date_of_birth=date_of_birth, by=by, now=now
            ) or _create_patient(user=user, values=values, by=by, now=now)
        _change_patient(patient, values=values, by=by, now=now)
    return patient


def claim_patient(*, user: User, by: Actor, now: dt.datetime) -> Patient | None:
    """Give `user` the record that was kept before there was a login, if there is exactly one.

    It must have the user's *verified* email address, and the name and date of birth of the
    profile. The profile's own record, which is empty yet, gives way. None when nothing fits,
    when several do, or when the profile's record is in use already. Guests' records are never
    attached: nobody has shown whose they are.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        own = Patient.objects.of_user(user.pk).first()
        if own is None:
            return None
        found = _unclaimed(user=user, name=own.name, date_of_birth=own.date_of_birth)
        if found is None:
            return None
        values = {field: getattr(own, field) for field in PROFILE_FIELDS}
        try:
            with transaction.atomic():
                own.delete()
                _attach(found, user=user, by=by, now=now)
        except ProtectedError:  # visits hang on it
            return None
        _change_patient(found, values=values, by=by, now=now)
        return found


def confirm_address(*, user: User, by: Actor, now: dt.datetime) -> None:
    """`user` has shown that the login's address is theirs: messages go there from now on, and a
    record kept from before the login may be recognised."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        claim_patient(user=user, by=by, now=now)
        patient = Patient.objects.of_user(user.pk).first()
        if patient is not None:
            _change_patient(patient, values={"email": user.email}, by=by, now=now)


def choose_language(*, user: User, language: str, by: Actor, now: dt.datetime) -> None:
    """Pages and messages of the patient who `user` is come in it from now on; and messages of those
    in care whose own address is unknown, for `user` reads them. Nothing for who is no patient."""
    with transaction.atomic():
        in_care = Care.objects.current().filter(user=user).values("patient")
        read = Patient.objects.filter(Q(user=user) | Q(user=None, email="", pk__in=in_care))
        for patient in read.select_for_update().order_by("pk"):
            _change_patient(patient, values={"language": language}, by=by, now=now)


def _claim(
    *, user: User, name: str, date_of_birth: dt.date | None, by: Actor, now: dt.datetime
) -> Patient | None:
    found = _unclaimed(user=user, name=name, date_of_birth=date_of_birth)
    if found is not None:
        _attach(found, user=user, by=by, now=now)
    return found


def _unclaimed(*, user: User, name: str, date_of_birth: dt.date | None) -> Patient | None:
    addresses = [
        address.lower()
        for address in EmailAddress.objects.filter(user=user, verified=True).values_list(
            "email", flat=True
        )
    ]
    if date_of_birth is None or not addresses:
        return None
    candidates = Patient.objects.select_for_update().filter(
        user=None, is_guest=False, email__in=addresses, date_of_birth=date_of_birth
    )
    matching = [each for each in candidates if _same_name(each.name, name)]
    return matching[0] if len(matching) == 1 else None


def _same_name(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _attach(patient: Patient, *, user: User, by: Actor, now: dt.datetime) -> None:
    patient.user = user
    patient.save(update_fields=["user"])
    user.add_role(Role.PATIENT)
    record_audit(
        action="patient.claimed", subject=patient, by=by, now=now, data={"user": str(user.pk)}
    )


def _create_patient(
    *, user: User, values: Mapping[str, Any], by: Actor, now: dt.datetime
) -> Patient:
    patient = Patient.objects.create(user=user, email=user.email, **values)
    user.add_role(Role.PATIENT)
    record_audit(
        action="patient.created", subject=patient, by=by, now=now, data={"user": str(user.pk)}
    )
    return patient


def _change_patient(
    patient: Patient, *, values: Mapping[str, Any], by: Actor, now: dt.datetime
) -> None:
    changed = [field for field, value in values.items() if getattr(patient, field) != value]
    if not changed:
        return
    for field in changed:
        setattr(patient, field, values[field])
    patient.save(update_fields=changed)
    record_audit(
        action="patient.changed", subject=patient, by=by, now=now, data={"fields": changed}
    )
