"""The arithmetic of rooms and equipment: which of them a visit can have. No database, no clock."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from booking.availability import Clear, Fit, Span

# For each need of a visit type, the resources that satisfy it, those to be preferred first.
Needs = Sequence[Sequence[uuid.UUID]]


@dataclass(frozen=True, slots=True)
class Uses:
    """The rooms and equipment of one visit, one for each need, and for how long."""

    span: Span
    resources: tuple[uuid.UUID, ...]


def assign(needs: Needs, free: Collection[uuid.UUID]) -> tuple[uuid.UUID, ...] | None:
    """A free resource for each need, none twice; None when there is no such choice.

    A need that only one room satisfies is served before one that has many to choose from. Every
    choice is tried, so that None means that none will do.
    """
    open_to = [[one for one in need if one in free] for need in needs]
    scarcest_first = sorted(range(len(needs)), key=lambda index: len(open_to[index]))
    chosen: dict[int, uuid.UUID] = {}

    def choose(depth: int) -> bool:
        if depth == len(scarcest_first):
            return True
        index = scarcest_first[depth]
        for resource in open_to[index]:
            if resource in chosen.values():
                continue
            chosen[index] = resource
            if choose(depth + 1):
                return True
            del chosen[index]
        return False

    return tuple(chosen[index] for index in range(len(needs))) if choose(0) else None


class FreeRooms:
    """Answers quickly, of many starts, whether a visit could have its rooms then."""

    def __init__(self, needs: Needs, used: Mapping[uuid.UUID, Iterable[Span]]) -> None:
        self._needs = needs
        resources = {resource for need in needs for resource in need}
        self._clear = {resource: Clear(used.get(resource, ())) for resource in resources}
        self._answers: dict[frozenset[uuid.UUID], bool] = {}

    def at(self, span: Span) -> frozenset[uuid.UUID]:
        """Those of the resources that are free for the whole of `span`."""
        return frozenset(one for one, clear in self._clear.items() if clear.of(span))

    def have_room_for(self, fit: Fit) -> bool:
        free = self.at(fit.busy)
        if free not in self._answers:
            self._answers[free] = assign(self._needs, free) is not None
        return self._answers[free]
