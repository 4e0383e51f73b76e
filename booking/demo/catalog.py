"""The invented clinic: what it is called, and the kinds of visit it offers."""

from __future__ import annotations

from typing import Any, NamedTuple

CLINIC = {
    "name": "Alder Street Clinic",
    "address": "1420 West Alder Street\nChicago, IL 60622",
    "phone": "+1 312 555 0199",
    "email": "hello@demo.example",
    "time_zone": "America/Chicago",
    "language": "en",
    "opening_text": (
        "Monday to Friday 7:00 am to 8:00 pm, Saturday 8:00 am to 1:00 pm.\n"
        "In an emergency call 911."
    ),
}

GENERAL, CHILDREN, WOMEN, SKIN, HEART = "general", "children", "women", "skin", "heart"
HOUR, DAY = 60, 24 * 60


class Kind(NamedTuple):
    """A visit type, and which doctors (by what they practise) offer it."""

    fields: dict[str, Any]
    offered_by: frozenset[str]
    weight: int  # how often it is asked for


def _kind(weight: int, offered_by: set[str], **fields: Any) -> Kind:
    return Kind(fields, frozenset(offered_by), weight)


KINDS = [
    _kind(
        34,
        {GENERAL, WOMEN},
        slug="consultation",
        name="Consultation",
        description="Something new, or something that has come back: talk it over with a doctor.",
        what_to_bring="A list of the medicines you take",
        price="$85",
        minutes=20,
        notice_minutes=2 * HOUR,
    ),
    _kind(
        14,
        {GENERAL, CHILDREN, WOMEN, SKIN, HEART},
        slug="follow-up",
        name="Follow-up",
        description="A short look at how it is going since your last visit.",
        price="$45",
        minutes=15,
        notice_minutes=HOUR,
    ),
    _kind(
        12,
        {GENERAL},
        slug="first-visit",
        name="First visit",
        description="New here? We take the time to get to know you and your history.",
        what_to_bring="A photo ID, your insurance card and your vaccination record",
        documents_asked="The results of your last blood test\nLetters of other doctors",
        price="$140",
        minutes=40,
        notice_minutes=4 * HOUR,
    ),
    _kind(
        10,
        {GENERAL},
        slug="annual-physical",
        name="Annual physical",
        description="A full check-up with blood tests. Please come without breakfast.",
        what_to_bring="Your insurance card; come fasting (water is fine)",
        price="$210",
        minutes=60,
        notice_minutes=DAY,
    ),
    _kind(
        10,
        {GENERAL, CHILDREN},
        slug="vaccination",
        name="Vaccination",
        description="Flu, tetanus, travel and childhood vaccines.",
        what_to_bring="Your vaccination record",
        price="$30 and the vaccine",
        minutes=15,
        notice_minutes=HOUR,
        change_notice_minutes=2 * HOUR,
        horizon_days=30,
    ),
    _kind(
        10,
        {CHILDREN},
        slug="child-checkup",
        name="Child check-up",
        description="Growth, hearing, eyes and vaccines, for children from birth to 17.",
        what_to_bring="The child's vaccination record; a favourite toy helps",
        price="$95",
        minutes=30,
        notice_minutes=4 * HOUR,
    ),
    _kind(
        6,
        {SKIN},
        slug="skin-procedure",
        name="Small skin procedure",
        description="Removing or sampling a mole or a wart, under local anaesthetic.",
        what_to_bring="The referral, and a list of blood thinners that you take",
        price="from $180",
        minutes=30,
        buffer_before=10,
        buffer_after=15,
        notice_minutes=2 * DAY,
        change_notice_minutes=2 * DAY,
    ),
    _kind(
        4,
        {HEART},
        slug="heart-assessment",
        name="Heart assessment",
        description=(
            "ECG, ultrasound and a long talk. We look at each request and answer within two"
            " working days."
        ),
        what_to_bring="The referral and earlier findings",
        price="$320",
        minutes=50,
        notice_minutes=3 * DAY,
        change_notice_minutes=2 * DAY,
        needs_approval=True,
    ),
]

# Rooms and devices: two visits never have one of them at once.
RESOURCES = {
    "Procedure room 1": "room",
    "Procedure room 2": "room",
    "Ultrasound": "equipment",
}
# What each visit of a type needs: for each need, any one of these.
NEEDS = {
    "skin-procedure": {"Procedure room": ["Procedure room 1", "Procedure room 2"]},
    "heart-assessment": {"Ultrasound": ["Ultrasound"]},
}
