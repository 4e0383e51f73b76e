"""Which messages leave next: looked at, locked and begun in one short transaction.

What was chosen has begun to leave once that transaction has committed: whoever takes a message
back (`outbox.void`) is either earlier, and it does not leave, or later, and marks it as overtaken.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction

from notifications.catalog import REMINDERS, SECRETS
from notifications.channels import Letter
from notifications.delivery import counting, fallback, texts
from notifications.delivery.counting import USELESS
from notifications.models import Channel, MessageStatus

# A worker that died is noticed after this long; whoever is alive renews it while a call lasts.
LEASE = dt.timedelta(seconds=30)
# So many suspects share a call: one of them may kill the worker again, and all are lost with it.
FEW = 10


# Rows that somebody has locked are being changed: they are passed by, and looked at again soon.
# What is told of a visit follows what is already on its way about it. The patient is asked for by
# a value, not by EXISTS: that would read all patients for fifty messages.
LOOK = """
SELECT m.id, m.template, m.recipient, m.language, m.context, m.patient_id, m.about, m.attempts,
       m.losses,
       CASE WHEN m.expires_at <= %(now)s THEN 'expired'
            WHEN m.template = ANY(%(reminders)s)
                 AND (SELECT p.reminders_stopped_at FROM accounts_patient p
                       WHERE p.id = m.patient_id) IS NOT NULL
            THEN 'reminders stopped'
            ELSE (SELECT 'suppressed: ' || s.reason FROM notifications_suppression s
                   WHERE s.channel = m.channel AND s.address = lower(m.recipient)
                     AND s.lifted_at IS NULL)
       END
  FROM notifications_message m
 WHERE m.status = 'queued' AND m.channel = %(channel)s AND m.send_after <= %(now)s
   AND (m.losses > 0) = %(suspects)s
   AND (m.about, m.recipient) NOT IN (
         SELECT about, recipient FROM notifications_message
          WHERE status = 'sending' AND leased_until > %(now)s AND about <> '')
   AND (m.patient_id IS NULL OR (m.about, m.patient_id) NOT IN (
         SELECT about, patient_id FROM notifications_message
          WHERE status = 'sending' AND leased_until > %(now)s AND about <> ''
            AND patient_id IS NOT NULL))
 ORDER BY m.priority, m.send_after
 LIMIT %(limit)s
   FOR UPDATE OF m SKIP LOCKED
"""
BEGIN = """
UPDATE notifications_message
   SET status = 'sending', lease = %s, leased_until = %s, begun_at = %s, provider = %s,
       attempts = attempts + 1
 WHERE id = ANY(%s)
"""
STOP = """
UPDATE notifications_message m
   SET status = stopped.status, error = stopped.error,
       context = CASE WHEN m.template = ANY(%s) THEN '{}'::jsonb ELSE m.context END
  FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS stopped(id, status, error)
 WHERE m.id = stopped.id
"""
DUE = """
SELECT EXISTS (SELECT 1 FROM notifications_message
                WHERE status = 'queued' AND channel = ANY(%s) AND send_after <= %s)
"""
EXPIRED = """
SELECT id FROM notifications_message
 WHERE status = 'queued' AND channel = %s AND send_after <= %s AND expires_at <= %s
   FOR UPDATE SKIP LOCKED
