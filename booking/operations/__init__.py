"""Everything that changes bookings. Each verb is one transaction with its audit and outbox rows."""

from booking.operations.agendas import choose_agenda
from booking.operations.answering import accept_offer, decline_offer
from booking.operations.asking import AskedAlready, NoNeedToAsk, answer_change_request, ask_change
from booking.operations.attending import check_in, complete, mark_no_show
from booking.operations.away import (
    EmptyTime,
    add_time_off,
    cancel_affected,
    keep,
    move_affected,
    remove_time_off,
)
from booking.operations.booking import book
from booking.operations.changing import CANCELLABLE, cancel, reschedule
from booking.operations.closing import close_as_cancelled, close_as_completed
from booking.operations.coming import TooEarlyToConfirm, confirm_attendance, confirmable
from booking.operations.deciding import accept, confirm_guest, decline
from booking.operations.delays import record_delay
from booking.operations.desk import NewPatient, book_at_desk
from booking.operations.documents import NothingAsked, ask_documents
from booking.operations.errors import (
    AlreadyWaiting,
    BookingError,
    Busy,
    ChangeTooLate,
    DelayNotToday,
    DelayTooLong,
    HoldExpired,
    NotOffered,
    NotYourHold,
    OfferOver,
    OverrideNotAllowed,
    OwnRequest,
    PatientBusy,
    PatientErased,
    PatientGone,
    ReasonMissing,
    Taken,
    TooFar,
    TooLong,
    TooMany,
    TooSoon,
    UndoTooLate,
    Unreachable,
    WishImpossible,
    WrongState,
)
from booking.operations.feeds import open_feed, revoke_feed
from booking.operations.freed import FREED, note_freed
from booking.operations.holding import hold, release
from booking.operations.holidays import apply_holidays
from booking.operations.hours import Decision, VisitsLeft, change_hours
from booking.operations.merging import MergeRefused, NoLongerThere, merge_patients, why_not_merge
from booking.operations.noting import set_note
from booking.operations.offering import offer_freed_times
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
from booking.operations.waitlist import Wishes, change_wish, join_waitlist, leave_waitlist
from booking.operations.wanted import fulfil, unfulfil, waive

__all__ = [
    "CANCELLABLE",
    "FREED",
    "MOST_TOGETHER",
    "AlreadyWaiting",
    "AskedAlready",
    "BookingError",
    "Busy",
    "ChangeTooLate",
    "Decision",
    "DelayNotToday",
    "DelayTooLong",
    "EmptyTime",
    "HoldExpired",
    "MergeRefused",
    "NewPatient",
    "NoAddress",
    "NoLongerThere",
    "NoNeedToAsk",
    "NoTimes",
    "NobodyFree",
    "NotOffered",
    "NotTogether",
    "NotYourHold",
    "NothingAsked",
    "OfferOver",
    "OverrideNotAllowed",
    "OwnRequest",
    "Part",
    "PatientBusy",
    "PatientErased",
    "PatientGone",
    "ProposalOver",
    "ReasonMissing",
    "Taken",
    "TooEarlyToConfirm",
    "TooFar",
    "TooLong",
    "TooMany",
    "TooSoon",
    "UndoTooLate",
    "Unreachable",
    "VisitsLeft",
    "WishImpossible",
    "Wishes",
    "WrongState",
    "accept",
    "accept_offer",
    "add_time_off",
    "answer_change_request",
    "answer_proposal",
    "apply_holidays",
    "ask_change",
    "ask_documents",
    "book",
    "book_at_desk",
    "book_together",
    "cancel",
    "cancel_affected",
    "cancel_by_proposal",
    "cancel_together",
    "change_hours",
    "change_wish",
    "check_in",
    "choose_agenda",
    "close_as_cancelled",
    "close_as_completed",
    "complete",
    "confirm_attendance",
    "confirm_guest",
    "confirmable",
    "decline",
    "decline_offer",
    "decline_proposal",
    "expire_holds",
    "fulfil",
    "generate_slots",
    "hold",
    "join_waitlist",
    "keep",
    "lapse_requests",
    "leave_waitlist",
    "mark_no_show",
    "merge_patients",
    "move_affected",
    "note_freed",
    "offer_freed_times",
    "open_feed",
    "propose",
    "propose_all",
    "reassign_all",
    "record_delay",
    "release",
    "remove_time_off",
    "reschedule",
    "revoke_feed",
    "set_note",
    "undo",
    "unfulfil",
    "waive",
    "why_not_merge",
]
