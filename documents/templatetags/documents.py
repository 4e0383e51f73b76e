"""What pages say of a document, in words."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings

from documents.checking import refusals
from documents.models import Document
from documents.operations import errors

register = template.Library()


@register.filter
def why_refused(document: Document) -> str:
    """What was wrong with the file, and what to do."""
    return refusals.sentence(document.refusal)


@register.filter
def what_was_removed(document: Document) -> str:
    """“programs, where the photo was taken”; "" when nothing was."""
    return ", ".join(refusals.removed_words(document.removed))


@register.filter
def gone_on(document: Document, zone: ZoneInfo) -> dt.date:
    """The day from which a deleted document cannot be had back."""
    assert document.deleted_at is not None
    gone = document.deleted_at + dt.timedelta(days=settings.DOCUMENT_UNDO_DAYS)
    return gone.astimezone(zone).date()


@register.simple_tag
def refusal_text(name: str) -> str:
    """A refusal that the page's script may have to say before anything is sent."""
    refusal: errors.UploadRefused = getattr(errors, name)()
    return str(refusal)
