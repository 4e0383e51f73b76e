"""The page behind the link in every reminder.

Mail programs post there themselves (RFC 8058): without a cookie, without a token against forgery,
and without following redirects. The address is the secret, and all it can do is stop reminders and
turn them on again.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.languages import speak_as_written
from accounts.models import Patient
from accounts.operations import resume_reminders
from accounts.queries import patient_now
from clinic.lib.actor import Actor
from clinic.lib.by_link import by_link
from notifications.stopping import links, operations


@csrf_exempt
@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks (mail scanners follow links), POST stops. Who has the link needs no sign-in."""
    patient = _patient_of(token)
    if patient is None:
        return render(request, "notifications/stopping/stop.html", {"state": "unknown"}, status=404)
    speak_as_written(request, patient.language)
    if request.method != "POST":
        return _page(request, patient, stopped=patient.reminders_stopped_at is not None)
    by, now = Actor.from_request(request), timezone.now()
    if request.POST.get("answer") == "resume":
        resume_reminders(patient_id=patient.pk, by=by, now=now, via="link")
        messages.success(request, _("We will remind you again."))
    else:
        operations.stop(patient_id=patient.pk, by=by, now=now)
    if "answer" in request.POST:
        return redirect("stop_reminders", token=token)
    return _page(request, patient, stopped=True)


def _patient_of(token: str) -> Patient | None:
    pk = links.stopping_patient_id(token)
    return patient_now(pk) if pk else None


def _page(request: HttpRequest, patient: Patient, *, stopped: bool) -> HttpResponse:
    """Links are forwarded: the page names nobody."""
    state = {"state": "stopped" if stopped else "asked"}
    return render(request, "notifications/stopping/stop.html", state)
