"""Celery: where background work is found, and the table of what runs by the clock (beat)."""

import datetime as dt
import gc
import os
from types import TracebackType
from typing import Any

import structlog
from celery import Celery
from celery.signals import (
    beat_init,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutting_down,
)

from clinic.lib import alive, dead_letters, metrics, stopping, tracing
from clinic.lib.logs import without_words

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
# `make check` has made them; a worker would load every page of the site for them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_scheduler = "clinic.beat:Clock"

logger = structlog.get_logger(__name__)


def _every(seconds: float, task: str) -> dict[str, Any]:
    """Useless once the next one is due: a worker that was away comes back to one of each."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


MINUTE, HOUR, DAY = 60.0, 3600.0, 24 * 3600.0

# Every entry is a sweep: it may run twice, and finds by itself what an earlier run lost.
app.conf.beat_schedule = {
    "deliver-messages": _every(15.0, "notifications.tasks.deliver_due"),
    "match-provider-events": _every(15.0, "notifications.tasks.match_events"),
    "expire-holds": _every(30.0, "booking.tasks.expire_holds"),
    "offer-freed-times": _every(30.0, "booking.tasks.offer_freed_times"),
    "lapse-requests": _every(MINUTE, "booking.tasks.lapse_requests"),
    "send-reminders": _every(MINUTE, "booking.tasks.send_reminders"),
    "send-agendas": _every(10 * MINUTE, "booking.tasks.send_agendas"),
    "note-reminded": _every(HOUR, "booking.tasks.note_reminded"),
    "seal-audit": _every(30.0, "accounts.tasks.seal_audit"),
    "store-audit-head": _every(5 * MINUTE, "accounts.tasks.store_head"),
    "generate-slots": _every(HOUR, "booking.tasks.generate_slots"),
    "clean-up-people": _every(DAY, "accounts.tasks.clean_up"),
    "clean-up-messages": _every(DAY, "notifications.tasks.clean_up"),
    "sweep-uploads": _every(MINUTE, "documents.tasks.sweep_uploads"),
    "purge-documents": _every(DAY, "documents.tasks.purge"),
    "sweep-orphans": _every(DAY, "documents.tasks.sweep_orphans"),
    "measure": _every(MINUTE, "clinic.tasks.measure"),
    "clean-up-bookings": _every(HOUR, "booking.tasks.clean_up"),
}


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Celery would replace the structured logs with its own format."""


@worker_ready.connect
def show_life(*, sender: Any, **kwargs: object) -> None:
    """By the timer of its own loop: where that hangs, the file grows old."""
    alive.show()
    sender.timer.call_repeatedly(10.0, alive.show)


@worker_shutting_down.connect
def end_early(**kwargs: object) -> None:
    """Asked to stop: what works in batches ends with the one it has."""
    stopping.begin()


@worker_init.connect
@beat_init.connect
def trace(**kwargs: object) -> None:
    """Before the pool is made: its processes inherit what is watched."""
    tracing.begin()


@task_prerun.connect
def say_which_task(*, task_id: str, task: Any, **kwargs: object) -> None:
    """In each log line of it."""
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


@task_postrun.connect
def say_it_no_more(**kwargs: object) -> None:
    structlog.contextvars.clear_contextvars()


@worker_process_init.connect
def leave_code_to_itself(**kwargs: object) -> None:
    """What is loaded by now stays: looking through it for garbage is a fifth of what sending
    thousands of messages costs."""
    gc.freeze()


@worker_process_shutdown.connect
def tell_the_rest(**kwargs: object) -> None:
    """A worker's process ends without Python's own farewells."""
    metrics.flush()
    tracing.flush()


@task_failure.connect
def log_failure(
    *,
    sender: Any,
    task_id: str,
    exception: BaseException,
    traceback: TracebackType | None = None,
    args: Any = (),
    kwargs: Any = None,
    **more: object,
) -> None:
    """Log it without its words, and keep it: Celery would forget it."""
    metrics.count(metrics.names.TASKS_FAILED)
    logger.error("task-failed", task=sender.name, id=task_id, **without_words(exception, traceback))
    try:
        dead_letters.keep_failed(
            task=sender.name,
            task_id=task_id,
            reason=type(exception).__name__,
            args=args,
            kwargs=kwargs,
            now=dt.datetime.now(dt.UTC),
        )
    except Exception as error:  # the broker is away; the next sweep fails or does not
        logger.warning("dead-letter-lost", task=sender.name, error=type(error).__name__)
