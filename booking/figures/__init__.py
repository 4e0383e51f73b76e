"""What the clinic's past weeks say: use of time, lead time, cancellations, no-shows.

`scope` is what is asked for, `queries` counts in the database, `shaping` is the arithmetic of rates
and knows neither, `report` puts both together, `charts` and `table` show it.
"""

from booking.figures.report import Figures, collect
from booking.figures.scope import Scope

__all__ = ["Figures", "Scope", "collect"]
