"""Writing messages. They leave later: `notifications.delivery`, called by a Celery task."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.db.models import Q
from psycopg.types.json import Jsonb

from clinic.lib.phones import validate_e164
from clinic.lib.storable import storable_json
from notifications import ping
from notifications.catalog import KINDS, REMINDERS
from notifications.models import LEFT, Channel, Message, MessageStatus

# One statement for one message or for thousands: each column is an array.
INSERT = """
INSERT INTO notifications_message
    (id, dedupe_key, template, channel, recipient, language, context, about, patient_id,
     stands_in_for_id, priority, status, created_at, send_after, expires_at, attempts, losses,
     provider, provider_id, error)
SELECT id, dedupe_key, template, channel, recipient, language, context, about, patient_id,
       stands_in_for_id, priority, 'queued', %s, send_after, expires_at, 0, 0, '', '', ''
  FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
              %s::text[], %s::uuid[], %s::uuid[], %s::smallint[], %s::timestamptz[],
              %s::timestamptz[])
       AS new(id, dedupe_key, template, channel, recipient, language, context, about, patient_id,
              stands_in_for_id, priority, send_after, expires_at)
ON CONFLICT (dedupe_key) DO NOTHING
RETURNING id
"""

# The same for what the database itself puts together, tens of thousands at a time.
INSERT_SELECTED = """
INSERT INTO notifications_message
    (id, dedupe_key, template, channel, recipient, language, context, about, patient_id,
     stands_in_for_id, priority, status, created_at, send_after, expires_at, attempts, losses,
     provider, provider_id, error)
SELECT gen_random_uuid(), dedupe_key, %(template)s, channel, recipient, language, context, about,
       patient_id, NULL, %(priority)s, 'queued', %(now)s, %(now)s, expires_at, 0, 0, '', '', ''
  FROM ({selected}) new
ON CONFLICT (dedupe_key) DO NOTHING
"""

# One statement, so that no message can pass from one of its halves to the other in between. The
# failed ones too: staff may try those again, and they must not speak of what is no more.
TOO_LATE = "(status = ANY(%(left)s) OR status = 'sending' AND begun_at IS NOT NULL)"
VOID = f"""
UPDATE notifications_message
   SET status = CASE WHEN {TOO_LATE} THEN status ELSE 'void' END,
       overtaken_at = CASE WHEN {TOO_LATE} THEN %(now)s END,
       lease = CASE WHEN {TOO_LATE} THEN lease END,
       leased_until = CASE WHEN {TOO_LATE} THEN leased_until END
 WHERE status <> 'void' AND overtaken_at IS NULL"""  # noqa: S608 (no value is put in)
ABOUT = """
   AND about = %(about)s AND about <> '' AND (%(template)s = '' OR template = %(template)s)
RETURNING status
"""
HOLD_REMINDERS = """
UPDATE notifications_message SET send_after = %(until)s
 WHERE id IN (SELECT id FROM notifications_message
               WHERE status = 'queued' AND template = ANY(%(reminders)s) AND send_after < %(until)s
                 AND (channel = 'sms' OR expires_at IS NULL OR expires_at > %(until)s)
                 FOR UPDATE SKIP LOCKED)
"""
REMINDERS_OF = """
   AND patient_id = %(patient)s AND template = ANY(%(reminders)s)
RETURNING status
"""


class UnknownTemplate(Exception):
    """No message has this name, or none for this channel; see notifications.catalog."""


class BadRecipient(Exception):
    """This is no address that mail, or number that a text message, can go to."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message to be written.

    `dedupe_key` names the cause and its version ("appointment:<id>:v2:moved"); `about` what it
    speaks of ("appointment:<id>"), for `void`. `context` is plain JSON, already in the words and
    the zone of its reader; a text under `calendar` is attached as a calendar file.
    `priority` is the kind's own unless it is given.
    """

    template: str
    recipient: str
    dedupe_key: str
    context: dict[str, Any]
    channel: str = Channel.EMAIL
    language: str = "en"
    about: str = ""
    patient_id: uuid.UUID | None = None
    stands_in_for_id: uuid.UUID | None = None
    priority: int | None = None
    send_after: dt.datetime | None = None
    expires_at: dt.datetime | None = None


def enqueue(
    *,
    template: str,
    recipient: str,
    dedupe_key: str,
    context: dict[str, Any],
    now: dt.datetime,
    channel: str = Channel.EMAIL,
    language: str = "en",
    about: str = "",
    patient_id: uuid.UUID | None = None,
    stands_in_for_id: uuid.UUID | None = None,
    priority: int | None = None,
    send_after: dt.datetime | None = None,
    expires_at: dt.datetime | None = None,
) -> Message | None:
    """Record a message in the transaction of its cause; see Draft. None when this cause was told
    before. Raises UnknownTemplate or BadRecipient."""
    draft = Draft(
        template=template,
        recipient=recipient,
        dedupe_key=dedupe_key,
        context=context,
        channel=channel,
        language=language,
        about=about,
        patient_id=patient_id,
        stands_in_for_id=stands_in_for_id,
        priority=priority,
        send_after=send_after,
        expires_at=expires_at,
    )
    _check(draft)
    written = _insert([draft], now=now)
    return _as_written(written[0], draft, now=now) if written else None


def enqueue_many(drafts: Sequence[Draft], *, now: dt.datetime) -> int:
    """Record many at once, in one statement; returns how many were new.

    One that cannot be (see `enqueue`) raises before anything is written.
    """
    for draft in drafts:
        _check(draft)
    return len(_insert(drafts, now=now))


def enqueue_selected(
    *, template: str, selected: str, params: Mapping[str, Any], now: dt.datetime
) -> int:
    """Record what a SELECT yields, one message a row, in one statement; returns how many were new.

    `selected` yields dedupe_key, channel, recipient, language, context, about, patient_id and
    expires_at, as `Draft` has them; it is SQL of the caller's own, with `params` by name. Addresses
    are as they come: one that cannot be fails alone, when it is to leave.
    """
    kind = KINDS[template]
    values = {**params, "template": template, "priority": kind.priority, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(INSERT_SELECTED.format(selected=selected), values)
        written = cursor.rowcount
    if written:
        ping.hint.on_commit()
    return written


def can_be_sent(draft: Draft) -> bool:
    """Whether `enqueue_many` would take it."""
    try:
        _check(draft)
    except (UnknownTemplate, BadRecipient):
        return False
    return True


def void(*, about: str, now: dt.datetime, template: str = "") -> int:
    """Take back every message about something that has not begun to leave, or only those of one
    template. Returns how many.

    What has begun cannot be stopped any more: it is marked as overtaken, is not tried a second
    time, and nothing stands in for it should it not arrive.
    """
    return _take_back(
        VOID + ABOUT, {"about": about, "template": template, "now": now, "left": list(LEFT)}
    )


def void_reminders(*, patient_id: uuid.UUID, now: dt.datetime) -> int:
    """Take back a patient's reminders, as `void` does. Returns how many had not begun to leave."""
    values = {"patient": patient_id, "reminders": list(REMINDERS), "now": now, "left": list(LEFT)}
    return _take_back(VOID + REMINDERS_OF, values)


