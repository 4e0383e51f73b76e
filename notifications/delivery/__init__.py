"""Sending what is due: who may leave is settled in the database, the calls are made beside it.

docs/decisions/delivery.md says why it is built as it is.
"""

from notifications.delivery.run import deliver_due

__all__ = ["deliver_due"]
