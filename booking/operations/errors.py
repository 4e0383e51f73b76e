"""What can be refused, each with a sentence for people and a code for programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from booking.queries import FreeTime


class BookingError(Exception):
    """An expected refusal: `code` names it in the API, `str()` says it to a person."""

    code = "refused"
    sentence = _("This cannot be done.")

    def __init__(self, sentence: str | None = None) -> None:
        self.text = sentence or str(self.sentence)
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


class Taken(BookingError):
    """Somebody else has the time; `alternatives` are the nearest that are free."""

    code = "taken"
    sentence = _("This time has just been taken.")

    def __init__(self, look: Callable[[], list[FreeTime]] | None = None) -> None:
        super().__init__()
        self._look = look

    @cached_property
    def alternatives(self) -> list[FreeTime]:
        """Looked for when somebody asks: it costs ten times what the booking would have."""
        return self._look() if self._look else []


class TooSoon(BookingError):
    code = "too-soon"
    sentence = _("This time is too soon to be booked online. Please call the clinic.")


class TooFar(BookingError):
    code = "too-far"
    sentence = _("This time is further ahead than can be booked yet.")


class NotOffered(BookingError):
    code = "not-offered"
    sentence = _("No visit can start at this time. Please choose one of the times shown.")


class PatientBusy(BookingError):
    code = "patient-busy"
    sentence = _("You already have an appointment at that time.")


class PatientGone(BookingError):
    """The record was put together with another of the same person, and that one is kept."""

    code = "patient-gone"
    sentence = _("This patient’s record has just been changed. Please load the page again.")


class PatientErased(BookingError):
    """Everything about this person was removed, on their wish; the row stands for past visits."""

    code = "patient-erased"
    sentence = _("This patient’s record was erased. Please write down a new patient.")


class HoldExpired(BookingError):
    code = "hold-expired"
    sentence = _("This time was kept for you, but the time to confirm it has run out.")


class NotYourHold(BookingError):
    code = "hold-unknown"
    sentence = _("This hold is not known.")


class ChangeTooLate(BookingError):
    code = "too-late-to-change"
    sentence = _("It is too late to change this appointment online. Please call the clinic.")


class WrongState(BookingError):
    """The appointment is no longer in a state that allows this."""

    code = "wrong-state"
    sentence = _("This appointment has changed in the meantime, so that cannot be done any more.")


class Busy(BookingError):
    """Others' locks were not released in time. Nothing was done; trying again may work."""

    code = "busy"
    sentence = _("Many people are booking at this moment. Please try again.")


class TooMany(BookingError):
    """As many times are kept for the same network as may be, and nobody has confirmed them."""

    code = "too-many"
    sentence = _(
        "Too many times are being kept from where you are. Please confirm one of them, sign in, or"
        " try again in a few minutes."
    )


class AlreadyWaiting(BookingError):
    code = "already-waiting"
    sentence = _("You are on the waiting list for this kind of visit already.")


class Unreachable(BookingError):
    """Offers go by mail: without a proven address nobody would ever answer one."""

    code = "unreachable"
    sentence = _("There is no email address to which a free time could be offered.")


class WishImpossible(BookingError):
    code = "wish-impossible"
    sentence = _("No visit of this kind can take place on these days or with these doctors.")


class OfferOver(BookingError):
    """The offer was answered, or its time has run out and is being passed on."""

    code = "offer-over"
    sentence = _("This time is no longer kept for you.")


class ReasonMissing(BookingError):
    code = "reason-missing"
    sentence = _("Please give a reason.")


class TooLong(BookingError):
    code = "too-long"
    sentence = _("Please say it in fewer words.")


class OverrideNotAllowed(BookingError):
    """Only the clinic's people break its rules, and not for visits of their own."""

    code = "override-not-allowed"
    sentence = _("Only the clinic's people may make an exception, and not for themselves.")


class OwnRequest(BookingError):
    """What asks the clinic's approval is not approved by who asked, or who asked for a child."""

    code = "own-request"
    sentence = _("Somebody else of the clinic has to accept a request of your own.")


class UndoTooLate(BookingError):
    code = "too-late-to-undo"
    sentence = _("It is too late to undo this.")


class DelayNotToday(BookingError):
    code = "not-today"
    sentence = _("Only for today can it be said how late you run.")


class DelayTooLong(BookingError):
    code = "delay-too-long"
    sentence = _("That is too long to wait. Please move the visits, or block the time.")
