"""What is asked for: a clinic, days, and perhaps one doctor or visit type."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from accounts.models import Clinic
from clinic.lib.times import day_bounds

# Two years and a little: what one page still counts without keeping others waiting.
LONGEST_DAYS = 750


@dataclass(frozen=True, slots=True)
class Scope:
    """Visits of `clinic` that start from the local day `first` to `last`, both included."""

    clinic: Clinic
    first: dt.date
    last: dt.date
    doctor_id: uuid.UUID | None = None
    visit_type_id: uuid.UUID | None = None

    def params(self) -> dict[str, Any]:
        """The values that the queries name."""
        zone = self.clinic.zone
        return {
            "clinic": self.clinic.pk,
            "zone": zone.key,
            "start": day_bounds(self.first, zone)[0],
            "end": day_bounds(self.last, zone)[1],
            "doctor": self.doctor_id,
            "visit_type": self.visit_type_id,
        }

    def codes(self) -> dict[str, str]:
        """For the audit trail: days and ids, no words."""
        found = {
            "clinic": str(self.clinic.pk),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
        }
        if self.doctor_id:
            found["doctor"] = str(self.doctor_id)
        if self.visit_type_id:
            found["visit_type"] = str(self.visit_type_id)
        return found
