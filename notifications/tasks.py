from celery import shared_task

from notifications import delivery, ping


@shared_task
def deliver_due() -> dict[str, int]:
    """Send whatever is due: on a hint after a commit, and every few seconds as a sweep."""
    ping.heard()
    return delivery.deliver_due()
