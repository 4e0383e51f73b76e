"""What changes rows of this app besides the outbox and delivery."""

from notifications.operations.suppressing import AlreadyLifted, lift, suppress
from notifications.operations.wishes import opt_in, opt_out

__all__ = ["AlreadyLifted", "lift", "opt_in", "opt_out", "suppress"]
