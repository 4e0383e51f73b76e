"""Asking for documents: what a kind of visit needs, and what staff ask for beside it.

Which ones stands in the text of a mail and on the visit's pages, never around them.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from booking.messages.telling import about_visit, take_back, tell
from booking.models import Appointment, Status
from notifications.models import Message, MessageStatus

TEMPLATE = "documents_asked"
REACHED = [MessageStatus.SENT, MessageStatus.DELIVERED]
ON_ITS_WAY = [MessageStatus.QUEUED, MessageStatus.SENDING]


def documents_asked(appointment: Appointment, *, now: dt.datetime) -> None:
    """The visit stays as it was; what was asked for before and has not left yet is not said."""
    take_back(appointment, template=TEMPLATE, now=now)
    tell(
        TEMPLATE,
        appointment,
        now=now,
        more=lambda: {"documents": _words(appointment)},
        key=uuid.uuid4().hex,  # asked for twice, told twice
        expires_at=appointment.start,
        changes=appointment.start,
    )


def ask_unless_told(appointment: Appointment, *, now: dt.datetime) -> None:
    """After a visit was agreed or has moved, which takes back what has not left: whoever has been
    told the same of it, or of another of a course, is not told again."""
    words = _words(appointment)
    if words and appointment.start > now and not _is_told(appointment, words):
        documents_asked(appointment, now=now)


def _words(appointment: Appointment) -> str:
    """A request may be declined yet: nobody gathers for it what its kind of visit needs."""
    if appointment.status == Status.PENDING:
        return appointment.documents_asked
    return "\n".join(appointment.documents)


def _is_told(appointment: Appointment, words: str) -> bool:
    own, others = about_visit(appointment), []
    if appointment.group is not None:
        visits = Appointment.objects.filter(
            group=appointment.group, patient=appointment.patient
        ).exclude(pk=appointment.pk)
        others = [about_visit(visit) for visit in visits.only("pk")]
    # Not empty: so says the index of `about`, and it is found by that alone.
    found = Message.objects.filter(about__in=[own, *others], template=TEMPLATE).exclude(about="")
    told = Q(status__in=REACHED) | Q(about__in=others, status__in=ON_ITS_WAY)
    return found.filter(told, context__documents=words).exists()
