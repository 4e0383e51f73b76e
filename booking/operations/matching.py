"""Whom a freed time is offered to: the urgent first, then who has waited longest."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet

from booking import messages, queries
from booking.availability import Span, whole_cells
from booking.models import Appointment, FreedTime, Offer, VisitType, WaitlistEntry
from booking.models.appointment import AGREED
from booking.operations.errors import BookingError, PatientBusy, Taken, TooFar, TooSoon
from booking.waiting import kept_until, suits
from clinic.lib.times import local_day

ENDED = (Offer.Status.DECLINED, Offer.Status.EXPIRED)


class NotWaiting(BookingError):
    """The entry has an offer, or has ended, since it was read."""

    code = "not-waiting"


# What says only that this one cannot have the time: the next one is asked.
REFUSALS = (NotWaiting, PatientBusy, Taken, TooFar, TooSoon)


@dataclass(frozen=True, slots=True)
class Match:
    entry: WaitlistEntry
    start: dt.datetime
    until: dt.datetime  # when the offer ends


def matches(freed: FreedTime, *, now: dt.datetime) -> Iterator[Match]:
    """Those whom the freed time suits, best first, each with its first start that can be booked."""
    entries = _wishing(freed, WaitlistEntry.Status.WAITING).exclude(offers__freed=freed)
    starts = _starts_by_type(freed, entries, now=now)
    asked = _asked_before(freed, starts)
    possible = entries.filter(visit_type__in=[pk for pk, some in starts.items() if some])
    for entry in possible.select_related("visit_type__clinic", "patient__user"):
        open_to_them = [
            start for start in starts[entry.visit_type_id] if (entry.pk, start) not in asked
        ]
        match = _match(entry, open_to_them, now=now)
        # An offer that nobody reads would keep the time from those who would.
        if match and messages.readers_for(entry.patient):
            yield match


def _match(entry: WaitlistEntry, starts: list[dt.datetime], *, now: dt.datetime) -> Match | None:
    visit_type = entry.visit_type
    zone = visit_type.clinic.zone
    wished = [start for start in starts if suits(entry, start, zone)]
    if not wished:
        return None
    visits = _visits_of(entry, now=now)
    longest = dt.timedelta(minutes=settings.WAITLIST_OFFER_MINUTES)
    notice = dt.timedelta(minutes=visit_type.notice_minutes)
    for start in wished:
        until = kept_until(start, notice=notice, longest=longest, now=now)
        if until is not None and not any(_in_the_way(visit, entry, start) for visit in visits):
            return Match(entry, start, until)
    return None


def _visits_of(entry: WaitlistEntry, *, now: dt.datetime) -> list[Appointment]:
    visits = Appointment.objects.filter(patient_id=entry.patient_id, status__in=AGREED, end__gt=now)
    return list(visits.only("start", "end", "visit_type_id"))


def _in_the_way(visit: Appointment, entry: WaitlistEntry, start: dt.datetime) -> bool:
    """Nobody is at two places; and who has such a visit in the wished days waits for an earlier."""
    visit_type = entry.visit_type
    if Span(visit.start, visit.end).overlaps(Span(start, start + visit_type.length)):
        return True
    wished_days = local_day(visit.start, visit_type.clinic.zone) >= entry.earliest
    return visit.visit_type_id == visit_type.pk and wished_days and visit.start <= start


def _wishing(freed: FreedTime, status: WaitlistEntry.Status) -> QuerySet[WaitlistEntry]:
    """Entries whose visit type, doctors and dates allow for the freed time, in order."""
    zone = freed.doctor.clinic.zone
    return WaitlistEntry.objects.filter(
        Q(doctors__isnull=True) | Q(doctors=freed.doctor_id),
        status=status,
        visit_type__active=True,
        visit_type__doctors=freed.doctor_id,
        earliest__lte=local_day(freed.end, zone),
        latest__gte=local_day(freed.start, zone),
    ).order_by("-urgent", "created_at", "pk")


def _starts_by_type(
    freed: FreedTime, entries: QuerySet[WaitlistEntry], *, now: dt.datetime
) -> dict[uuid.UUID, list[dt.datetime]]:
    wished = entries.order_by().values("visit_type")
    kinds = VisitType.objects.filter(pk__in=wished).select_related("clinic")
    return {kind.pk: starts_in(freed, kind, now=now) for kind in kinds}


def starts_in(freed: FreedTime, visit_type: VisitType, *, now: dt.datetime) -> list[dt.datetime]:
    """The starts that are free now and use some of the freed time, those inside it first.

    The freed time may have grown together with free neighbours, so a visit that is longer than
    it may fit, and may begin before it.
    """
    if not freed.doctor.active:
        return []
    span = Span(freed.start, freed.end)
    cell = freed.doctor.slot_minutes
    reach = whole_cells(visit_type.minutes, cell) + whole_cells(visit_type.buffer_after, cell)
    before = whole_cells(visit_type.buffer_before, cell)
    window = Span(span.start - reach, span.end + before)
    found = queries.fits_between(visit_type=visit_type, window=window, doctor=freed.doctor, now=now)
    starts = [fit.visit.start for fit in found.get(freed.doctor_id, []) if fit.busy.overlaps(span)]
    return sorted(starts, key=lambda start: (start < span.start, start))


def _asked_before(
    freed: FreedTime, starts: dict[uuid.UUID, list[dt.datetime]]
) -> set[tuple[uuid.UUID, dt.datetime]]:
    """Who was offered one of these very starts before, in whatever way it had become free."""
    every = {start for some in starts.values() for start in some}
    offers = Offer.objects.filter(hold__doctor=freed.doctor_id, hold__start__in=every)
    return set(offers.values_list("entry", "hold__start"))


def in_vain(freed: FreedTime) -> int:
    """How many were asked for nothing. A hold that ran out is no new time: what was asked of the
    same time before it counts too, or holding it again and again would keep it from everybody."""
    offers = Offer.objects.filter(status__in=ENDED)
    if freed.cause != FreedTime.Cause.EXPIRED:
        return offers.filter(freed=freed).count()
    return offers.filter(
        hold__doctor=freed.doctor_id, hold__start__lt=freed.end, hold__end__gt=freed.start
    ).count()


def worth_another_look(freed: FreedTime, *, now: dt.datetime) -> dt.datetime | None:
    """When somebody may want this time whom it cannot be offered now; None when nobody will.

    He has another offer at the moment, or the day cannot be booked yet.
    """
    held_up = Offer.objects.filter(
        status=Offer.Status.OPEN,
        entry__in=_wishing(freed, WaitlistEntry.Status.OFFERED).order_by(),
    ).exclude(freed=freed)
    times = list(held_up.values_list("expires_at", flat=True))
    waiting = _wishing(freed, WaitlistEntry.Status.WAITING).order_by()
    for kind in VisitType.objects.filter(pk__in=waiting.values("visit_type")):
        if kind.latest(now) < freed.end:
            times.append(freed.end - dt.timedelta(days=kind.horizon_days))
    return min((time for time in times if time > now), default=None)
