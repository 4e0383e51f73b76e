"""Which documents a visit asks for, and what has come of them: reads for the pages that say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from booking.models import Appointment, Sent, WantedDocument


@dataclass(frozen=True, slots=True)
class Asked:
    """What one visit asks for, in the order in which it is asked."""

    wanted: list[WantedDocument]

    def __bool__(self) -> bool:
        return bool(self.wanted)

    def __len__(self) -> int:
        return len(self.wanted)

    @property
    def here(self) -> int:
        return sum(each.sent == Sent.HERE for each in self.wanted)

    @property
    def checking(self) -> int:
        return sum(each.sent == Sent.CHECKING for each in self.wanted)

    @property
    def missing(self) -> list[WantedDocument]:
        """Also what came and was refused: nobody can read it."""
        return [each for each in self.wanted if each.sent in (Sent.MISSING, Sent.REFUSED)]


def of_visit(visit: Appointment) -> Asked:
    """What has not been waived. Asks the database unless `look_up` has."""
    found: Iterable[WantedDocument] | None = getattr(visit, "wanted", None)
    return Asked(_in_order(visit, _rows().filter(appointment=visit) if found is None else found))


def look_up(visits: list[Appointment]) -> None:
    """For all the visits of a page, of whichever list, by one query."""
    wanted = Prefetch("wanted_documents", queryset=_rows(), to_attr="wanted")
    prefetch_related_objects(visits, wanted)


def _rows() -> QuerySet[WantedDocument]:
    return WantedDocument.objects.filter(waived_at__isnull=True).select_related("document")


def _in_order(visit: Appointment, found: Iterable[WantedDocument]) -> list[WantedDocument]:
    """As the clinic wrote them; then what it does not write any more."""
    place = {line: number for number, line in enumerate(visit.documents)}
    return sorted(found, key=lambda each: (place.get(each.what, len(place)), each.what))
