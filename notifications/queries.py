"""Reads that other apps and delivery ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from notifications.models import Suppression

# A visit's last word did not arrive: a failed message after which none left, none waits (a
# stand-in by the other channel), and nobody has called. What was taken back counts for nothing.
# "about" is said not to be empty wherever it is compared: only then does its index serve.
NOT_REACHED = """
SELECT DISTINCT ON (m.about) m.about, m.id::text, m.status, m.channel, m.error, m.created_at
  FROM notifications_message m
 WHERE m.status IN ('failed', 'bounced') AND m.about <> '' AND m.overtaken_at IS NULL
   AND {which}
   AND NOT EXISTS (SELECT 1 FROM notifications_message later
                    WHERE later.about = m.about AND later.about <> ''
                      AND later.created_at >= m.created_at
                      AND later.status NOT IN ('failed', 'bounced', 'void'))
   AND NOT EXISTS (SELECT 1 FROM notifications_call c
                    WHERE c.about = m.about AND c.at >= m.created_at)
 ORDER BY m.about, m.created_at DESC
"""
TOLD_SINCE = """
SELECT asked.about FROM unnest(%s::text[], %s::timestamptz[]) AS asked(about, at)
 WHERE EXISTS (SELECT 1 FROM notifications_message m
                WHERE m.about = asked.about AND m.about <> '' AND m.created_at >= asked.at
                  AND m.status NOT IN ('failed', 'bounced', 'void'))
    OR EXISTS (SELECT 1 FROM notifications_call c
                WHERE c.about = asked.about AND c.at >= asked.at)
"""


@dataclass(frozen=True, slots=True)
class NotReached:
    """Of what something's last message was, and why it did not arrive."""

    about: str
    message_id: str
    status: str
    channel: str
    error: str
    at: dt.datetime


def as_suppressed(address: str) -> str:
    """An address as suppressions keep it."""
    return address.strip().lower()


def suppressed(*, channel: str, addresses: Iterable[str]) -> dict[str, str]:
    """Which of these nothing may be sent to, as they were given, and why (Suppression.Reason)."""
    asked = {address: as_suppressed(address) for address in addresses}
    if not asked:
        return {}
    live = Suppression.objects.filter(
        channel=channel, address__in=set(asked.values()), lifted_at__isnull=True
    )
    reasons = dict(live.values_list("address", "reason"))
    return {given: reasons[kept] for given, kept in asked.items() if kept in reasons}


def told_since(moments: Mapping[str, dt.datetime]) -> set[str]:
    """Which of these ("appointment:<id>") somebody was told of since the moment beside it: by a
    message that has not failed, or by phone."""
    if not moments:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(TOLD_SINCE, [list(moments), list(moments.values())])
        return {row[0] for row in cursor.fetchall()}


def not_reached(*, abouts: Iterable[str]) -> dict[str, NotReached]:
    """Those of these ("appointment:<id>") whose last message, by any channel, did not arrive."""
    asked = list(abouts)
    return _not_reached("m.about = ANY(%s)", [asked]) if asked else {}


def not_reached_since(moment: dt.datetime) -> dict[str, NotReached]:
    """The same of everything that was written about since then."""
    return _not_reached("m.created_at >= %s", [moment])


def _not_reached(which: str, values: list[Any]) -> dict[str, NotReached]:
    with connection.cursor() as cursor:
        cursor.execute(NOT_REACHED.format(which=which), values)
        return {row[0]: NotReached(*row) for row in cursor.fetchall()}
