import datetime as dt

from axes.models import AccessAttempt
from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts.models import SignIn
from accounts.operations import heads
from accounts.operations import seal_audit as seal

KEEP_FAILED_SIGN_INS = dt.timedelta(days=30)
KEEP_SIGN_INS = dt.timedelta(days=30)


@shared_task
def seal_audit() -> int:
    """Chain the audit rows that have been finished since the last run."""
    return seal(now=timezone.now())


@shared_task
def store_head() -> bool:
    """Keep the newest seal's digest outside the database."""
    return heads.store_head(now=timezone.now())


@shared_task
def clean_up() -> None:
    """Forget failed sign-ins (they name people and addresses), and old sessions."""
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - KEEP_FAILED_SIGN_INS).delete()
    SignIn.objects.filter(seen_at__lt=timezone.now() - KEEP_SIGN_INS).delete()
    call_command("clearsessions")
