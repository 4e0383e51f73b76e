"""“Why was it not sent?”: what became of a message, in plain words.

Reasons are looked for in the row and its attempts; a sentence names no address and no text.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import dateformat
from django.utils.translation import gettext as _

from accounts.models import Patient
from notifications.catalog import REMINDERS
from notifications.delivery import texts
from notifications.models import LEFT, Channel, Message, MessageStatus, Outcome

# Who waits behind more than this need not know how many exactly.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` for programs and tests, `sentence` for people."""

    code: str
    sentence: str


def explain(message: Message, *, zone: ZoneInfo, now: dt.datetime) -> Reason:
    """Why it is where it is; the times by the clock of `zone`."""
    if message.status in LEFT:
        return _left(message, zone)
    match message.status:
        case MessageStatus.QUEUED:
            return _waiting(message, zone, now=now)
        case MessageStatus.SENDING:
            return Reason("sending", _("It is being handed to the provider at this moment."))
        case MessageStatus.VOID:
            return _void(message, zone)
        case _:
            return _failed(message)


def why_none(patient: Patient) -> Reason:
    """Why there is no message at all to somebody about something."""
    if not _address_of(patient):
        return Reason(
            "no-address",
            _(
                "There is no address: neither an email nor a phone number "
                "that texts may go to. Please call."
            ),
        )
    return Reason("none", _("No message was written."))


def _left(message: Message, zone: ZoneInfo) -> Reason:
    if message.status == MessageStatus.BOUNCED:
        return Reason(
            "bounced",
            _(
                "The provider took it, but could not deliver it: the address "
                "does not exist, or does not accept it."
            ),
        )
    if message.status == MessageStatus.COMPLAINED:
        return Reason("complained", _("It arrived, and its reader called it unwanted."))
    if message.overtaken_at and message.sent_at and message.overtaken_at <= message.sent_at:
        return Reason(
            "overtaken",
            _(
                "It was leaving when the visit changed, and could not be "
                "stopped. The message about the change followed."
            ),
        )
    if message.status == MessageStatus.DELIVERED:
        return Reason("delivered", _("It arrived."))
    return Reason(
        "sent",
        _("The provider took it at %(time)s. Whether it arrived is not known.")
        % {"time": _clock(message.sent_at, zone)},
    )


def _waiting(message: Message, zone: ZoneInfo, *, now: dt.datetime) -> Reason:
    time = _clock(message.send_after, zone)
    if message.error and _tries(message):
        return Reason(
            "trying-again",
            _("It failed (%(error)s) and is tried again at %(time)s.")
            % {"error": message.error, "time": time},
        )
    if message.error:
        return Reason(
            "provider-away",
            _(
                "The provider cannot be reached (%(error)s). It has been "
                "waiting since %(time)s and leaves as soon as it can."
            )
            % {"error": message.error, "time": time},
        )
    if message.send_after > now:
        return Reason("later", _("It is meant for later: it leaves at %(time)s.") % {"time": time})
    ahead = _ahead_of(message, now=now)
    if ahead == 0:
        return Reason("turn", _("It is the next to leave."))
    number = str(ahead) if ahead < MOST_COUNTED else _("more than %(n)d") % {"n": MOST_COUNTED}
    return Reason("turn", _("It waits its turn, behind %(number)s others.") % {"number": number})


def _void(message: Message, zone: ZoneInfo) -> Reason:
    if message.error == "expired":
        time = _clock(message.expires_at, zone) if message.expires_at else ""
        return Reason(
            "expired",
            _("It could not leave before %(time)s, and would have been of no use later.")
            % {"time": time},
        )
    patient = message.patient
    if message.template in REMINDERS and patient is not None and patient.reminders_stopped_at:
        return Reason(
            "reminders-stopped",
            _("The reader wants no reminders (since %(time)s).")
            % {"time": _clock(patient.reminders_stopped_at, zone)},
        )
    return Reason(
        "taken-back", _("It was taken back before it left: what it says is no longer true.")
    )


def _failed(message: Message) -> Reason:
    error = message.error
    if error.startswith("suppressed"):
        return Reason(
            "suppressed",
            _(
                "Nothing is sent to this address: an earlier message did not "
                "arrive there, or its owner said no."
            ),
        )
    if error == texts.TOO_MANY:
        return Reason(
            "too-many", _("This number had as many text messages within a day as one may have.")
        )
    if error == texts.PREMIUM:
        return Reason("premium", _("Whoever owns this number earns by each message to it."))
    if error == texts.NOT_AGREED:
        return Reason(
            "not-agreed", _("Nobody with this number agrees to text messages, or not any more.")
        )
    if error.startswith("BadAddress"):
        return Reason("no-address", _("The address is none that a message can go to."))
    if error.startswith("lost"):
        return Reason(
            "lost",
            _("The program ended each time while it was being sent (%(error)s).")
            % {"error": error},
        )
    if error.startswith("render"):
        return Reason(
            "unwritable",
            _(
                "It could not be put into words (%(error)s): a fault of the "
                "program. Please tell the operators."
            )
            % {"error": error},
        )
    if (tries := _tries(message)) > 1:
        return Reason(
            "given-up",
            _("It was tried %(tries)d times and failed each time; the last answer was: %(error)s.")
            % {"tries": tries, "error": error},
        )
    return Reason("refused", _("The provider refused it: %(error)s.") % {"error": error})


def _tries(message: Message) -> int:
    """Those that counted. A provider that was away took none."""
    noted = message.tries.filter(outcome__in=[Outcome.TROUBLE, Outcome.REFUSED]).count()
    return max(noted, message.attempts)


def _ahead_of(message: Message, *, now: dt.datetime) -> int:
    due = Message.objects.filter(
        status=MessageStatus.QUEUED, channel=message.channel, send_after__lte=now
    )
    earlier = Q(priority__lt=message.priority) | Q(
        priority=message.priority, send_after__lt=message.send_after
    )
    return due.filter(earlier).order_by()[:MOST_COUNTED].count()


def _address_of(patient: Patient) -> str:
    if patient.email or (patient.user is not None and patient.user.email):
        return Channel.EMAIL
    return Channel.SMS if patient.phone and patient.texts_agreed_at else ""


def _clock(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    """“3 December 2026, 09:30”."""
    return dateformat.format(moment.astimezone(zone), "j F Y, H:i") if moment else ""
