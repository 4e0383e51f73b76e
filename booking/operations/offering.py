"""Offering what became free to whom has waited longest, one person at a time.

A freed time is a row that stays open (`done_at`) until it was offered and taken, offered often
enough in vain, or until nobody waits for it. Each step is one transaction of its own and finds in
the rows what it has to do, so a run that dies anywhere is taken up by the next.

The order of locks: freed time → entry → offer, and then as everywhere patient → appointments →
cells.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F, Q

from accounts.models import Clinic
from accounts.operations import record_audit
from booking import messages
from booking.availability import Span
from booking.models import Appointment, FreedTime, Offer, Status, WaitlistEntry
from booking.operations import cells, holding, matching, steps, sweeping
from booking.operations.errors import BookingError
from booking.waiting import quiet_until
from clinic.lib.actor import Actor
from clinic.lib.logs import without_words
from clinic.lib.times import local_day

logger = structlog.get_logger(__name__)

# Freed times that one run looks at; the next one is half a minute away.
BATCH = 200


class Passed(Exception):
    """Somebody else is at this freed time or this entry, or has been."""


@dataclass(frozen=True, slots=True)
class Run:
    """Who looks, and when."""

    by: Actor
    now: dt.datetime


def offer_freed_times(*, now: dt.datetime, by: Actor | None = None) -> int:
    """End what is over, then offer each freed time that is due; returns how many offers were made.

    Safe to repeat, to run twice at once, and to be killed at any point.
    """
    run = Run(by or Actor.system("waiting-list"), now)
    # Besides those whose time is over, those whose hold was ended: the doctor takes leave.
    over = Q(expires_at__lte=now) | ~Q(hold__status=Status.HELD)
    overdue = Offer.objects.filter(over, status=Offer.Status.OPEN).order_by("expires_at")
    for offer in overdue[:BATCH]:
        _alone(_expire, offer, run)
    end_entries(run)
    FreedTime.objects.filter(done_at__isnull=True, end__lte=now).update(done_at=now)
    due = FreedTime.objects.filter(done_at__isnull=True, look_after__lte=now)
    chosen = due.select_related("doctor__clinic").order_by("look_after", "pk")[:BATCH]
    return sum(_alone(_look, freed, run) for freed in chosen)


def _alone(step: Callable[[Any, Run], bool], row: Offer | FreedTime, run: Run) -> int:
    """One row that cannot be dealt with does not keep the others from their turn."""
    try:
        return int(step(row, run))
    except BookingError:
        return 0  # others are at work on it: the next run
    except Exception as error:
        facts = without_words(error, error.__traceback__)
        logger.error("offer-failed", step=step.__name__, row=str(row.pk), **facts)
        return 0


def end_entries(run: Run) -> None:
    """End the wishes whose last day is over."""
    for clinic in Clinic.objects.all():
        over = WaitlistEntry.objects.filter(
            clinic=clinic,
            status=WaitlistEntry.Status.WAITING,
            latest__lt=local_day(run.now, clinic.zone),
        )
        for entry in over.order_by("pk")[:BATCH]:
            with steps.short_transaction():
                ended = over.filter(pk=entry.pk).update(
                    status=WaitlistEntry.Status.ENDED, ended_at=run.now
                )
                if ended:
                    note("waitlist.ended", entry, by=run.by, now=run.now)


def _expire(offer: Offer, run: Run) -> bool:
    """Nobody answered: the entry waits on in its place, and the time is passed on."""
    with steps.short_transaction():
        locked = lock_offer(offer)
        if locked.status != Offer.Status.OPEN or locked.hold.is_held(now=run.now):
            return False
        sweeping.expire_holds(
            now=run.now, only=Appointment.objects.filter(pk=locked.hold_id), by=run.by
        )
        if Appointment.objects.filter(pk=locked.hold_id, status=Status.HELD).exists():
            return False  # another sweep is ending it at this moment
        close(locked, Offer.Status.EXPIRED, now=run.now)
        note("offer.expired", locked.entry, offer=locked, by=run.by, now=run.now)
        return True


def _look(freed: FreedTime, run: Run) -> bool:
    """Offer one freed time to the best match, or put it off, or leave it to everybody."""
    clinic = freed.doctor.clinic
    quiet = quiet_until(
        run.now,
        clinic.zone,
        begins=settings.WAITLIST_QUIET_FROM,
        ends=settings.WAITLIST_QUIET_UNTIL,
    )
    if quiet is not None:
        _settle(freed, run, look_after=quiet)
        return False
    if matching.in_vain(freed) >= settings.WAITLIST_MAX_OFFERS:
        _settle(freed, run)
        return False
    for match in matching.matches(freed, now=run.now):
        try:
            make_offer(freed, match, run)
        except Passed:
            return False
        except matching.REFUSALS:
            continue
        return True
    _settle(freed, run, look_after=matching.worth_another_look(freed, now=run.now))
    return False


def make_offer(freed: FreedTime, match: matching.Match, run: Run) -> Offer:
    """Hold the time for the entry's patient and write to him, all or nothing.

    Raises Passed when somebody else has the freed time in hand, and what a booking raises.
    """
    entry, now = match.entry, run.now
    wish = cells.Wish(entry.visit_type, match.start, now, freed.doctor_id)
    offer = Offer(entry=entry, freed=freed, made_at=now, expires_at=match.until)

    def before() -> None:
        _lock_due(freed, run)
        if _lock_entry(entry).status != WaitlistEntry.Status.WAITING:
            raise matching.NotWaiting
        steps.lock_free_patient(
            entry.patient_id, Span(match.start, match.start + entry.visit_type.length)
        )

    def write(place: cells.Place) -> Appointment:
        offer.hold = holding.keep(
            wish, place, until=match.until, holder=offer.holder, by=run.by, now=now
        )
        offer.save(force_insert=True)
        WaitlistEntry.objects.filter(pk=entry.pk).update(status=WaitlistEntry.Status.OFFERED)
        # If this run's successors never come to hear of the answer, the clock brings it back.
        FreedTime.objects.filter(pk=freed.pk).update(
            look_after=match.until, offers_made=F("offers_made") + 1
        )
        note("offer.made", entry, offer=offer, by=run.by, now=now)
        messages.offered(offer, now=now)
        return offer.hold

    steps.take(wish, write, before=before)
    return offer


def close(offer: Offer, status: Offer.Status, *, now: dt.datetime) -> None:
    """Write the end of a locked offer that became no visit: the next one has the time offered."""
    Offer.objects.filter(pk=offer.pk).update(status=status, answered_at=now)
    WaitlistEntry.objects.filter(pk=offer.entry_id).update(status=WaitlistEntry.Status.WAITING)
    FreedTime.objects.filter(pk=offer.freed_id, done_at__isnull=True).update(look_after=now)
    messages.taken_back(offer, now=now)


def lock_offer(offer: Offer) -> Offer:
    """The offer as it is now; its freed time, its entry and it locked in that order."""
    FreedTime.objects.select_for_update(no_key=True).get(pk=offer.freed_id)
    _lock_entry(offer.entry)
    return (
        Offer.objects.select_related(
            "freed", "hold", "entry__patient__user", "entry__visit_type__clinic"
        )
        .select_for_update(no_key=True, of=("self",))
        .get(pk=offer.pk)
    )


def note(
    action: str,
    entry: WaitlistEntry,
    *,
    by: Actor,
    now: dt.datetime,
    offer: Offer | None = None,
    data: dict[str, object] | None = None,
) -> None:
    """The audit row of a change of an entry, or of its offer."""
    if offer is not None:
        data = {"entry": str(entry.pk), "freed": offer.freed_id, "visit": str(offer.hold_id)}
    record_audit(
        action=action,
        subject=offer or entry,
        patient_id=entry.patient_id,
        by=by,
        now=now,
        data=data,
    )


def _lock_due(freed: FreedTime, run: Run) -> None:
    """Of two workers the second passes by. Raises Passed."""
    due = FreedTime.objects.filter(
        pk=freed.pk, done_at__isnull=True, look_after__lte=run.now
    ).select_for_update(no_key=True, skip_locked=True)
    if not due or freed.offers.filter(status=Offer.Status.OPEN).exists():
        raise Passed


def _lock_entry(entry: WaitlistEntry) -> WaitlistEntry:
    return WaitlistEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)


def _settle(freed: FreedTime, run: Run, *, look_after: dt.datetime | None = None) -> None:
    """Leave the time to everybody, for good or until `look_after`.

    Unless another worker has made an offer of it since it was read.
    """
    as_read = FreedTime.objects.filter(
        pk=freed.pk, done_at__isnull=True, offers_made=freed.offers_made
    )
    with steps.short_transaction():
        if look_after is not None and look_after < freed.end:
            as_read.update(look_after=look_after)
        else:
            as_read.update(done_at=run.now)
