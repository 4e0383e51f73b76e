"""Proof over the whole database that what docs and constraints promise is so.

The constraints make most of it impossible; these checks do not trust them. Each is one set-based
question whose answer is the rows that break a promise, and no row is what should come back.
"""

from booking.invariants.check import Check, Result
from booking.invariants.proof import CHECKS, prove

__all__ = ["CHECKS", "Check", "Result", "prove"]
