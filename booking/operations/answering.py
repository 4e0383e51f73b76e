"""What becomes of an offer of the waiting list when its patient answers."""

from __future__ import annotations

import contextlib
import datetime as dt

from booking.models import Appointment, FreedTime, Offer, WaitlistEntry
from booking.operations import holding, offering, steps
from booking.operations.booking import book
from booking.operations.errors import HoldExpired, OfferOver
from booking.operations.freed import FREED
from clinic.lib.actor import Actor


def accept_offer(*, offer: Offer, by: Actor, now: dt.datetime) -> Appointment:
    """Book the time that is kept; a second yes leads to the same visit.

    As the visit type says, it is booked or becomes a request: that the clinic offered the time
    does not mean that it has agreed to what the visit is for. Raises OfferOver, or PatientBusy,
    and then the offer stays open.
    """
    with steps.short_transaction():
        mine = offering.lock_offer(offer)
        if mine.status == Offer.Status.ACCEPTED:
            return mine.hold
        if not mine.is_open(now=now):
            raise OfferOver
        try:
            visit = book(
                hold=mine.hold,
                holder=mine.holder,
                patient=mine.entry.patient,
                source="waitlist",
                by=by,
                now=now,
            )
        except HoldExpired as error:
            raise OfferOver from error
        Offer.objects.filter(pk=mine.pk).update(status=Offer.Status.ACCEPTED, answered_at=now)
        WaitlistEntry.objects.filter(pk=mine.entry_id).update(
            status=WaitlistEntry.Status.BOOKED, ended_at=now
        )
        # Perhaps it was longer than the visit: what is left of it is looked at again.
        FreedTime.objects.filter(pk=mine.freed_id, done_at__isnull=True).update(look_after=now)
        offering.note("offer.accepted", mine.entry, offer=mine, by=by, now=now)
        FREED.on_commit()
        return visit


def decline_offer(*, offer: Offer, by: Actor, now: dt.datetime) -> None:
    """Give the time back, so that it is offered to the next one; the entry keeps its place.

    A second no changes nothing. Raises OfferOver.
    """
    with steps.short_transaction():
        mine = offering.lock_offer(offer)
        if mine.status == Offer.Status.DECLINED:
            return
        if not mine.hold.is_held(now=now):
            raise OfferOver
        give_back(mine, by=by, now=now)


def give_back(mine: Offer, *, by: Actor, now: dt.datetime) -> None:
    """End a locked open offer with a no."""
    with contextlib.suppress(HoldExpired):
        holding.release(hold=mine.hold, by=by, now=now)
    offering.close(mine, Offer.Status.DECLINED, now=now)
    offering.note("offer.declined", mine.entry, offer=mine, by=by, now=now)
    FREED.on_commit()
