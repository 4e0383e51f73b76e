"""Reads about time off: which visits stand in it, and what has become of each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from booking import messages
from booking.models import AffectedVisit, Appointment, Proposal, Status, TimeOff
from booking.models.appointment import MOVABLE
from notifications import outbox


class Outcome(StrEnum):
    OPEN = "open"
    MOVED = "moved"
    KEPT = "kept"
    ENDED = "ended"  # cancelled, declined, lapsed
    CAME = "came"  # was seen all the same


@dataclass(frozen=True)
class Line:
    """One visit of the time off, as it is now."""

    affected: AffectedVisit
    outcome: Outcome
    proposal: Proposal | None  # the latest
    sent: tuple[str, dt.datetime | None] | None = None  # its message's status, and when it left

    @property
    def visit(self) -> Appointment:
        return self.affected.appointment

    @property
    def is_open(self) -> bool:
        return self.outcome == Outcome.OPEN

    @property
    def has_declined(self) -> bool:
        return self.proposal is not None and self.proposal.status == Proposal.Status.DECLINED

    @property
    def is_asked(self) -> bool:
        """Times were proposed to the patient, who has not answered yet."""
        return self.proposal is not None and self.proposal.status == Proposal.Status.OPEN


@dataclass(frozen=True)
class Sheet:
    lines: list[Line]

    @property
    def open_lines(self) -> list[Line]:
        return [line for line in self.lines if line.is_open]

    @property
    def done_lines(self) -> list[Line]:
        return [line for line in self.lines if not line.is_open]

    @property
    def total(self) -> int:
        return len(self.lines)

    @property
    def done(self) -> int:
        return self.total - len(self.open_lines)

    @property
    def asked(self) -> int:
        return sum(line.is_asked for line in self.open_lines)


def may_look(user: Any) -> bool:
    return bool(user.has_perm("booking.change_appointment") or user.own_doctor)


def visible_to(user: Any) -> QuerySet[TimeOff]:
    """Staff see everybody's, a doctor the own; to others there is none."""
    found = TimeOff.objects.select_related("clinic", "doctor")
    if user.has_perm("booking.change_appointment"):
        return found
    return found.filter(doctor=user.own_doctor) if user.own_doctor else found.none()


def outcome_of(affected: AffectedVisit, time_off: TimeOff) -> Outcome:
    """What became of a visit; its own row says it, but for its being kept."""
    visit = affected.appointment
    if visit.status in (Status.CHECKED_IN, Status.COMPLETED):
        return Outcome.CAME
    if visit.status not in MOVABLE:
        return Outcome.ENDED
    if visit.doctor_id != time_off.doctor_id and time_off.doctor_id is not None:
        return Outcome.MOVED
    if visit.end <= time_off.start or visit.start >= time_off.end:
        return Outcome.MOVED
    return Outcome.KEPT if affected.kept_at else Outcome.OPEN


def sheet_of(time_off: TimeOff, *, now: dt.datetime) -> Sheet:
    """Every visit of the time off, in the order in which they stand or stood."""
    rows = list(
        time_off.affected.exclude(appointment__status__in=[Status.HELD, Status.EXPIRED])
        .select_related("appointment__patient__user", "appointment__doctor")
        .select_related("appointment__visit_type__clinic")
        .order_by("appointment__start", "pk")
    )
    proposals = _latest_proposals(rows)
    fates = _fates(proposals.values())
    return Sheet(
        [
            Line(row, outcome_of(row, time_off), proposals.get(row.pk), fates.get(row.pk))
            for row in rows
        ]
    )


def _fates(proposals: Iterable[Proposal]) -> dict[int, tuple[str, dt.datetime | None]]:
    keys = {messages.proposal_key(some): some.affected_id for some in proposals}
    found = outbox.fates(dedupe_keys=keys)
    return {row: found[key] for key, row in keys.items() if key in found and row is not None}


def _latest_proposals(rows: Iterable[AffectedVisit]) -> dict[int, Proposal]:
    """Without those that wait for an answer which would no longer be taken."""
    outdated = Q(status=Proposal.Status.OPEN) & ~Q(version=F("appointment__version"))
    proposals = Proposal.objects.filter(affected__in=[row.pk for row in rows]).exclude(outdated)
    found = proposals.order_by("made_at")
    return {proposal.affected_id: proposal for proposal in found if proposal.affected_id}


def still_open() -> Q:
    """Of affected visits, those with which nobody has dealt: the words of `outcome_of` in SQL."""
    return (
        Q(kept_at__isnull=True, appointment__status__in=MOVABLE)
        & Q(appointment__start__lt=F("time_off__end"), appointment__end__gt=F("time_off__start"))
        & (Q(time_off__doctor__isnull=True) | Q(appointment__doctor=F("time_off__doctor")))
    )


def unsettled(*, user: Any, now: dt.datetime) -> list[TimeOff]:
    """The time off that is not over and has open visits, with how many: the next first."""
    left = AffectedVisit.objects.filter(still_open(), time_off__end__gt=now)
    counts: dict[int, int] = defaultdict(int)
    for pk, number in left.values_list("time_off").annotate(Count("pk")):
        counts[pk] = number
    found = list(visible_to(user).filter(pk__in=counts).order_by("start"))
    for time_off in found:
        time_off.open_visits = counts[time_off.pk]  # type: ignore[attr-defined]
    return found
