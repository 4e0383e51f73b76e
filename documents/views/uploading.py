"""Adding a document: straight from the browser to the store, or without JavaScript through us."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Patient
from documents import operations
from documents.files import ACCEPT
from documents.forms import KindForm
from documents.operations import UploadRefused
from documents.operations.errors import DocumentError, NothingChosen, NotTied, StoreTrouble
from documents.storage import StorageError
from documents.views.common import (
    address,
    by,
    note_trouble,
    of_documents,
    person_of,
    remove,
    user_of,
    uuid_or_404,
)
from documents.views.streaming import StreamedFile, ToStorage
from documents.wanted import Wanted, wanted


@csrf_exempt  # checked below: checking reads the form, and so the file, before it can be said how
@of_documents
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose what it is and the file. Whose it is stands in the address, and so is known first."""
    person, people = person_of(request)
    if person is None:
        return render(request, "documents/nobody.html")
    asked = _wanted(request, person)
    context = {"person": person, "people": people, "wanted": asked}
    if request.method != "POST":
        kind = request.GET.get("kind", "")
        return _page(request, KindForm(initial={"kind": kind}), context)
    handler = ToStorage(request)
    request.upload_handlers = [handler]
    response: HttpResponse = _receive(request, person, asked, handler, context)
    return response


@csrf_protect
def _receive(
    request: HttpRequest,
    person: Patient,
    asked: Wanted | None,
    handler: ToStorage,
    context: dict[str, Any],
) -> HttpResponse:
    form = KindForm(request.POST)
    file = request.FILES.get("file")
    problem: DocumentError | None = handler.refused
    if handler.trouble:
        note_trouble(handler.trouble)
        return _page(request, form, context, problem=StoreTrouble(), status=503)
    if not isinstance(file, StreamedFile):
        problem = problem or NothingChosen()
        return _page(request, form, context, problem=problem, status=400)
    if not form.is_valid():
        remove(file.stored)
        return _page(request, form, context, status=400)
    try:
        document = operations.take_in(
            patient=person,
            user=user_of(request),
            kind=form.cleaned_data["kind"],
            name=file.name or "",
            stored=file.stored,
            wanted_id=asked and asked.id,
            by=by(request),
            now=timezone.now(),
        )
    except operations.NotYours:
        remove(file.stored)
        raise
    except UploadRefused as error:
        remove(file.stored)
        return _page(request, form, context, problem=error, status=400)
    except NotTied as error:
        return _page(request, form, context, problem=error, status=503)
    messages.success(request, _("Your document has arrived. We check it now."))
    return redirect("document", document_id=document.pk)


@of_documents
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """For the script of the page: a form by which the browser itself sends the file."""
    person, _people = person_of(request)
    if person is None:
        raise Http404
    form = KindForm(request.POST)
    if not form.is_valid():
        return refusal(str(form.errors["kind"][0]))
    try:
        document, post = operations.begin_upload(
            patient=person,
            user=user_of(request),
            kind=form.cleaned_data["kind"],
            name=request.POST.get("name", ""),
            content_type=request.POST.get("type", ""),
            size=_bytes(request.POST.get("size", "")),
            by=by(request),
            now=timezone.now(),
        )
    except UploadRefused as error:
        return refusal(str(error))
    except StorageError as error:
        note_trouble(error)
        return refusal(str(StoreTrouble()), status=503)
    arrived = reverse("document_arrived", args=[document.pk])
    return JsonResponse({"url": post.url, "fields": post.fields, "arrived": arrived})


@of_documents
@require_POST
def arrived(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """For the script of the page: everything is sent. Answers with where to go on."""
    asked = request.POST.get("wanted", "")
    try:
        document = operations.arrive(
            document_id=document_id,
            user=user_of(request),
            wanted_id=uuid_or_404(asked) if asked else None,
            by=by(request),
            now=timezone.now(),
        )
    except StorageError as error:
        note_trouble(error)
        return refusal(str(StoreTrouble()), status=503)
    except operations.NotYours:
        raise
    except NotTied as error:
        return refusal(str(error), status=503)  # the script says only this again, not the file
    except DocumentError as error:
        return refusal(str(error), status=409)
    messages.success(request, _("Your document has arrived. We check it now."))
    return JsonResponse({"page": reverse("document", args=[document.pk])})


def _bytes(said: str) -> int:
    """0 for what is no number. Of one with more digits than any file has the first ones say enough:
    Python refuses to read thousands of them."""
    return int(said[:18]) if said.isascii() and said.isdigit() else 0


def refusal(sentence: str, *, status: int = 400) -> JsonResponse:
    return JsonResponse({"message": sentence}, status=status)


def _page(
    request: HttpRequest,
    form: KindForm,
    context: dict[str, Any],
    *,
    problem: DocumentError | None = None,
    status: int = 200,
) -> HttpResponse:
    person, asked = context["person"], context["wanted"]
    more = {"wanted": str(asked.id)} if asked else {}
    context = {
        **context,
        "form": form,
        "problem": problem,
        "accept": ACCEPT,
        "most_bytes": settings.DOCUMENT_MAX_BYTES,
        "most_mb": settings.DOCUMENT_MAX_BYTES // (1024 * 1024),
        "here": address("document_upload", person, **more),
        "begin": address("document_begin", person),
        "is_own": person.user_id == user_of(request).pk,
    }
    return render(request, "documents/upload.html", context, status=status)


def _wanted(request: HttpRequest, person: Patient) -> Wanted | None:
    """What the document is for, when somebody of the clinic asked this patient for it."""
    asked = request.GET.get("wanted", "")
    if not asked:
        return None
    found = wanted(wanted_id=uuid_or_404(asked), now=timezone.now())
    return found if found and found.patient_id == person.pk else None
