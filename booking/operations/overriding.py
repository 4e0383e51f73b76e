"""Breaking a rule of the clinic's own: who may, and what is written down of it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from booking.models import Appointment, Override
from booking.operations import rules
from booking.operations.cells import Place
from booking.operations.errors import OverrideNotAllowed, TooLong
from clinic.lib.actor import Actor

LONGEST_REASON = 500


def check_reason(override: str, *, patient_id: uuid.UUID | None, by: Actor) -> str:
    """The reason, trimmed. Raises OverrideNotAllowed or TooLong; without a reason nothing."""
    reason = override.strip()
    if not reason:
        return ""
    if by.user_id is None or not by.is_clinic or rules.looks_after(by, patient_id):
        raise OverrideNotAllowed
    if len(reason) > LONGEST_REASON:
        raise TooLong
    return reason


def write_down(
    appointment: Appointment,
    place: Place,
    broken: Iterable[Override.Rule],
    *,
    reason: str,
    by: Actor,
    now: dt.datetime,
) -> dict[str, Any]:
    """The row that tells which rules were broken, by whom and why; none when none was.

    Returns what the audit trail is to say of it: the rules, and by its id where the reason stands.
    """
    overrode = [*broken, *([Override.Rule.HOURS] if place.outside else [])]
    if not reason or not overrode:
        return {}
    row = Override.objects.create(
        appointment=appointment,
        version=appointment.version,
        rules=overrode,
        reason=reason,
        at=now,
        user_id=by.user_id,
    )
    return {"overrode": [rule.value for rule in overrode], "override": row.pk}
