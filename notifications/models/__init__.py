from notifications.models.attempt import Attempt, Outcome
from notifications.models.call import Call
from notifications.models.message import (
    LEFT,
    OVER,
    Channel,
    Message,
    MessageQuerySet,
    MessageStatus,
    Priority,
)
from notifications.models.provider_event import ProviderEvent
from notifications.models.suppression import Suppression

__all__ = [
    "LEFT",
    "OVER",
    "Attempt",
    "Call",
    "Channel",
    "Message",
    "MessageQuerySet",
    "MessageStatus",
    "Outcome",
    "Priority",
    "ProviderEvent",
    "Suppression",
]
