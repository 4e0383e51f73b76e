"""What every change by the family begins with: the row, locked, and the right to change it."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.models import User
from documents.models import Document
from documents.models.document import DocumentQuerySet
from documents.operations.errors import NotYours
from documents.queries import decides_over


def locked_for(
    document_id: uuid.UUID,
    *,
    user: User,
    now: dt.datetime,
    among: DocumentQuerySet | None = None,
) -> Document:
    """The document, locked until the transaction ends. `among`: those that are kept.

    Raises NotYours: also to those who may read it, and decide nothing.
    """
    rows = Document.objects.kept() if among is None else among
    locked = rows.select_for_update(of=("self",)).select_related("patient")
    document = locked.filter(pk=document_id).first()
    if document is None or not decides_over(user=user, document=document, now=now):
        raise NotYours
    return document
