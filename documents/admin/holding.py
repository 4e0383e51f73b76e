"""Legal holds in the portal: for the few who may read documents, from a document's own page."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.portal import page, show
from clinic.lib.actor import Actor
from documents import operations
from documents.forms import HoldForm
from documents.models import Document
from documents.operations import HoldRefused

TEMPLATE = "admin/documents/hold.html"
HOLD = "documents.hold_document"


@page("documents/<uuid:document_id>/hold/", name="documents_hold", permission=HOLD)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Keep it whatever happens; the reason is asked for."""
    document = _document(document_id)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            operations.place_hold(
                document_id=document_id,
                reason=form.cleaned_data["reason"],
                by=Actor.from_request(request),
                now=timezone.now(),
            )
            messages.success(request, _("The document is on hold: nothing removes it."))
        except HoldRefused as error:
            messages.error(request, str(error))
        return _back(document)
    status = 400 if form.is_bound else 200
    title = _("Put on hold")
    return show(request, TEMPLATE, status=status, title=title, document=document, form=form)


@page("documents/<uuid:document_id>/lift/", name="documents_lift", permission=HOLD)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """What was kept by the hold alone goes after it; so this is asked first."""
    document = _document(document_id)
    if request.method == "POST":
        try:
            operations.lift_hold(
                document_id=document_id, by=Actor.from_request(request), now=timezone.now()
            )
            messages.success(request, _("The hold is lifted."))
        except HoldRefused as error:
            messages.error(request, str(error))
        return _back(document)
    return show(request, TEMPLATE, title=_("Lift the hold"), document=document)


def _document(document_id: uuid.UUID) -> Document:
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        raise Http404
    return document


def _back(document: Document) -> HttpResponse:
    return redirect("admin:documents_document_change", document.pk)
