from celery import shared_task
from django.utils import timezone

from notifications import delivery, ping, retention


@shared_task
def deliver_due() -> dict[str, int]:
    """Send whatever is due: on a hint after a commit, and every few seconds as a sweep."""
    ping.hint.heard()
    return delivery.deliver_due()


@shared_task
def clean_up() -> int:
    return retention.forget_contents(now=timezone.now())
