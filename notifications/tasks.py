from celery import shared_task
from django.utils import timezone

from notifications import delivery, ping, retention
from notifications.events import recording


@shared_task
def deliver_due() -> dict[str, int]:
    """Send whatever is due: on a hint after a commit, and every few seconds as a sweep."""
    ping.hint.heard()
    return delivery.deliver_due()


@shared_task
def match_events() -> int:
    """Apply what providers told before we had recorded under which id the message left."""
    return recording.match_waiting(now=timezone.now())


@shared_task
def clean_up() -> int:
    now = timezone.now()
    return retention.forget_contents(now=now) + retention.forget_strangers(now=now)
