import datetime as dt

from django.db import models

# For so long a repeated request gets the first one's answer.
KEPT = dt.timedelta(hours=24)


class IdempotencyKey(models.Model):
    """A caller's key, what was asked with it, and the first final answer to it.

    While `status_code` is null the request is in flight; the lease says until when that is
    believed, so that a killed process cannot jam the key.
    """

    id = models.BigAutoField(primary_key=True)
    caller = models.CharField(max_length=80)  # "user:<uuid>" or "session:<digest>"
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and body
    lease = models.UUIDField()  # who is at work on it
    leased_until = models.DateTimeField()
    created_at = models.DateTimeField()
    status_code = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return str(self.id)
