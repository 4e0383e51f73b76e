"""What became of each: one statement for all that was answered, and never a wait for a lock.

A row that somebody has locked is left for the next time: waiting for it, with others of ours
locked, could stand in a patient's way.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from clinic.lib.actor import Actor
from clinic.lib.storable import storable_text
from notifications.catalog import SECRETS
from notifications.channels import Accepted, Refused, Result, Trouble
from notifications.delivery import counting, fallback
from notifications.delivery.claiming import Taken
from notifications.delivery.retrying import wait_after
from notifications.models import LEFT, Message, MessageStatus, Outcome
from notifications.operations import suppress

BY = Actor.system("delivery")

LEFT_VALUES = [status.value for status in LEFT]
# One that the provider took has left, whoever holds the row by now and whatever was to become of
# it, unless the provider has told since that it failed there. All else counts only while the lease
# is ours, and ends what was overtaken meanwhile. The ids are named for `m` too: joined alone it was
# read whole, tens of thousands for four hundred, until statistics had come of a morning's messages.
RECORD = """
UPDATE notifications_message m
   SET status = CASE WHEN told.status = 'sent' THEN 'sent'
                     WHEN m.overtaken_at IS NOT NULL THEN 'void' ELSE told.status END,
       sent_at = CASE WHEN told.status = 'sent' THEN %(now)s END,
       send_after = CASE WHEN told.wait IS NULL THEN m.send_after ELSE %(now)s + told.wait END,
       begun_at = CASE WHEN told.status = 'queued' AND m.overtaken_at IS NULL THEN NULL
                       ELSE m.begun_at END,
       attempts = m.attempts - told.uncounted,
       error = told.error, provider_id = told.provider_id, segments = told.segments,
       cost = told.cost, lease = NULL, leased_until = NULL,
       context = CASE WHEN m.template = ANY(%(secrets)s)
                       AND (told.status <> 'queued' OR m.overtaken_at IS NOT NULL)
                      THEN '{}'::jsonb ELSE m.context END
  FROM (SELECT * FROM unnest(%(id)s::uuid[], %(status)s::text[], %(wait)s::interval[],
                             %(uncounted)s::int[], %(error)s::text[], %(provider_id)s::text[],
                             %(segments)s::smallint[], %(cost)s::numeric[])
               AS t(id, status, wait, uncounted, error, provider_id, segments, cost)) told
  JOIN (SELECT id FROM notifications_message WHERE id = ANY(%(id)s) FOR UPDATE SKIP LOCKED) free
    ON free.id = told.id
 WHERE m.id = told.id AND m.id = ANY(%(id)s)
   AND CASE WHEN told.status = 'sent' THEN m.status <> ALL(%(left)s)
                 AND NOT (m.status = 'failed' AND m.settled_at IS NOT NULL)
            ELSE m.status = 'sending' AND m.lease = %(lease)s END
RETURNING m.id, m.status
"""
# Of those that were passed by: which are still to be told. The others ended without us.
OPEN = """
SELECT id FROM notifications_message
 WHERE id = ANY(%s) AND (status = 'sending' AND lease = %s OR id = ANY(%s) AND status <> ALL(%s))
"""
NOTE = """
INSERT INTO notifications_attempt (message_id, begun_at, ended_at, outcome, provider, error)
SELECT id, begun_at, %s, outcome, provider, error
  FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
       AS failed(id, begun_at, outcome, provider, error)
"""


@dataclass(frozen=True, slots=True)
class Away:
    """Nothing was handed over, and the message was not at fault: it waits, and no try counts."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one message in one call."""

    taken: Taken
    begun_at: dt.datetime
    provider: str
    channel: str
    result: Result | Away


@dataclass(frozen=True, slots=True)
class Fate:
    """The answer as the row tells it."""

    id: uuid.UUID
    status: str
    error: str = ""
    wait: dt.timedelta | None = None
    uncounted: int = 0
    provider_id: str = ""
    segments: int | None = None
    cost: Decimal | None = None
    outcome: str = ""  # of the attempt that is noted, if one is


@dataclass(frozen=True, slots=True)
class Recorded:
    counts: Counter[str]  # by the status that the messages have now
    reasons: Counter[str]  # why some failed
    later: list[Answer]  # somebody holds their rows: to be told again


