"""The people for whom one books, and those who book for oneself."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import DependantForm
from accounts.models import Care
from accounts.operations import end_care
from accounts.operations.care import CareError
from accounts.views.people import safe_next
from clinic.lib.actor import Actor


@never_cache
@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    cares = Care.objects.current().select_related("user", "patient")
    context = {
        "cares": cares.filter(user=request.user.pk).order_by("patient__name", "pk"),
        "carers": cares.filter(patient__user=request.user.pk).order_by("opened_at", "pk"),
    }
    return render(request, "account/family.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Write somebody down, and go back to where that was needed."""
    following = safe_next(request)
    form = DependantForm(request.POST or None)
    refused, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            patient = form.save(
                user=request.user,  # type: ignore[arg-type]
                by=Actor.from_request(request),
                now=timezone.now(),
            )
        except CareError as error:
            refused, status = error, 409
        else:
            messages.success(request, _("You can book for %(name)s now.") % {"name": patient.name})
            return redirect(following or "family")
    context = {"form": form, "next": following, "refused": refused}
    return render(request, "account/family_add.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Stop looking after somebody. GET asks, POST does."""
    care = _current(user=request.user.pk, patient=patient_id)
    return _end(request, care, str(care.patient.name))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_carer(request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
    """A patient with a login says who looks after the visits no longer."""
    care = _current(user=user_id, patient__user=request.user.pk)
    return _end(request, care, care.user.name or care.user.email)


def _current(**whose: object) -> Care:
    return get_object_or_404(Care.objects.current().select_related("user", "patient"), **whose)


def _end(request: HttpRequest, care: Care, name: str) -> HttpResponse:
    if request.method == "POST":
        end_care(care=care, by=Actor.from_request(request), now=timezone.now())
        messages.success(request, _("Ended: %(name)s.") % {"name": name})
        return redirect("family")
    own = care.patient.user_id == request.user.pk
    context = {"care": care, "name": name, "of_oneself": own}
    return render(request, "account/family_end.html", context)
