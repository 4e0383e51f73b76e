"""Legal holds: what is on hold is neither deleted nor purged nor erased, whoever asks."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents.models import Document
from documents.operations.errors import DocumentError

HOLDERS = frozenset({Role.STAFF.value, Role.OPERATOR.value})


class HoldRefused(DocumentError):
    """A hold that is not placed or not lifted."""


class NotYoursToHold(HoldRefused):
    sentence = _("Legal holds are for the clinic's staff and operators.")


class ReasonNeeded(HoldRefused):
    sentence = _("Say why this document is on hold.")


class AlreadyGone(HoldRefused):
    sentence = _(
        "This document is deleted or no longer there. Take it back first, if you still can."
    )


class NotOnHold(HoldRefused):
    sentence = _("This document is not on hold.")


class AlreadyOnHold(HoldRefused):
    sentence = _("This document is on hold already.")


def place_hold(*, document_id: uuid.UUID, reason: str, by: Actor, now: dt.datetime) -> Document:
    """Keep a document whatever happens, for a reason (at most 200 characters; it stays out of the
    audit trail). Raises HoldRefused.

    Also one that is still being uploaded: what is asked for by a court is not only what is ready.
    """
    reason = reason.strip()[:200]
    _insist(by)
    if not reason:
        raise ReasonNeeded
    with transaction.atomic():
        document = _locked(document_id)
        if document is None or document.deleted_at is not None:
            raise AlreadyGone
        if document.held_at is not None:
            raise AlreadyOnHold
        document.held_at, document.held_reason = now, reason
        document.held_by = uuid.UUID(by.user_id) if by.user_id else None
        document.save(update_fields=["held_at", "held_by", "held_reason"])
        _record("document.held", document, by=by, now=now)
    return document


def lift_hold(*, document_id: uuid.UUID, by: Actor, now: dt.datetime) -> Document:
    """End a hold; what should have gone meanwhile goes with the next daily run. Raises
    HoldRefused."""
    _insist(by)
    with transaction.atomic():
        document = _locked(document_id)
        if document is None or document.held_at is None:
            raise NotOnHold
        document.held_at, document.held_by, document.held_reason = None, None, ""
        document.save(update_fields=["held_at", "held_by", "held_reason"])
        _record("document.hold_lifted", document, by=by, now=now)
    return document


def _insist(by: Actor) -> None:
    if by.kind != "system" and not by.roles & HOLDERS:
        raise NotYoursToHold


def _locked(document_id: uuid.UUID) -> Document | None:
    return Document.objects.select_for_update(no_key=True).filter(pk=document_id).first()


def _record(action: str, document: Document, *, by: Actor, now: dt.datetime) -> None:
    record_audit(action=action, subject=document, patient_id=document.patient_id, by=by, now=now)
