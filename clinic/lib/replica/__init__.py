"""Reads that a copy of the database may answer (docs/decisions/read-replica.md).

Nothing is read from the replica unless the code that asks says so, with `read` or `may_lag`.
"""

from clinic.lib.replica.positions import ALIAS, configured, primary_position
from clinic.lib.replica.reading import connection, may_lag, read

__all__ = ["ALIAS", "configured", "connection", "may_lag", "primary_position", "read"]
