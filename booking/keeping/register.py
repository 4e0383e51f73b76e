"""What is said of a table in the register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Model, Q, QuerySet

from booking.keeping.person import Person


class Fate(StrEnum):
    """What erasing does to rows."""

    DELETED = "deleted"
    EMPTIED = "emptied"  # the row stands for what it counts, without a word of or about the person
    STANDS = "stands"


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of one table that are of a person (`of`), or an empty `Q` for those that go with
    others.

    `withheld`: columns that no export shows, and why. `empties`: columns of rows that are emptied,
    and what they become. `harmless`: columns with text in them that stay as they are, and why.
    `why`: the reason for a fate other than deletion. Without `exported` the rows are only removed.
    """

    model: type[Model]
    of: Callable[[Person], Q]
    fate: Fate
    why: str = ""
    withheld: Mapping[str, str] = field(default_factory=dict)
    empties: Mapping[str, Any] = field(default_factory=dict)
    harmless: Mapping[str, str] = field(default_factory=dict)
    exported: bool = True
    not_exported: str = ""  # why

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    def rows(self, person: Person) -> QuerySet[Any]:
        """No two of one row, however many ways lead to it."""
        keys = self.model._base_manager.filter(self.of(person)).values("pk")
        return self.model._base_manager.filter(pk__in=keys)
