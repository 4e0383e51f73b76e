"""The ways out: each takes letters and says what became of each; none knows the database."""

from __future__ import annotations

import contextlib
import os

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.channels.base import (
    Accepted,
    Letter,
    Outlet,
    ProviderAway,
    Refused,
    Result,
    SlowDown,
    Throttled,
    Trouble,
    Untried,
)
from notifications.models import Channel

__all__ = [
    "Accepted",
    "Letter",
    "NoOutlet",
    "Outlet",
    "ProviderAway",
    "Refused",
    "Result",
    "SlowDown",
    "Throttled",
    "Trouble",
    "Untried",
    "outlet_for",
]

# By the names that the settings EMAIL_OUTLET and SMS_OUTLET use; loaded when first asked for. They
# may name a class of one's own, too, with its module.
OUTLETS = {
    (Channel.EMAIL, "smtp"): "notifications.channels.smtp.SmtpOutlet",
    (Channel.EMAIL, "ses"): "notifications.channels.ses.SesOutlet",
    (Channel.SMS, "file"): "notifications.channels.file.FileOutlet",
    (Channel.SMS, "sns"): "notifications.channels.sns.SnsOutlet",
}

# One a process: a child that was forked must not talk over its parent's connections.
_kept: dict[tuple[int, str], Outlet] = {}


class NoOutlet(Exception):
    """The settings give this channel no way out."""


def outlet_for(channel: str) -> Outlet:
    """The outlet that the settings name, made once a process. Raises NoOutlet."""
    key = (os.getpid(), channel)
    if key not in _kept:
        name = settings.SMS_OUTLET if channel == Channel.SMS else settings.EMAIL_OUTLET
        path = name if "." in name else OUTLETS.get((Channel(channel), name))
        if path is None:
            raise NoOutlet(f"{channel} by {name}")
        _kept[key] = import_string(path)()
    return _kept[key]


def forget() -> None:
    """Let go of every outlet: the next one asked for is made anew, from the settings of then."""
    for outlet in _kept.values():
        with contextlib.suppress(Exception):  # whatever a line that is gone makes of it
            outlet.close()
    _kept.clear()
