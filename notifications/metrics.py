"""How messages are doing, in numbers: for `message_stats`, and for machines at /metrics.

Each is read from an index over what waits or failed, or from the last hour: none reads the whole
table. Nothing in here names anybody.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import structlog
from django.db.models import Count, Min

from clinic.lib import dead_letters
from notifications.models import (
    LEFT,
    Attempt,
    Message,
    MessageStatus,
    Outcome,
    Priority,
    Suppression,
)

logger = structlog.get_logger(__name__)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass(frozen=True)
class Stats:
    # By channel and priority; those that are due, and those meant for later.
    queued: dict[str, int]
    later: int
    sending: int
    oldest_seconds: float  # how long the oldest that is due has waited; 0: none is
    sent_last_minute: int
    sent_last_hour: int
    # Of the last day, by the first word of the reason.
    failed: dict[str, int]
    bounced: int
    overtaken: int
    # Calls of the last day to which a worker that died left no answer: each may be a second mail.
    possible_duplicates: int
    suppressed: int
    dead_letters: int | None  # None: the broker does not answer


def read(*, now: dt.datetime) -> Stats:
    queued = Message.objects.filter(status=MessageStatus.QUEUED)
    due = queued.filter(send_after__lte=now)
    by_kind = due.values_list("channel", "priority").annotate(Count("pk")).order_by()
    oldest = due.aggregate(oldest=Min("send_after"))["oldest"]
    # By when they were written: that is what the index of the newest goes by.
    recent = Message.objects.filter(created_at__gt=now - DAY)
    left = Message.objects.filter(status__in=LEFT, created_at__gt=now - DAY)
    missed = recent.filter(status__in=["failed", "bounced", "complained"])
    reasons: Counter[str] = Counter()
    for error, number in (
        missed.filter(status=MessageStatus.FAILED)
        .values_list("error")
        .annotate(Count("pk"))
        .order_by()
    ):
        reasons[(error.split(":")[0].split(" ")[0]) or "unknown"] += number
    lost = Attempt.objects.filter(outcome=Outcome.LOST, ended_at__gt=now - DAY)
    return Stats(
        queued={
            f"{channel} {Priority(priority).name.lower()}": number
            for channel, priority, number in by_kind
        },
        later=queued.filter(send_after__gt=now).count(),
        sending=Message.objects.filter(status=MessageStatus.SENDING).count(),
        oldest_seconds=(now - oldest).total_seconds() if oldest else 0.0,
        sent_last_minute=left.filter(sent_at__gt=now - MINUTE).count(),
        sent_last_hour=left.filter(sent_at__gt=now - HOUR).count(),
        failed=dict(reasons),
        bounced=missed.filter(status=MessageStatus.BOUNCED).count(),
        overtaken=recent.overtaken_on_the_way().count(),
        possible_duplicates=lost.count(),
        suppressed=Suppression.objects.filter(lifted_at__isnull=True).count(),
        dead_letters=_dead_letters(),
    )


def prometheus(stats: Stats) -> str:
    """The text format that Prometheus reads."""
    lines: list[str] = []

    def gauge(name: str, what: str, values: dict[str, float | int]) -> None:
        lines.append(f"# HELP clinic_messages_{name} {what}")
        lines.append(f"# TYPE clinic_messages_{name} gauge")
        lines.extend(f"clinic_messages_{name}{labels} {value}" for labels, value in values.items())

    def one(value: float | int) -> dict[str, float | int]:
        return {"": value}

    by_kind: dict[str, float | int] = {}
    for kind, number in stats.queued.items():
        channel, priority = kind.split(" ")
        by_kind[f'{{channel="{channel}",priority="{priority}"}}'] = number
    gauge("queued", "Due and not sent.", by_kind or one(0))
    gauge("later", "Meant for later.", one(stats.later))
    gauge("sending", "In a worker's hands.", one(stats.sending))
    gauge("oldest_seconds", "How long the oldest that is due waits.", one(stats.oldest_seconds))
    gauge("sent_per_second", "Over the last minute.", one(round(stats.sent_last_minute / 60, 3)))
    gauge("sent_last_hour", "Taken by the providers.", one(stats.sent_last_hour))
    reasons: dict[str, float | int] = {
        f'{{reason="{_plain(reason)}"}}': number for reason, number in stats.failed.items()
    }
    gauge("failed_last_day", "By reason.", reasons or one(0))
    gauge("bounced_last_day", "Not delivered.", one(stats.bounced))
    gauge("overtaken_last_day", "Left as their visit changed.", one(stats.overtaken))
    gauge("possible_duplicates_last_day", "Calls left open.", one(stats.possible_duplicates))
    gauge("suppressed", "Addresses nothing goes to.", one(stats.suppressed))
    if stats.dead_letters is not None:
        gauge("dead_letters", "Work no worker could do.", one(stats.dead_letters))
    return "\n".join(lines) + "\n"


def _plain(reason: str) -> str:
    return "".join(letter for letter in reason if letter.isalnum() or letter in "_-.")[:60]


def _dead_letters() -> int | None:
    try:
        return dead_letters.count()
    except Exception as error:  # whatever the broker's client raises
        logger.warning("dead-letters-not-counted", error=type(error).__name__)
        return None
