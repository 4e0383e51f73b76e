"""Which texts that are due may leave after all.

A text costs money, and rings. No number gets them without end, whoever asks for them and why:
somebody who books and cancels all day would otherwise ring a phone that may not even be theirs, at
the clinic's cost. And who has taken the agreement back, or has another number by now, is not
written to at the old one, though the message waited or was sent again by hand. What may not leave
goes by mail, or to the list of whom to call.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from clinic.lib.phones import is_premium

WITHIN = dt.timedelta(days=1)
TOO_MANY = "too many texts"
NOT_AGREED = "texts not agreed to"
PREMIUM = "premium number"

# By when they were written, which never changes; what is leaving at this moment counts.
COUNT = """
SELECT recipient, count(*) FROM notifications_message
 WHERE channel = 'sms' AND recipient = ANY(%s) AND created_at > %s
   AND (sent_at IS NOT NULL OR status = 'sending')
 GROUP BY recipient
"""
# The patient's own number or a carer's: somebody said yes to texts there.
AGREED = """
SELECT phone FROM accounts_patient WHERE phone = ANY(%s) AND texts_agreed_at IS NOT NULL
"""


def refused(due: Sequence[tuple[str, uuid.UUID | None]], *, now: dt.datetime) -> list[str]:
    """Of texts that are due, as number and patient in their order: why each may not leave, or
    nothing. Those about no patient need nobody's agreement."""
    if not due:
        return []
    numbers = list({number for number, _patient in due})
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [numbers, now - WITHIN])
        counts: dict[str, int] = dict(cursor.fetchall())
        cursor.execute(AGREED, [numbers])
        agreed = {row[0] for row in cursor.fetchall()}
    found = []
    for number, patient_id in due:
        reason = NOT_AGREED if patient_id and number not in agreed else ""
        reason = PREMIUM if is_premium(number) else reason
        if not reason:
            counts[number] = counts.get(number, 0) + 1
            reason = TOO_MANY if 0 < settings.SMS_PER_NUMBER_A_DAY < counts[number] else ""
        found.append(reason)
    return found
