"""What became of every row, and how fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from booking.invariants import Result

# Whose breaking is a double booking.
DOUBLE = ("doctor_is_not_double_booked", "patient_is_not_double_booked", "slot_has_one_owner")


class Unaccounted(AssertionError):
    """A row was neither booked nor refused: a mistake of the replay itself."""


@dataclass(slots=True)
class Report:
    clinic: str = ""
    workers: int = 0
    doctors: int = 0
    patients: int = 0
    slots: int = 0
    read: int = 0
    booked: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    # Of an interrupted replay: rows whose turn did not come, or whose outcome was not heard of.
    not_reached: int = 0
    lost_races: int = 0
    booking_seconds: float = 0.0
    durations: list[float] = field(default_factory=list)
    completed: int = 0
    no_show: int = 0
    outcome_seconds: float = 0.0
    invariants: list[Result] = field(default_factory=list)

    @property
    def broken(self) -> list[Result]:
        return [result for result in self.invariants if result.status == "broken"]

    @property
    def double_bookings(self) -> int:
        return sum(result.broken for result in self.invariants if result.name in DOUBLE)

    @property
    def per_second(self) -> float:
        return self.booked / self.booking_seconds if self.booking_seconds else 0.0

    def milliseconds(self, percent: int) -> float:
        return percentile(self.durations, percent) * 1000

    def account(self) -> None:
        """Raise Unaccounted unless every row that was read is in the table."""
        known = self.booked + self.refused.total() + self.not_reached
        if known != self.read:
            raise Unaccounted(f"{self.read} rows were read, but {known} are accounted for.")

    def facts(self) -> dict[str, Any]:
        return {
            "clinic": self.clinic,
            "workers": self.workers,
            "doctors": self.doctors,
            "patients": self.patients,
            "slots": self.slots,
            "rows_read": self.read,
            "booked": self.booked,
            "refused": dict(self.refused.most_common()),
            "not_reached": self.not_reached,
            "lost_races": self.lost_races,
            "bookings_per_second": round(self.per_second, 1),
            "booking_seconds": round(self.booking_seconds, 1),
            "p50_ms": round(self.milliseconds(50), 1),
            "p99_ms": round(self.milliseconds(99), 1),
            "completed": self.completed,
            "no_show": self.no_show,
            "outcome_seconds": round(self.outcome_seconds, 1),
            "double_bookings": self.double_bookings if self.invariants else None,
            "invariants": {
                "checks": len(self.invariants),
                "broken": [result.facts() for result in self.broken],
            },
        }

    def lines(self) -> list[str]:
        """The table for people."""
        rows: list[tuple[str, str]] = [("Rows read", f"{self.read:,}")]
        rows.append(("Booked", f"{self.booked:,}"))
        rows += [(f"Refused: {why}", f"{n:,}") for why, n in self.refused.most_common()]
        if self.not_reached:
            rows.append(("Not reached (interrupted)", f"{self.not_reached:,}"))
        rows += [
            ("Completed", f"{self.completed:,}"),
            ("Did not come", f"{self.no_show:,}"),
            ("Workers", str(self.workers)),
            ("Doctors, slots", f"{self.doctors:,}, {self.slots:,}"),
            ("Patients", f"{self.patients:,}"),
            ("Bookings per second", f"{self.per_second:,.1f}"),
            (
                "p50, p99 of a booking",
                f"{self.milliseconds(50):.0f} ms, {self.milliseconds(99):.0f} ms",
            ),
            ("Races lost and tried again", f"{self.lost_races:,}"),
            (
                "Booking, outcomes took",
                f"{self.booking_seconds:,.0f} s, {self.outcome_seconds:,.0f} s",
            ),
        ]
        if self.invariants:
            rows.append(("Double bookings", str(self.double_bookings)))
            rows.append(
                ("Invariants", f"{len(self.invariants)} checked, {len(self.broken)} broken")
            )
        width = max(len(label) for label, _value in rows)
        return [f"{label:{width}}  {value:>12}" for label, value in rows]


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` of all do not exceed (nearest rank)."""
    if not values:
        return 0.0
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[rank - 1]
