"""Records that may be of one person, side by side, and putting them together."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Patient
from accounts.portal import page, show
from accounts.queries import carers_of, likely_pairs
from booking import operations
from booking.looks import note_patients
from booking.models import Appointment, WaitlistEntry
from booking.operations.merging import CHOOSABLE
from clinic.lib.actor import Actor

TEMPLATE = "admin/booking/merge.html"


@page("booking/merge/", name="booking_merge", permission="accounts.change_patient")
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest) -> HttpResponse:
    """GET: likely pairs, or with `one` and `other` those two. POST: make them one."""
    asked = request.POST if request.method == "POST" else request.GET
    pair = _pair(asked.get("one", ""), asked.get("other", ""))
    if pair is None:
        if request.method == "POST" or "one" in asked:
            messages.error(request, str(operations.NoLongerThere()))
            return redirect("admin:booking_merge")
        pairs = likely_pairs()
        seen = [each for some in pairs for each in some]
        note_patients(request, "patient.duplicates_listed", seen, of=Patient)
        return show(request, TEMPLATE, title=_("Duplicates"), pairs=pairs)
    if request.method == "POST":
        return _merge(request, pair)
    return _compare(request, pair, operations.why_not_merge(*pair))


def _merge(request: HttpRequest, pair: tuple[Patient, Patient]) -> HttpResponse:
    by_name = {"one": pair[0], "other": pair[1]}
    keep = by_name.get(request.POST.get("keep", ""))
    if keep is None:
        return _compare(request, pair, [_("Choose which record is kept.")], status=409)
    duplicate = pair[1] if keep is pair[0] else pair[0]
    values = {
        field: getattr(by_name.get(request.POST.get(field, ""), keep), field) for field in CHOOSABLE
    }
    try:
        operations.merge_patients(
            keep=keep,
            duplicate=duplicate,
            values=values,
            by=Actor.from_request(request),
            now=timezone.now(),
        )
    except operations.MergeRefused as refusal:
        return _compare(request, pair, refusal.reasons, status=409)
    except operations.BookingError as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:booking_merge")
    messages.success(request, _("The two records are one now."))
    return redirect(reverse("admin:accounts_patient_change", args=[keep.pk]))


def _compare(
    request: HttpRequest,
    pair: tuple[Patient, Patient],
    reasons: list[str],
    *,
    status: int | None = None,
) -> HttpResponse:
    """Where one record has nothing, the other's value is chosen beforehand."""
    one, other = pair
    note_patients(request, "patient.duplicates_viewed", pair, of=Patient)
    keep = "other" if other.user_id and not one.user_id else "one"
    rows = []
    for field in CHOOSABLE:
        values = (getattr(one, field) or "", getattr(other, field) or "")
        usual = keep if values[keep == "other"] else ("other" if values[1] else "one")
        rows.append(
            {
                "field": field,
                "label": getattr(Patient._meta.get_field(field), "verbose_name", field),
                "one": values[0],
                "other": values[1],
                "differs": values[0] != values[1],
                "chosen": request.POST.get(field, usual),
            }
        )
    return show(
        request,
        TEMPLATE,
        status=status,
        title=_("Are these one person?"),
        one=one,
        other=other,
        keep=request.POST.get("keep", keep),
        rows=rows,
        facts=[_facts(one), _facts(other)],
        reasons=reasons,
    )


def _facts(patient: Patient) -> dict[str, Any]:
    visits = Appointment.objects.filter(patient=patient)
    return {
        "visits": visits.count(),
        "ahead": visits.upcoming(now=timezone.now()).count(),
        "wishes": WaitlistEntry.objects.filter(patient=patient).count(),
        # Anybody may have written down a dependant of that name and birthday: staff decide.
        "login": patient.user.email if patient.user else "",
        "carers": [f"{carer.name} ({carer.email})" for carer in carers_of(patient)],
    }


def _pair(one: str, other: str) -> tuple[Patient, Patient] | None:
    try:
        ids = uuid.UUID(one), uuid.UUID(other)
    except ValueError:
        return None
    known = Patient.objects.in_bulk(ids)
    return (known[ids[0]], known[ids[1]]) if len(known) == 2 else None
