"""A text costs money, and rings: no number gets them without end, whoever asks for them and why.

Somebody who books and cancels all day, or whose program does, would otherwise ring a phone that may
not even be theirs, at the clinic's cost. What is beyond goes by mail, or to the list of whom to
call.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import connection

WITHIN = dt.timedelta(days=1)
REASON = "too many texts"

# By when they were written, which never changes; what is leaving at this moment counts.
COUNT = """
SELECT recipient, count(*) FROM notifications_message
 WHERE channel = 'sms' AND recipient = ANY(%s) AND created_at > %s
   AND (sent_at IS NOT NULL OR status = 'sending')
 GROUP BY recipient
"""


def beyond(numbers: Sequence[str], *, now: dt.datetime) -> list[bool]:
    """Of texts that are due, in their order: which are more than SMS_PER_NUMBER_A_DAY allows."""
    most = settings.SMS_PER_NUMBER_A_DAY
    if not numbers or not most:
        return [False] * len(numbers)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [list(set(numbers)), now - WITHIN])
        counts: dict[str, int] = dict(cursor.fetchall())
    found = []
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
        found.append(counts[number] > most)
    return found
