"""What booking tells people: the words' contents, put into the outbox.

Called inside the transaction of the change. A change voids what has not left yet of the visit's
earlier versions, and the dedupe key names the version, so that one change is told once. Nothing
here says what the visit is for: mail is read over shoulders and on locked screens.
"""

from booking.messages.agenda import send_agendas, take_back_agendas
from booking.messages.agreed import booked
from booking.messages.documents import documents_asked
from booking.messages.groups import booked_together
from booking.messages.offers import offered, taken_back
from booking.messages.readers import Reader, can_tell, readers_for, readers_of, told_at
from booking.messages.visits import (
    accepted,
    cancelled,
    change_answered,
    declined,
    lapsed,
    moved,
    on_time_again,
    proposal_key,
    running_late,
    times_proposed,
)

__all__ = [
    "Reader",
    "accepted",
    "booked",
    "booked_together",
    "can_tell",
    "cancelled",
    "change_answered",
    "declined",
    "documents_asked",
    "lapsed",
    "moved",
    "offered",
    "on_time_again",
    "proposal_key",
    "readers_for",
    "readers_of",
    "running_late",
    "send_agendas",
    "take_back_agendas",
    "taken_back",
    "times_proposed",
    "told_at",
]
