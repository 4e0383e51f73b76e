"""One document: what it is, its pages, the file itself."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from documents import operations, storage
from documents.files import ending_of
from documents.models import Document, DocumentStatus
from documents.operations.reading import look_up
from documents.queries import Ground, decides_over
from documents.views.common import by, of_documents, user_of


@of_documents
@require_safe
def document(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """A look at it is on record before anything of it is shown."""
    found, ground = operations.look_at(
        document_id=document_id, user=user_of(request), by=by(request), now=timezone.now()
    )
    return render(request, "documents/document.html", _facts(request, found, ground))


@of_documents
@require_safe
def state(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """For a page that waits: nothing while the document is being checked, then "look again"."""
    found, _ground = look_up(document_id=document_id, user=user_of(request), now=timezone.now())
    response = HttpResponse(status=204)
    if found.status != DocumentStatus.CHECKING:
        response["HX-Refresh"] = "true"
    return response


@of_documents
@require_safe
def page(request: HttpRequest, document_id: uuid.UUID, number: int) -> HttpResponse:
    """The picture of one page, from the store, for a minute."""
    found = operations.open_page(
        document_id=document_id,
        number=number,
        user=user_of(request),
        by=by(request),
        now=timezone.now(),
    )
    return redirect(
        storage.link(
            found.key,
            found.version,
            filename=f"page-{number}.jpg",
            content_type="image/jpeg",
            seconds=settings.DOCUMENT_LINK_SECONDS,
            inline=True,
        )
    )


@of_documents
@require_safe
def file(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """The file itself, from the store, for a minute. A store that is away says so here: at its own
    address nobody would."""
    found = operations.open_document(
        document_id=document_id,
        user=user_of(request),
        by=by(request),
        now=timezone.now(),
    )
    if storage.head(found.key, found.version) is None:
        raise storage.NotThere("Missing")
    return redirect(
        storage.link(
            found.key,
            found.version,
            filename=_given_name(found),
            content_type=found.content_type,
            seconds=settings.DOCUMENT_LINK_SECONDS,
        )
    )


def _given_name(document: Document) -> str:
    """Names stand in addresses, and those in logs: what it is and from when, nothing of anybody."""
    return f"{document.kind}-{document.created_at:%Y-%m-%d}.{ending_of(document.content_type)}"


def _facts(request: HttpRequest, document: Document, ground: Ground) -> dict[str, Any]:
    user, now = user_of(request), timezone.now()
    decides = decides_over(user=user, document=document, now=now)
    shares = document.shares.current().select_related("doctor").order_by("opened_at")
    return {
        "document": document,
        "person": document.patient,
        "ground": ground,
        "is_own": document.patient.user_id == user.pk,
        "decides": decides,
        "pages": document.pages.all() if document.status == DocumentStatus.READY else [],
        "shares": shares if ground.is_family else [],
    }
