"""Where people land after signing in, and their profile."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import ProfileForm
from accounts.languages import remember
from accounts.models import Role, User
from accounts.queries import patient_of
from clinic.lib.actor import Actor


@never_cache
@login_required
@require_safe
def after_login(request: HttpRequest) -> HttpResponse:
    """To where this person works: the portal, the day, the visits, or first the profile."""
    user = request.user
    assert isinstance(user, User)
    if user.is_staff:
        return redirect("admin:index")
    if user.own_doctor:
        return redirect("today")
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
    following = safe_next(request)
    form = ProfileForm(request.POST or None, patient=patient, name=user.name)
    if request.method == "POST" and form.is_valid():
        form.save(user=user, by=Actor.from_request(request), now=timezone.now())
        language = form.cleaned_data["language"]
        remember(request, language)
        translation.activate(language)
        messages.success(request, _("Your details are saved."))
        return redirect(following or "profile")
    context = {"form": form, "patient": patient, "next": following}
    return render(request, "account/profile.html", context)


def safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # What is no path `redirect` would take for the name of a view.
    return target if safe and target.startswith("/") else ""
