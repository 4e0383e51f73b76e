"""Real demand, booked again: a public file of visits goes through `operations.book`.

`reading` turns the file into rows and named refusals, `building` makes a clinic that is large
enough, `workers` book and record outcomes from several processes, `report` adds it all up.
"""

from booking.replay.reading import ReplayError
from booking.replay.report import Report
from booking.replay.run import replay

__all__ = ["ReplayError", "Report", "replay"]
