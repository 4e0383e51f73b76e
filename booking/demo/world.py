"""What the demonstration has built so far, for its later steps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from accounts.models import Clinic, Doctor, Patient, Role, User
from booking.models import VisitType
from clinic.lib.actor import Actor


@dataclass(slots=True)
class World:
    clinic: Clinic
    now: dt.datetime
    today: dt.date
    users: dict[Role, User]
    doctors: dict[str, Doctor] = field(default_factory=dict)  # by name
    kinds: dict[str, VisitType] = field(default_factory=dict)  # by slug
    offering: dict[str, list[Doctor]] = field(default_factory=dict)  # by slug
    adults: list[Patient] = field(default_factory=list)
    children: list[Patient] = field(default_factory=list)
    demo_patient: Patient = field(default_factory=Patient)

    def day(self, offset: int) -> dt.date:
        return self.today + dt.timedelta(days=offset)

    def actor(self, role: Role) -> Actor:
        """The demo login of that role, as the one who does something."""
        user = self.users[role]
        return Actor(kind="user", user_id=str(user.pk), roles=frozenset({role.value}))