"""
RENEW = """
UPDATE notifications_message SET leased_until = %s
 WHERE id IN (SELECT id FROM notifications_message
               WHERE id = ANY(%s) AND status = 'sending' AND lease = %s
                 FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as it was when it was looked at, before this attempt."""

    letter: Letter
    attempts: int  # begun before, those lost included
    losses: int

    @property
    def reader(self) -> tuple[object, ...]:
        """What must not leave in two calls at once: the same thing, told to the same person."""
        letter = self.letter
        return (
            (letter.about, letter.patient_id or letter.recipient) if letter.about else (letter.id,)
        )


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the queue came to."""

    more: bool  # as many were found as were asked for
    begun: list[Sequence[Taken]]  # one call each
    stopped: dict[str, int]  # how many ended in which status without being sent
    left: int  # could have left, but found no room in these calls


Cut = Callable[[list[Taken]], list[Sequence[Taken]]]


def begin(
    *,
    channel: str,
    provider: str,
    lease: uuid.UUID,
    now: dt.datetime,
    limit: int,
    cut: Cut,
    suspects: bool = False,
) -> Look:
    """Let the next of a channel begin to leave: of up to `limit` of them, those that `cut` puts
    into calls. `suspects` are those that a worker was lost with: they leave by themselves."""
    with transaction.atomic():
        rows = _look(channel=channel, now=now, limit=limit, suspects=suspects)
        stopped = _stop([(row[0], row[9]) for row in rows if row[9]], now=now)
        taken = _one_a_reader([_taken(row) for row in rows if not row[9]])
        if suspects:
            taken = _few(taken)
        calls = cut(taken)
        ids = [each.letter.id for call in calls for each in call]
        if ids:
            with connection.cursor() as cursor:
                cursor.execute(BEGIN, [lease, now + LEASE, now, provider, ids])
    counting.stopped([row[9] for row in rows if row[9]], channel=channel)
    left = sum(not row[9] for row in rows) - len(ids)
    return Look(more=len(rows) == limit, begun=calls, stopped=stopped, left=left)


def waits(*, channels: list[str], now: dt.datetime) -> bool:
    """Whether anything is due, though it be locked or follow something that is on its way."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [channels, now])
        return bool(cursor.fetchone()[0])


def expire(*, channel: str, now: dt.datetime) -> int:
    """Give up what waited too long to be of use: for a channel that nothing can leave by now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EXPIRED, [channel, now, now])
        late = [(row[0], "expired") for row in cursor.fetchall()]
        return sum(_stop(late, now=now).values())


def give_up(*, channel: str, now: dt.datetime, limit: int, reason: str) -> dict[str, int]:
    """Nothing can leave by this channel at all, and nothing will: what is due fails."""
    with transaction.atomic():
        rows = _look(channel=channel, now=now, limit=limit, suspects=False)
        rows += _look(channel=channel, now=now, limit=limit, suspects=True)
        ended = _stop([(row[0], row[9] or reason) for row in rows], now=now)
    counting.stopped([row[9] or reason for row in rows], channel=channel)
    return ended


def renew(*, ids: list[uuid.UUID], lease: uuid.UUID, now: dt.datetime) -> None:
    """The calls still last, and we are alive."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [now + LEASE, ids, lease])


def _look(*, channel: str, now: dt.datetime, limit: int, suspects: bool) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "channel": channel,
            "now": now,
            "limit": limit,
            "suspects": suspects,
            "reminders": list(REMINDERS),
        }
        cursor.execute(LOOK, values)
        rows = cursor.fetchall()
    return _texts_that_may_leave(rows, now=now) if channel == Channel.SMS else rows


def _texts_that_may_leave(
    rows: list[tuple[Any, ...]], *, now: dt.datetime
) -> list[tuple[Any, ...]]:
    """The rows, with the reason in those that may not."""
    due = [row for row in rows if not row[9]]
    reasons = texts.refused([(row[2], row[5]) for row in due], now=now)
    why = {row[0]: reason for row, reason in zip(due, reasons, strict=True) if reason}
    return [(*row[:9], why.get(row[0], row[9])) for row in rows]


def _taken(row: tuple[Any, ...]) -> Taken:
    id_, template, recipient, language, context, patient_id, about, attempts, losses, _stop = row
    letter = Letter(
        id=id_,
        template=template,
        recipient=recipient,
        language=language,
        context=orjson.loads(context),
        patient_id=patient_id,
        about=about,
    )
    return Taken(letter, attempts, losses)


def _one_a_reader(taken: list[Taken]) -> list[Taken]:
    first: dict[tuple[object, ...], Taken] = {}
    for each in taken:
        first.setdefault(each.reader, each)
    return list(first.values())


def _few(suspects: list[Taken]) -> list[Taken]:
    """Those lost once in small company; who was lost twice goes alone."""
    once = [each for each in suspects if each.losses == 1]
    return once[:FEW] or suspects[:1]


def _stop(ended: list[tuple[uuid.UUID, str]], *, now: dt.datetime) -> dict[str, int]:
    """Void what is useless by now, fail what must not be sent (and try another channel)."""
    if not ended:
        return {}
    ids = [id_ for id_, _reason in ended]
    statuses = [
        MessageStatus.VOID.value if reason in USELESS else MessageStatus.FAILED.value
        for _id, reason in ended
    ]
    with connection.cursor() as cursor:
        cursor.execute(STOP, [SECRETS, ids, statuses, [reason for _id, reason in ended]])
    failed = [id_ for id_, reason in ended if reason not in USELESS]
    fallback.write(ids=failed, now=now)
    counts = {
        MessageStatus.VOID.value: len(ids) - len(failed),
        MessageStatus.FAILED.value: len(failed),
    }
    return {status: count for status, count in counts.items() if count}
