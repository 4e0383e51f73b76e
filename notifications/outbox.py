"""Writing messages. They leave later: `notifications.delivery`, called by a Celery task."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.db.models import Q
from psycopg.types.json import Jsonb

from notifications import ping
from notifications.catalog import KINDS
from notifications.models import Message, MessageStatus

INSERT = """
INSERT INTO notifications_message
    (id, dedupe_key, template, recipient, language, context, about, status, created_at,
     send_after, expires_at, attempts, error)
VALUES (%s, %s, %s, %s, %s, %s, %s, 'queued', %s, %s, %s, 0, '')
ON CONFLICT (dedupe_key) DO NOTHING
"""


class UnknownTemplate(Exception):
    """No message has this name; see notifications.catalog."""


class BadRecipient(Exception):
    """This is no address that mail can go to."""


def enqueue(
    *,
    template: str,
    recipient: str,
    dedupe_key: str,
    context: dict[str, Any],
    now: dt.datetime,
    language: str = "en",
    about: str = "",
    send_after: dt.datetime | None = None,
    expires_at: dt.datetime | None = None,
) -> Message | None:
    """Record a message in the transaction of its cause. None when this cause was told before.

    `dedupe_key` names the cause and its version ("appointment:<id>:v2:moved"); `about` what it
    speaks of ("appointment:<id>"), for `void`. `context` is plain JSON, already in the words and
    the zone of its reader; a text under `calendar` is attached as a calendar file. Raises
    UnknownTemplate or BadRecipient.
    """
    if template not in KINDS:
        raise UnknownTemplate(template)
    _check_recipient(recipient)
    message = Message(
        id=uuid.uuid4(),
        dedupe_key=dedupe_key,
        template=template,
        recipient=recipient,
        language=language,
        context=context,
        about=about,
        created_at=now,
        send_after=send_after or now,
        expires_at=expires_at,
    )
    if not _insert(message):
        return None
    message._state.adding = False  # it is there now, though not by Django's own way
    if message.send_after <= now:
        ping.hint.on_commit()
    return message


def void(*, about: str, now: dt.datetime, template: str = "") -> int:
    """Take back every message about something that has not left yet, or only those of one
    template. Returns how many.

    One that a worker is sending at this moment is stopped too: it looks once more just before.
    If it had handed the mail over already, its record that it was sent wins.
    """
    waiting = Message.objects.filter(
        about=about,
        # Failed ones too: staff may try those again, and they must not speak of what is no more.
        status__in=[MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.FAILED],
    )
    if template:
        waiting = waiting.filter(template=template)
    return waiting.update(status=MessageStatus.VOID, lease=None, leased_until=None)


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
        if failed.update(status=MessageStatus.QUEUED, send_after=now, attempts=0, error=""):
            queued.append(message)
    if queued:
        ping.hint.on_commit()
    return queued


def _insert(message: Message) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                message.id,
                message.dedupe_key,
                message.template,
                message.recipient,
                message.language,
                Jsonb(message.context),  # type: ignore[list-item]  # psycopg's own
                message.about,
                message.created_at,
                message.send_after,
                message.expires_at,
            ],
        )
        return cursor.rowcount == 1


def _check_recipient(recipient: str) -> None:
    try:
        validate_email(recipient)  # also refuses line breaks
    except ValidationError as error:
        raise BadRecipient from error
