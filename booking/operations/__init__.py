"""Everything that changes bookings. Each verb is one transaction with its audit and outbox rows."""

from booking.operations.asking import (
    AskedAlready,
    NoNeedToAsk,
    answer_change_request,
    ask_change,
)
from booking.operations.attending import check_in, complete, mark_no_show
from booking.operations.away import EmptyTime, add_time_off, keep, move_affected, remove_time_off
from booking.operations.booking import book
from booking.operations.changing import CANCELLABLE, cancel, reschedule
from booking.operations.closing import close_as_cancelled, close_as_completed
from booking.operations.coming import TooEarlyToConfirm, confirm_attendance, confirmable
from booking.operations.deciding import accept, confirm_guest, decline
from booking.operations.delays import record_delay
from booking.operations.desk import NewPatient, book_at_desk
from booking.operations.errors import (
    BookingError,
    Busy,
    ChangeTooLate,
    DelayNotToday,
    DelayTooLong,
    HoldExpired,
    NotOffered,
    NotYourHold,
    OverrideNotAllowed,
    PatientBusy,
    ReasonMissing,
    Taken,
    TooFar,
    TooLong,
    TooMany,
    TooSoon,
    UndoTooLate,
    WrongState,
)
from booking.operations.holding import hold, release
from booking.operations.noting import set_note
from booking.operations.proposing import (
    NoAddress,
    NoTimes,
    ProposalOver,
    answer_proposal,
    cancel_by_proposal,
    decline_proposal,
    propose,
)
from booking.operations.reassigning import NobodyFree, propose_all, reassign_all
from booking.operations.slots import generate_slots
from booking.operations.sweeping import expire_holds, lapse_requests
from booking.operations.together import (
    MOST_TOGETHER,
    NotTogether,
    Part,
    book_together,
    cancel_together,
)
from booking.operations.undoing import undo

__all__ = [
    "CANCELLABLE",
    "MOST_TOGETHER",
    "AskedAlready",
    "BookingError",
    "Busy",
    "ChangeTooLate",
    "DelayNotToday",
    "DelayTooLong",
    "EmptyTime",
    "HoldExpired",
    "NewPatient",
    "NoAddress",
    "NoNeedToAsk",
    "NoTimes",
    "NobodyFree",
    "NotOffered",
    "NotTogether",
    "NotYourHold",
    "OverrideNotAllowed",
    "Part",
    "PatientBusy",
    "ProposalOver",
    "ReasonMissing",
    "Taken",
    "TooEarlyToConfirm",
    "TooFar",
    "TooLong",
    "TooMany",
    "TooSoon",
    "UndoTooLate",
    "WrongState",
    "accept",
    "add_time_off",
    "answer_change_request",
    "answer_proposal",
    "ask_change",
    "book",
    "book_at_desk",
    "book_together",
    "cancel",
    "cancel_by_proposal",
    "cancel_together",
    "check_in",
    "close_as_cancelled",
    "close_as_completed",
    "complete",
    "confirm_attendance",
    "confirm_guest",
    "confirmable",
    "decline",
    "decline_proposal",
    "expire_holds",
    "generate_slots",
    "hold",
    "keep",
    "lapse_requests",
    "mark_no_show",
    "move_affected",
    "propose",
    "propose_all",
    "reassign_all",
    "record_delay",
    "release",
    "remove_time_off",
    "reschedule",
    "set_note",
    "undo",
]
