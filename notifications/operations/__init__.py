"""What changes rows of this app besides the outbox and delivery."""

from notifications.operations.calling import mark_called
from notifications.operations.resending import (
    AddressSuppressed,
    AlreadyResent,
    Expired,
    Forgotten,
    NoLongerTrue,
    NotOver,
    NotResent,
    Secret,
    replay,
    replayable,
    resend,
)
from notifications.operations.suppressing import AlreadyLifted, lift, suppress
from notifications.operations.wishes import opt_in, opt_out

__all__ = [
    "AddressSuppressed",
    "AlreadyLifted",
    "AlreadyResent",
    "Expired",
    "Forgotten",
    "NoLongerTrue",
    "NotOver",
    "NotResent",
    "Secret",
    "lift",
    "mark_called",
    "opt_in",
    "opt_out",
    "replay",
    "replayable",
    "resend",
    "suppress",
]
