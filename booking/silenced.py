"""Visits to come of patients whom no message can reach any more: somebody should call."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from accounts.models import Clinic
from booking.models import Appointment, Status
from notifications.models import Channel, Suppression

AHEAD = dt.timedelta(days=30)
COMING = [Status.PENDING, Status.BOOKED]


def coming(clinic: Clinic, *, now: dt.datetime) -> QuerySet[Appointment]:
    """Whose address is suppressed, with no other way that is open; the next visit first.

    Not those who never had an address: nothing was to be sent to them, and the desk knows.
    """
    mail_closed = _suppressed(Channel.EMAIL, "own_email")
    texts_closed = _suppressed(Channel.SMS, "patient__phone")
    own_email = Lower(Coalesce(_filled("patient__email"), _filled("patient__user__email")))
    mailed = Q(own_email__isnull=False)
    texted = ~Q(patient__phone="") & Q(patient__texts_agreed_at__isnull=False)
    return (
        Appointment.objects.filter(
            clinic=clinic, status__in=COMING, start__gt=now, start__lt=now + AHEAD
        )
        .annotate(own_email=own_email)
        .annotate(mail_closed=mail_closed, texts_closed=texts_closed)
        .filter(
            Q(mail_closed=True) | (texted & Q(texts_closed=True)),
            ~(mailed & Q(mail_closed=False)),
            ~(texted & Q(texts_closed=False)),
        )
        .select_related("patient", "doctor", "visit_type", "clinic")
        .order_by("start", "pk")
    )


def _filled(field: str) -> NullIf:
    return NullIf(field, Value(""))


def _suppressed(channel: Channel, address: str) -> Exists:
    live = Suppression.objects.filter(
        channel=channel, address=OuterRef(address), lifted_at__isnull=True
    )
    return Exists(live)