def record(answers: Sequence[Answer], *, lease: uuid.UUID, now: dt.datetime) -> Recorded:
    """Write down what became of messages that we let begin. `answers` hold each message once."""
    fates = {answer.taken.letter.id: fate_of(answer) for answer in answers}
    with transaction.atomic():
        statuses = _update(fates.values(), lease=lease, now=now)
        missing = [fate for fate in fates.values() if fate.id not in statuses]
        later = _still_open(missing, lease=lease) if missing else set()
        told = [answer for answer in answers if answer.taken.letter.id in statuses]
        _note(told, fates, now=now)
        failed = [id_ for id_, status in statuses.items() if status == MessageStatus.FAILED]
        _suppress(told, now=now)
        fallback.write(ids=failed, now=now)
    counting.told({answer.taken.letter.id: answer.channel for answer in answers}, statuses)
    counts = Counter(statuses.values())
    counts["overtaken"] += len(missing) - len(later)
    return Recorded(
        counts=counts,
        reasons=Counter(fates[id_].error for id_ in failed),
        later=[answer for answer in answers if answer.taken.letter.id in later],
    )


def fate_of(answer: Answer) -> Fate:
    id_, result = answer.taken.letter.id, answer.result
    match result:
        case Accepted():
            return Fate(
                id_,
                MessageStatus.SENT.value,
                provider_id=storable_text(result.provider_id or "", most=128),
                segments=result.segments,
                cost=result.cost,
            )
        case Refused():
            reason, outcome = storable_text(result.reason, most=200), Outcome.REFUSED.value
            return Fate(id_, MessageStatus.FAILED.value, reason, outcome=outcome)
        case Trouble():
            tries = answer.taken.attempts + 1 - answer.taken.losses
            wait, reason = wait_after(tries), storable_text(result.reason, most=200)
            status = MessageStatus.QUEUED if wait else MessageStatus.FAILED
            return Fate(id_, status.value, reason, wait, outcome=Outcome.TROUBLE.value)
        case _:  # Away, Untried, Throttled
            return Fate(
                id_, MessageStatus.QUEUED.value, storable_text(result.reason, most=200), uncounted=1
            )


def _update(fates: Iterable[Fate], *, lease: uuid.UUID, now: dt.datetime) -> dict[uuid.UUID, str]:
    columns = {
        name: [getattr(fate, name) for fate in fates]
        for name in (
            "id",
            "status",
            "wait",
            "uncounted",
            "error",
            "provider_id",
            "segments",
            "cost",
        )
    }
    values: dict[str, Any] = {
        **columns,
        "lease": lease,
        "now": now,
        "secrets": SECRETS,
        "left": LEFT_VALUES,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD, values)
        return dict(cursor.fetchall())


def _still_open(fates: list[Fate], *, lease: uuid.UUID) -> set[uuid.UUID]:
    sent = [fate.id for fate in fates if fate.status == MessageStatus.SENT]
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [[fate.id for fate in fates], lease, sent, LEFT_VALUES])
        return {row[0] for row in cursor.fetchall()}


def _suppress(answers: list[Answer], *, now: dt.datetime) -> None:
    """Nothing more to an address whose owner the provider says wants nothing."""
    for answer in answers:
        if isinstance(answer.result, Refused) and answer.result.suppress:
            message = Message.objects.get(pk=answer.taken.letter.id)
            suppress(
                channel=message.channel,
                address=message.recipient,
                reason=answer.result.suppress,
                by=BY,
                now=now,
                message=message,
            )


def _note(answers: list[Answer], fates: dict[uuid.UUID, Fate], *, now: dt.datetime) -> None:
    """A row for each try that did not end with the provider taking the message."""
    failed = [
        (answer, fates[answer.taken.letter.id])
        for answer in answers
        if fates[answer.taken.letter.id].outcome
    ]
    if not failed:
        return
    columns: list[list[Any]] = [
        [fate.id for _answer, fate in failed],
        [answer.begun_at for answer, _fate in failed],
        [fate.outcome for _answer, fate in failed],
        [answer.provider for answer, _fate in failed],
        [fate.error for _answer, fate in failed],
    ]
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [now, *columns])
