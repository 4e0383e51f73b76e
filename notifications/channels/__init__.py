"""The ways out: each takes letters and says what became of each; none knows the database."""

from notifications.channels.base import (
    Accepted,
    Letter,
    Outlet,
    ProviderAway,
    Refused,
    Result,
    SlowDown,
    Trouble,
)

__all__ = [
    "Accepted",
    "Letter",
    "Outlet",
    "ProviderAway",
    "Refused",
    "Result",
    "SlowDown",
    "Trouble",
]
