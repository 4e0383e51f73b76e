"""What changes rows of this app besides the outbox and delivery."""

from notifications.operations.suppressing import AlreadyLifted, lift, suppress

__all__ = ["AlreadyLifted", "lift", "suppress"]
