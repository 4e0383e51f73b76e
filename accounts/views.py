"""Where people land after signing in, their profile, and doctors' photos."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import ProfileForm
from accounts.models import Doctor, Role, User
from accounts.queries import patient_of
from clinic.lib.actor import Actor

PHOTO_SECONDS = 3600


@never_cache
@login_required
@require_safe
def after_login(request: HttpRequest) -> HttpResponse:
    """To where this person works: the portal, the visits, or first the profile."""
    user = request.user
    assert isinstance(user, User)
    if user.is_staff:
        return redirect("admin:index")
    if patient_of(user):
        return redirect("appointments")
    if user.has_role(Role.DOCTOR):
        return redirect("home")
    query = urlencode({"next": reverse("appointments")})
    return redirect(f"{reverse('profile')}?{query}")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """See and change who one is; somebody without a patient record gets one here."""
    user = request.user
    assert isinstance(user, User)
    patient = patient_of(user)
    following = _safe_next(request)
    form = ProfileForm(request.POST or None, patient=patient, name=user.name)
    if request.method == "POST" and form.is_valid():
        form.save(user=user, by=Actor.from_request(request), now=timezone.now())
        messages.success(request, _("Your details are saved."))
        return redirect(following or "profile")
    context = {"form": form, "patient": patient, "next": following}
    return render(request, "account/profile.html", context)


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""


@require_safe
def doctor_photo(request: HttpRequest, doctor_id: uuid.UUID) -> HttpResponseBase:
    """A doctor's photo, out of the store's private bucket. Its name changes with its content."""
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
