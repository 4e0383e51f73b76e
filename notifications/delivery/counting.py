"""Of each message that has ended, that it has: by channel, for whoever watches."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from clinic.lib import metrics
from clinic.lib.metrics import names
from notifications.models import MessageStatus

# Nobody misses these: they end as void. For any other reason they have failed.
USELESS = ("expired", "reminders stopped")
OF_STATUS = {
    MessageStatus.SENT.value: names.MESSAGES_SENT,
    MessageStatus.FAILED.value: names.MESSAGES_FAILED,
}


def told(channels: Mapping[uuid.UUID, str], statuses: Mapping[uuid.UUID, str]) -> None:
    """After a call, and after its record has committed. `channels`: of each message in it."""
    ended = Counter((channels[id_], status) for id_, status in statuses.items())
    for (channel, status), number in ended.items():
        if metric := OF_STATUS.get(status):
            metrics.count(metric, number, Channel=channel)


def stopped(reasons: Sequence[str], *, channel: str) -> None:
    """Messages that were not let begin, by the reason of each."""
    failed = [reason for reason in reasons if reason not in USELESS]
    if failed:
        metrics.count(names.MESSAGES_FAILED, len(failed), Channel=channel)
    suppressed = sum(reason.startswith("suppressed") for reason in failed)
    if suppressed:
        metrics.count(names.MESSAGES_SUPPRESSED, suppressed, Channel=channel)
