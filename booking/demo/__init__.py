"""Invented people and visits, so that a first look at the site finds it alive.

`catalog` is the clinic and what it offers, `people` who works and comes there, `history` what
happened; all of it from a fixed seed, placed around the day on which it is loaded.
"""

from booking.demo.logins import LOGINS, PASSWORD, Login
from booking.demo.seeding import DemoError, Summary, seed

__all__ = ["LOGINS", "PASSWORD", "DemoError", "Login", "Summary", "seed"]
