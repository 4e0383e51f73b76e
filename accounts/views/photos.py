"""Doctors' photos, out of the store's private bucket."""

from __future__ import annotations

import uuid

from django.core.files.storage import default_storage
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import Doctor

PHOTO_SECONDS = 3600


@require_safe
def doctor_photo(request: HttpRequest, doctor_id: uuid.UUID) -> HttpResponseBase:
    """The photo's name changes with its content, so it may be kept for a while."""
    doctor = get_object_or_404(Doctor.objects.exclude(photo=""), pk=doctor_id, active=True)
    name = str(doctor.photo.name)
    etag = f'"{name.rsplit("/", 1)[-1]}"'
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        try:
            content = default_storage.open(name)
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(content, content_type="image/jpeg")
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={PHOTO_SECONDS}"
    return response
