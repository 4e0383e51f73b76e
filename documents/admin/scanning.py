"""A document that a patient brought to the desk: scanned, and added to the record by staff.

To add one takes no permission to read: whoever scans a letter has it in their hands.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.models import Patient
from accounts.portal import page, show
from clinic.lib.actor import Actor
from documents import operations
from documents.files import ACCEPT
from documents.forms import KindForm
from documents.operations import NotYours, UploadRefused
from documents.operations.errors import DocumentError, NothingChosen, StoreTrouble
from documents.views.common import note_trouble, remove, user_of, uuid_or_404
from documents.views.streaming import StreamedFile, ToStorage

TEMPLATE = "admin/documents/scan.html"


@page("documents/scan/", name="documents_scan", permission="documents.add_document")
@csrf_exempt  # checked below: checking reads the form, and so the file, before it can be said how
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def scan(request: HttpRequest) -> HttpResponse:
    """Of the patient in the address, whose record or visit the desk has open."""
    if not request.GET.get("patient"):
        messages.info(request, _("Choose the patient first; their page leads to the scan."))
        return redirect("admin:accounts_patient_changelist")
    patient = get_object_or_404(Patient.objects.present(), pk=uuid_or_404(request.GET["patient"]))
    if request.method != "POST":
        return _page(request, patient, KindForm())
    handler = ToStorage(request)
    request.upload_handlers = [handler]
    response: HttpResponse = _receive(request, patient, handler)
    return response


@csrf_protect
def _receive(request: HttpRequest, patient: Patient, handler: ToStorage) -> HttpResponse:
    form = KindForm(request.POST)
    file = request.FILES.get("file")
    if handler.trouble:
        note_trouble(handler.trouble)
        return _page(request, patient, form, problem=StoreTrouble(), status=503)
    if not isinstance(file, StreamedFile):
        problem = handler.refused or NothingChosen()
        return _page(request, patient, form, problem=problem, status=400)
    if not form.is_valid():
        remove(file.stored)
        return _page(request, patient, form, status=400)
    wanted = request.GET.get("wanted", "")
    try:
        operations.take_in(
            patient=patient,
            user=user_of(request),
            kind=form.cleaned_data["kind"],
            name=file.name or "",
            stored=file.stored,
            wanted_id=uuid_or_404(wanted) if wanted else None,
            by=Actor.from_request(request),
            now=timezone.now(),
        )
    except NotYours as error:  # put together with another, or erased, since it was opened
        remove(file.stored)
        raise Http404 from error
    except UploadRefused as error:
        remove(file.stored)
        return _page(request, patient, form, problem=error, status=400)
    messages.success(request, _("The document is added. It is checked now."))
    return redirect(request.get_full_path())


def _page(
    request: HttpRequest,
    patient: Patient,
    form: KindForm,
    *,
    problem: DocumentError | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"patient": patient, "form": form, "accept": ACCEPT}
    title = _("Add a document of %(name)s") % {"name": patient.name}
    return show(request, TEMPLATE, status=status, title=title, problem=problem, **context)