def hold_reminders(*, until: dt.datetime) -> int:
    """Let reminders that wait to leave do so at `until` at the earliest: in the morning. Mails that
    would be useless then leave at once all the same. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_REMINDERS, {"until": until, "reminders": list(REMINDERS)})
        return cursor.rowcount


def _take_back(statement: str, values: dict[str, Any]) -> int:
    """Again until there is nothing more: we may have waited for a transaction that wrote another
    message (a stand-in), which no statement sees that began before."""
    voided = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, values)
            rows = cursor.fetchall()
            voided += sum(status == MessageStatus.VOID for (status,) in rows)
            if not rows:
                return voided


def fates(*, dedupe_keys: Iterable[str]) -> dict[str, tuple[str, dt.datetime | None]]:
    """What became of the messages whose keys begin with these: status, and when it was sent.

    Where there are several to one (two carers) the one that got furthest speaks.
    """
    keys = list(dedupe_keys)
    if not keys:
        return {}
    wanted = reduce(or_, (Q(dedupe_key__startswith=key) for key in keys))
    rows = Message.objects.filter(wanted).values_list("dedupe_key", "status", "sent_at")
    found: dict[str, tuple[str, dt.datetime | None]] = {}
    for full, status, sent_at in rows:
        key = next(key for key in keys if full.startswith(key))
        if key not in found or sent_at is not None:
            found[key] = (status, sent_at)
    return found


def queue_again(*, messages: list[Message], now: dt.datetime) -> list[Message]:
    """Give failed messages a new start. Returns those that were failed indeed.

    What has been emptied (codes, and contents after a month) has nothing to say any more.
    """
    queued = []
    for message in messages:
        failed = Message.objects.filter(pk=message.pk, status=MessageStatus.FAILED)
        failed = failed.exclude(context={})
        if failed.update(
            status=MessageStatus.QUEUED,
            send_after=now,
            attempts=0,
            losses=0,
            begun_at=None,
            settled_at=None,
            error="",
        ):
            queued.append(message)
    if queued:
        ping.hint.on_commit()
    return queued


def has_words(template: str, *, channel: str) -> bool:
    """Whether a message of this kind can be sent by this channel."""
    kind = KINDS.get(template)
    return kind is not None and channel in kind.channels


def _insert(drafts: Sequence[Draft], *, now: dt.datetime) -> list[uuid.UUID]:
    if not drafts:
        return []
    columns: list[list[Any]] = [
        [uuid.uuid4() for _draft in drafts],
        [draft.dedupe_key for draft in drafts],
        [draft.template for draft in drafts],
        [draft.channel for draft in drafts],
        [draft.recipient for draft in drafts],
        [draft.language for draft in drafts],
        [Jsonb(draft.context, dumps=storable_json) for draft in drafts],
        [draft.about for draft in drafts],
        [draft.patient_id for draft in drafts],
        [draft.stands_in_for_id for draft in drafts],
        [_priority(draft) for draft in drafts],
        [draft.send_after or now for draft in drafts],
        [draft.expires_at for draft in drafts],
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [now, *columns])
        written = [row[0] for row in cursor.fetchall()]
    if written and any((draft.send_after or now) <= now for draft in drafts):
        ping.hint.on_commit()
    return written


def _as_written(pk: uuid.UUID, draft: Draft, *, now: dt.datetime) -> Message:
    """The row, without asking the database for what is known here."""
    values = {**vars(draft), "priority": _priority(draft), "send_after": draft.send_after or now}
    message = Message(id=pk, created_at=now, **values)
    message._state.adding = False  # it is there now, though not by Django's own way
    return message


def _priority(draft: Draft) -> int:
    return KINDS[draft.template].priority if draft.priority is None else draft.priority


def _check(draft: Draft) -> None:
    if not has_words(draft.template, channel=draft.channel):
        raise UnknownTemplate(f"{draft.template} by {draft.channel}")
    try:
        if draft.channel == Channel.SMS:
            validate_e164(draft.recipient)
        else:
            validate_email(draft.recipient)  # also refuses line breaks
    except ValidationError as error:
        raise BadRecipient from error
