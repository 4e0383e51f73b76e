"""How long a document is kept, by what it is.

Laws differ by state and by payer; the years below are the longest of the federal rules that name
some, and what most states' medical boards ask for. A clinic sets its own by DOCUMENT_KEEP_YEARS
("result=7,consent=6") and DOCUMENT_KEEP_MINORS_UNTIL_AGE, and asks its counsel which.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accounts.models import Patient
from documents.models import Kind

YEARS: dict[str, int] = {
    # Ordering and referring: 7 years from the date of service (42 CFR 424.516(f)).
    Kind.REFERRAL: 7,
    # Part of the medical record. Medicare Advantage: 10 years (42 CFR 422.504(d)); hospitals
    # 5 (42 CFR 482.24(b)(1)), and states 5 to 10.
    Kind.RESULT: 10,
    # Hospitals' radiology 5 years (42 CFR 482.26(d)(2)); mammograms up to 10
    # (21 CFR 900.12(c)(4)(i)).
    Kind.IMAGING: 10,
    Kind.LETTER: 10,  # as results
    # Orders: 7 years (42 CFR 424.516(f)); records of controlled substances 2 (21 CFR 1304.04(a)).
    Kind.PRESCRIPTION: 7,
    # Claims may be questioned for 10 years (31 USC 3731(b)(2)).
    Kind.INSURANCE: 10,
    # Authorizations and other required papers: 6 years (45 CFR 164.316(b)(2)(i), 164.530(j)(2)).
    Kind.CONSENT: 6,
    Kind.OTHER: 10,  # nobody knows what it is: as the medical record
}


def keep_until(kind: str, patient: Patient, now: dt.datetime) -> dt.date:
    """The last day on which a document of this kind must be there, counted from `now`.

    What is of a child is kept until the child is of the age that is set, or as many years as an
    adult's, whichever is later. Whose birthday is unknown may be a child of today: losing a
    child's record early is worse than keeping an adult's for longer.
    Raises ImproperlyConfigured when the setting names no kind.
    """
    today = now.date()
    adult = years_after(today, years(kind))
    born = patient.date_of_birth or today
    if years_after(born, ADULT_AT) <= today:
        return adult
    return max(adult, years_after(born, settings.DOCUMENT_KEEP_MINORS_UNTIL_AGE))


ADULT_AT = 18


def years(kind: str) -> int:
    """For how many years after the last treatment this kind is kept."""
    chosen = settings.DOCUMENT_KEEP_YEARS
    unknown = set(chosen) - set(Kind.values)
    if unknown or any(each < 0 for each in chosen.values()):
        raise ImproperlyConfigured(
            "DOCUMENT_KEEP_YEARS: kinds of documents are "
            f"{', '.join(Kind.values)}, each with a number of years."
        )
    return chosen.get(kind, YEARS[kind])


def years_after(day: dt.date, count: int) -> dt.date:
    """The same day of the calendar; of a 29th of February the 1st of March in other years."""
    try:
        return day.replace(year=day.year + count)
    except ValueError:
        return dt.date(day.year + count, 3, 1)
