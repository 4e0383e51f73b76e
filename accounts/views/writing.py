"""How the clinic writes to a patient, chosen by the patient, also for those in care."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import WritingForm
from accounts.models import Patient
from accounts.operations import record_list
from accounts.queries import patient_of, people_of
from clinic.lib.actor import Actor


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def writing(request: HttpRequest) -> HttpResponse:
    people = people_of(request.user)
    if not people:
        raise Http404
    form = WritingForm(request.POST or None, own=patient_of(request.user), people=people)
    if request.method == "POST" and form.is_valid():
        form.save(by=Actor.from_request(request), now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("writing")
    status = 400 if form.errors else 200
    # Their addresses and numbers are on the page.
    record_list(
        action="writing.viewed",
        of=Patient,
        patient_ids=[each.pk for each in people],
        by=Actor.from_request(request),
        now=timezone.now(),
    )
    return render(request, "account/writing.html", {"form": form}, status=status)
