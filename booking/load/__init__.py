"""A clinic with years behind it: as many invented visits as are asked for, made in the database.

`resting` takes indexes and constraints away while the rows are written and makes them again, so
that each still proves every row; `statements` are the rows; `loading` runs it in one transaction.
"""

from booking.load.loading import PASSWORD_LOGINS, AlreadyLoaded, Summary, load

__all__ = ["PASSWORD_LOGINS", "AlreadyLoaded", "Summary", "load"]
