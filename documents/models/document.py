"""A patient's file. Its bytes lie in the bucket under random keys; this row says what they are."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient


class Kind(models.TextChoices):
    """What a document is. How long each is kept: `documents.retention`."""

    REFERRAL = "referral", _("referral")
    RESULT = "result", _("test result")
    IMAGING = "imaging", _("X-ray or scan")
    LETTER = "letter", _("letter from a clinic")
    PRESCRIPTION = "prescription", _("prescription")
    INSURANCE = "insurance", _("insurance paper")
    CONSENT = "consent", _("signed form")
    OTHER = "other", _("something else")


class DocumentStatus(models.TextChoices):
    AWAITED = "awaited", _("being uploaded")  # a form was given out, nothing has arrived yet
    CHECKING = "checking", _("being checked")  # the bytes lie in quarantine
    READY = "ready", _("ready")  # the clean bytes lie under `key`: only this is ever served
    REFUSED = "refused", _("not accepted")
    LAPSED = "lapsed", _("never arrived")


class WaitsFor(models.TextChoices):
    """What has to come back before an upload can be checked; it is tried again every minute."""

    STORAGE = "storage", _("the storage")
    SPACE = "space", _("space in the storage")
    KEY = "key", _("the storage’s permission or its key")
    SCANNER = "scanner", _("the virus scanner")


HASH = r"^[0-9a-f]{64}$"
# Nothing more becomes of the upload.
DECIDED = [DocumentStatus.READY, DocumentStatus.REFUSED, DocumentStatus.LAPSED]


class DocumentQuerySet(models.QuerySet["Document"]):
    def kept(self) -> DocumentQuerySet:
        """Those that are there for people: not deleted, not waiting to be deleted."""
        return self.filter(deleted_at__isnull=True)

    def readable(self) -> DocumentQuerySet:
        """Those whose bytes may be given out."""
        return self.kept().filter(status=DocumentStatus.READY)


class Document(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A patient cannot be deleted while documents are there: `erase_patient` knows the order.
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="documents")
    kind = models.CharField(
        _("what it is"), max_length=12, choices=Kind.choices, default=Kind.OTHER
    )
    # As the patient's own file was called. Private: in no log, address or queue.
    name = models.CharField(_("name"), max_length=150)
    status = models.CharField(
        _("status"), max_length=8, choices=DocumentStatus.choices, default=DocumentStatus.AWAITED
    )
    # Why it was refused: a code of `documents.checking.refusals`.
    refusal = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(_("added"))
    # As `Actor.label`, and the login if there was one: patient, carer, doctor or staff.
    created_by = models.CharField(max_length=60)
    created_by_user = models.UUIDField(null=True, blank=True)

    # What came in, in quarantine. The version that was looked at is the one that was meant.
    upload_key = models.CharField(max_length=100, unique=True)
    upload_version = models.CharField(max_length=128, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    declared_type = models.CharField(max_length=60, blank=True)  # by the browser: a hint
    # Who is checking it now, and until when nobody else does; how many died over it.
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    losses = models.PositiveSmallIntegerField(default=0)
    # The last time somebody began to, and what was away then; empty: nothing.
    tried_at = models.DateTimeField(null=True, blank=True)
    waits_for = models.CharField(max_length=8, choices=WaitsFor.choices, blank=True)

    # What is served.
    key = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=128, blank=True)
    content_type = models.CharField(_("type"), max_length=60, blank=True)
    size = models.PositiveBigIntegerField(_("size"), null=True, blank=True)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # Codes of what was taken out ("javascript", "location").
    removed = models.JSONField(_("taken out"), default=list, blank=True)
    # Whether a virus scanner saw it; without one staff are told so.
    scanned = models.BooleanField(_("scanned for viruses"), default=False)

    # How long it must be kept; None: as long as the record is.
    keep_until = models.DateField(_("keep until"), null=True, blank=True)
    # Neither retention nor anybody's wish removes what is on hold.
    held_at = models.DateTimeField(_("on legal hold since"), null=True, blank=True)
    held_by = models.UUIDField(null=True, blank=True)
    held_reason = models.CharField(_("reason of the hold"), max_length=200, blank=True)
    # Deleted by somebody, and gone for good after DOCUMENT_UNDO_DAYS.
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    deleted_by = models.UUIDField(null=True, blank=True)
    # Its bytes are being removed for good: there is no way back from here.
    purging_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        permissions = [("hold_document", "Can place and lift legal holds")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=DocumentStatus.values), name="document_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="ready")
                | (
                    ~Q(key="") & ~Q(version="") & Q(size__gt=0) & Q(sha256__regex=r"^[0-9a-f]{64}$")
                ),
                name="document_ready_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(status="ready") | Q(key=""), name="document_served_when_ready"
            ),
            models.CheckConstraint(
                condition=Q(status="refused") ^ Q(refusal=""), name="document_refused_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(lease__isnull=True, leased_until__isnull=True)
                | Q(lease__isnull=False, leased_until__isnull=False, status="checking"),
                name="document_lease_when_checking",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True) | ~Q(held_reason=""),
                name="document_held_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True) | Q(deleted_at__isnull=True),
                name="document_held_is_kept",
            ),
            models.CheckConstraint(
                condition=Q(purging_at__isnull=True)
                | Q(deleted_at__isnull=False, held_at__isnull=True),
                name="document_purged_was_deleted",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="document_of_patient"),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["awaited", "checking"]),
                name="document_undecided",
            ),
            models.Index(
                fields=["deleted_at"],
                condition=Q(deleted_at__isnull=False),
                name="document_deleted",
            ),
            models.Index(
                fields=["keep_until"],
                condition=Q(keep_until__isnull=False),
                name="document_kept_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
