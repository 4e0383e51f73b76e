"""The queues of background work, and how each kind of broker is spoken to."""

from __future__ import annotations

from typing import Any

from kombu import Exchange, Queue

DEFAULT = "default"
# Sending, and what writes thousands of messages: none of it ever stands before a freed time that
# somebody waits for, or before a hold that has to end.
MESSAGES = "messages"
# Checking patients' files takes seconds each, and as much memory as a file may cost.
DOCUMENTS = "documents"

NAMES = (DEFAULT, MESSAGES, DOCUMENTS)

ROUTES = {
    "notifications.tasks.deliver_due": {"queue": MESSAGES},
    "booking.tasks.send_reminders": {"queue": MESSAGES},
    "booking.tasks.send_agendas": {"queue": MESSAGES},
    "documents.tasks.verify": {"queue": DOCUMENTS},
    "documents.tasks.sweep_uploads": {"queue": DOCUMENTS},
}

# Seconds. What a worker has taken and not finished is given to another one after the second; so
# nothing may run for longer than the first.
LONGEST_TASK = 15 * 60
TAKEN_FOR = 2 * LONGEST_TASK

# One try, a second at most: where a request waits for it.
IMPATIENT: dict[str, Any] = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "max_retries": 0,
    "connect_retries_timeout": 1,
    "client-config": {
        "connect_timeout": 1,
        "read_timeout": 1,
        "retries": {"total_max_attempts": 1},
    },
}


def is_sqs(broker_url: str) -> bool:
    return broker_url.startswith("sqs")


def queues() -> list[Queue]:
    return [Queue(name, Exchange(name), routing_key=name) for name in NAMES]


def transport_options(broker_url: str, *, region: str, urls: dict[str, str]) -> dict[str, Any]:
    """What kombu is told of the broker. `urls`: of each queue, on SQS.

    The queues are made beforehand (docs/operators.md): nothing of ours may create any.
    """
    if not is_sqs(broker_url):
        return {"socket_connect_timeout": 1, "socket_timeout": 5, "visibility_timeout": TAKEN_FOR}
    return {
        "region": region,
        "predefined_queues": {name: {"url": url, "region": region} for name, url in urls.items()},
        "visibility_timeout": TAKEN_FOR,
        # Long polls, by each queue's own request: a message is seen when it comes.
        "wait_time_seconds": 10,
        "polling_interval": 0.1,
        # A long poll must be waited for; other calls end sooner by themselves.
        "client-config": {
            "connect_timeout": 2,
            "read_timeout": 15,
            "retries": {"total_max_attempts": 2, "mode": "standard"},
        },
    }
