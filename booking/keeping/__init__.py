"""Everything of one person: handed over (`exporting`) or removed (`erasing`).

Both read the same register (`tables`), which names every table of the installation. A table that is
not in it fails a test: nothing of a person is forgotten because it was added later.
"""

from booking.keeping.erasing import (
    CannotBeErased,
    Erased,
    ErasedAlready,
    Interrupted,
    erase,
    why_not_erase,
)
from booking.keeping.exporting import Exported, export
from booking.keeping.person import Person, person_of

__all__ = [
    "CannotBeErased",
    "Erased",
    "ErasedAlready",
    "Exported",
    "Interrupted",
    "Person",
    "erase",
    "export",
    "person_of",
    "why_not_erase",
]
