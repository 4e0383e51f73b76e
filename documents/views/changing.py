"""What the family decides: with whom a document is shared, what it is called, whether it stays."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from documents import operations
from documents.forms import DescribeForm
from documents.models import Document
from documents.operations import DocumentError, NotYours
from documents.operations.errors import GoneForGood
from documents.operations.reading import look_up
from documents.queries import decides_over
from documents.views.common import address, by, of_documents, user_of, uuid_or_404


@of_documents
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """GET asks with which doctor, POST shares."""
    user, now = user_of(request), timezone.now()
    document = _decided(document_id, user)
    problem = None
    if request.method == "POST":
        try:
            doctor_id = uuid_or_404(request.POST.get("doctor") or str(uuid.UUID(int=0)))
            shared = operations.share(
                document_id=document_id, doctor_id=doctor_id, user=user, by=by(request), now=now
            )
        except NotYours:
            raise
        except DocumentError as error:
            problem = error
        else:
            said = _("%(doctor)s can read this document now.") % {"doctor": shared.doctor}
            messages.success(request, said)
            return redirect("document", document_id=document_id)
    context = {
        "document": document,
        "person": document.patient,
        "is_own": document.patient.user_id == user.pk,
        "doctors": operations.doctors_to_offer(document, now=now),
        "problem": problem,
    }
    return render(request, "documents/share.html", context, status=400 if problem else 200)


@of_documents
@require_POST
def withdraw(request: HttpRequest, document_id: uuid.UUID, doctor_id: uuid.UUID) -> HttpResponse:
    withdrawn = operations.withdraw(
        document_id=document_id,
        doctor_id=doctor_id,
        user=user_of(request),
        by=by(request),
        now=timezone.now(),
    )
    if withdrawn:
        messages.success(request, _("You share it no longer."))
    return redirect("document", document_id=document_id)


@of_documents
@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Another name, or what it is."""
    user = user_of(request)
    document = _decided(document_id, user)
    shown = {"name": document.name, "kind": document.kind}
    form = DescribeForm(request.POST if request.method == "POST" else None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            operations.describe(
                document_id=document_id,
                name=form.cleaned_data["name"],
                kind=form.cleaned_data["kind"],
                user=user,
                by=by(request),
                now=timezone.now(),
            )
        except NotYours:
            raise
        except DocumentError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("document", document_id=document_id)
    context = {"document": document, "person": document.patient, "form": form}
    return render(request, "documents/describe.html", context, status=400 if form.errors else 200)


@of_documents
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """GET asks, POST does; it can be undone for some days."""
    user = user_of(request)
    document = _decided(document_id, user)
    problem: DocumentError | None = (
        operations.MustStay() if operations.must_stay(document) else None
    )
    if request.method == "POST":
        try:
            operations.delete(
                document_id=document_id, user=user, by=by(request), now=timezone.now()
            )
        except NotYours:
            raise
        except DocumentError as error:
            problem = error
        else:
            messages.success(request, _deleted())
            return redirect(address("documents", document.patient))
    context = {
        "document": document,
        "person": document.patient,
        "problem": problem,
        "undo_days": settings.DOCUMENT_UNDO_DAYS,
    }
    status = 409 if problem and request.method == "POST" else 200
    return render(request, "documents/delete.html", context, status=status)


@of_documents
@require_POST
def restore(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    try:
        document = operations.restore(
            document_id=document_id, user=user_of(request), by=by(request), now=timezone.now()
        )
    except GoneForGood as error:
        messages.error(request, str(error))
        return redirect(address("documents", error.patient))
    messages.success(request, _("The document is back."))
    return redirect(address("documents", document.patient))


def _decided(document_id: uuid.UUID, user: User) -> Document:
    """What is changed only by who decides over it; to others the page is not there."""
    now = timezone.now()
    document, _ground = look_up(document_id=document_id, user=user, now=now)
    if not decides_over(user=user, document=document, now=now):
        raise NotYours
    return document


def _deleted() -> str:
    days = settings.DOCUMENT_UNDO_DAYS
    return ngettext(
        "Deleted. You can have it back for %(days)s day, below.",
        "Deleted. You can have it back for %(days)s days, below.",
        days,
    ) % {"days": days}
