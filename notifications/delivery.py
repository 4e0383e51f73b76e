"""Sending: claim a batch, commit, look once more at each, send it, record what became of it.

A worker that dies leaves its claims to run out; the next sweep takes them up. That a mail leaves
twice is possible only when a worker dies between the provider's answer and the record of it.
"""

from __future__ import annotations

import datetime as dt
import random
import smtplib
import uuid

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from notifications.catalog import KINDS
from notifications.models import Message, MessageStatus
from notifications.rendering import render

logger = structlog.get_logger(__name__)

BATCH = 100
BATCHES_PER_RUN = 100
LEASE = dt.timedelta(minutes=2)
FIRST_RETRY = dt.timedelta(seconds=30)
AWAY_RETRY = dt.timedelta(seconds=60)
LONGEST_RETRY = dt.timedelta(hours=4)
# A record given up for the sake of somebody's lock would send its mail twice.
WAIT_LONGER = "SET LOCAL lock_timeout = '30s'"


class ProviderAway(Exception):
    """No mail can be handed over at the moment; says nothing of any one message."""


def deliver_due() -> dict[str, int]:
    """Send all that is due, batch by batch. Returns how many messages ended in which state."""
    counts: dict[str, int] = {}
    for _batch in range(BATCHES_PER_RUN):
        now = timezone.now()
        lease = uuid.uuid4()
        expire(now=now)
        claimed = claim(lease=lease, now=now)
        if not claimed:
            break
        try:
            _deliver(claimed, lease=lease, counts=counts)
        except ProviderAway:
            logger.warning("provider-away", messages=len(claimed))
            break
    if counts:
        logger.info("delivered", **counts)
    return counts


def expire(*, now: dt.datetime) -> int:
    """Give up what came too late to be of use (a code that has run out)."""
    late = Message.objects.due(now=now).filter(expires_at__lte=now)
    return late.update(
        status=MessageStatus.VOID, lease=None, leased_until=None, error="expired", context={}
    )


def claim(*, lease: uuid.UUID, now: dt.datetime, limit: int | None = None) -> list[Message]:
    """Take up to `limit` (or BATCH) due messages under a lease.

    Those that another worker is taking are passed by.
    """
    with transaction.atomic():
        due = Message.objects.due(now=now).order_by("send_after")
        claimed = list(due.select_for_update(skip_locked=True)[: limit or BATCH])
        for message in claimed:
            message.status = MessageStatus.SENDING
            message.lease = lease
            message.leased_until = now + LEASE
            message.attempts += 1
        Message.objects.bulk_update(claimed, ["status", "lease", "leased_until", "attempts"])
    return claimed


def _deliver(claimed: list[Message], *, lease: uuid.UUID, counts: dict[str, int]) -> None:
    connection = get_connection()
    try:
        for position, message in enumerate(claimed):
            if not _still_ours(message, lease=lease):
                outcome = "skipped"
            else:
                try:
                    outcome = _send(message, connection=connection, lease=lease)
                except ProviderAway as error:
                    for waiting in claimed[position:]:
                        _keep(waiting, lease=lease, error=str(error))
                    raise
            counts[outcome] = counts.get(outcome, 0) + 1
    finally:
        _close(connection)


def _still_ours(message: Message, *, lease: uuid.UUID) -> bool:
    """Look once more, just before: it may have been taken back, or our lease passed on.

    Renews the lease of this one message, so that a slow batch outlives it.
    """
    ours = Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING, lease=lease)
    return ours.update(leased_until=timezone.now() + LEASE) == 1


def _send(message: Message, *, connection: BaseEmailBackend, lease: uuid.UUID) -> str:
    try:
        mail = render(message)
    except Exception as error:  # a template or context that cannot be: this message alone fails
        return _fail(message, lease=lease, error=f"render {type(error).__name__}")
    _open(connection)
    mail.connection = connection
    try:
        mail.send()
    except smtplib.SMTPException as error:
        return _refused(message, error, connection=connection, lease=lease)
    except OSError as error:  # the line broke; the next message opens it again
        _close(connection)
        return _put_back(message, lease=lease, error=type(error).__name__)
    except Exception as error:  # a mail that the library cannot even write
        return _fail(message, lease=lease, error=type(error).__name__)
    return _record_sent(message)


def _open(connection: BaseEmailBackend) -> None:
    """Raises ProviderAway."""
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise ProviderAway(type(error).__name__) from error


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (smtplib.SMTPException, OSError) as error:
        logger.info("mail-close", error=type(error).__name__)


def _refused(
    message: Message,
    error: smtplib.SMTPException,
    *,
    connection: BaseEmailBackend,
    lease: uuid.UUID,
) -> str:
    """Answers of 500 and more are final, others are tried again."""
    # After a refusal the session may be in any state; the next message starts with a new one.
    _close(connection)
    codes = _codes(error)
    text = f"{type(error).__name__} {' '.join(map(str, codes))}".strip()
    if codes and all(code >= 500 for code in codes):
        return _fail(message, lease=lease, error=text)
    return _put_back(message, lease=lease, error=text)


def _codes(error: smtplib.SMTPException) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _text in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [error.smtp_code]
    return []


def _fail(message: Message, *, lease: uuid.UUID, error: str) -> str:
    logger.warning("message-failed", message=str(message.pk), error=error)
    kind = KINDS.get(message.template)  # none: that may be why it failed
    emptied: dict[str, object] = {"context": {}} if kind and kind.secret else {}
    return _record(message, lease=lease, status=MessageStatus.FAILED, error=error[:200], **emptied)


def _put_back(message: Message, *, lease: uuid.UUID, error: str) -> str:
    """Try again later, later each time; give up when the next wait would pass four hours."""
    wait = FIRST_RETRY * 2 ** (message.attempts - 1)
    if wait > LONGEST_RETRY:
        return _fail(message, lease=lease, error=error)
    return _record(
        message,
        lease=lease,
        status=MessageStatus.QUEUED,
        send_after=timezone.now() + _spread(wait),
        error=error[:200],
    )


def _keep(message: Message, *, lease: uuid.UUID, error: str) -> str:
    """Wait for a provider that is away, however long: that was no attempt at this message.

    Only `expires_at` ends the wait.
    """
    return _record(
        message,
        lease=lease,
        status=MessageStatus.QUEUED,
        send_after=timezone.now() + _spread(AWAY_RETRY),
        attempts=message.attempts - 1,
        error=error[:200],
    )


def _spread(wait: dt.timedelta) -> dt.timedelta:
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 (spreads retries, guards nothing)


def _record(message: Message, *, lease: uuid.UUID, status: MessageStatus, **values: object) -> str:
    """Only while the lease is ours: what was taken back meanwhile stays as it is."""
    ours = Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING, lease=lease)
    changed = ours.update(status=status, lease=None, leased_until=None, **values)
    return status.value if changed else "overtaken"


def _record_sent(message: Message) -> str:
    """Whoever holds the row by now, and whatever was to become of it: the mail has left.

    One that was taken back in that moment must not read as never sent, and one whose lease
    passed on need not leave again.
    """
    values: dict[str, object] = {"context": {}} if KINDS[message.template].secret else {}
    unrecorded = Message.objects.filter(pk=message.pk).exclude(status=MessageStatus.SENT)
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(WAIT_LONGER)
        changed = unrecorded.update(
            status=MessageStatus.SENT,
            sent_at=timezone.now(),
            lease=None,
            leased_until=None,
            error="",
            **values,
        )
    return MessageStatus.SENT.value if changed else "overtaken"
