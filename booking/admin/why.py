"""“Why is 10:30 not offered?”: the page that answers for a doctor, a day and a visit type."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.models import Clinic, Doctor
from accounts.operations import record_list
from accounts.portal import page, show
from accounts.queries import current_clinic
from booking import explaining
from booking.models import VisitType
from booking.wording import day_text, time_text
from clinic.lib.actor import Actor
from clinic.lib.times import instant, local_day

TEMPLATE = "admin/booking/why.html"


class WhyForm(forms.Form):
    visit_type = forms.ModelChoiceField(label=_("Visit type"), queryset=VisitType.objects.none())
    doctor = forms.ModelChoiceField(
        label=_("Doctor"),
        queryset=Doctor.objects.none(),
        required=False,
        empty_label=_("each who offers it"),
    )
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    time = forms.TimeField(
        label=_("Time (empty: the whole day)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
    )

    def __init__(self, clinic: Clinic, data: Any) -> None:
        super().__init__(data, auto_id="why-%s")
        self.fields["doctor"].queryset = clinic.doctors.all()  # type: ignore[attr-defined]
        self.fields["visit_type"].queryset = clinic.visit_types.select_related(  # type: ignore[attr-defined]
            "clinic"
        )

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if not 1900 < day.year < 9000:
            raise forms.ValidationError(_("Please choose a day of this century."))
        return day


@page("booking/why/", name="booking_why", permission="booking.view_appointment")
@require_GET
def why(request: HttpRequest) -> HttpResponse:
    """The form, and when it is sent the reasons for each start of the day, or for the one asked."""
    clinic = current_clinic()
    if clinic is None:
        return show(request, TEMPLATE, title=_("Why is a time not offered?"))
    now = timezone.now()
    asked = request.GET if "visit_type" in request.GET else None
    form = WhyForm(clinic, asked)
    if asked is None:
        form.initial = {"day": local_day(now, clinic.zone)} | request.GET.dict()
    context: dict[str, Any] = {"title": _("Why is a time not offered?"), "form": form}
    if not form.is_valid():
        return show(request, TEMPLATE, status=400 if asked else 200, **context)
    wish = form.cleaned_data
    answers = _answers(clinic, wish, now=now)
    # Of everybody asked at once, those who are not in are named in one line.
    not_in = [] if wish["doctor"] else [one["doctor"] for one in answers if one["is_not_in"]]
    context |= {
        "day": day_text(wish["day"], year=True),
        "visit_type": wish["visit_type"],
        "doctors": [one for one in answers if one["doctor"] not in not_in],
        "not_in": not_in,
    }
    record_list(
        action="why.viewed",
        of=clinic,
        patient_ids=set().union(*(one["patients"] for one in answers)),
        by=Actor.from_request(request),
        now=now,
        data={"day": wish["day"].isoformat()},
    )
    return show(request, TEMPLATE, **context)


def _answers(clinic: Clinic, wish: dict[str, Any], *, now: dt.datetime) -> list[dict[str, Any]]:
    start = instant(wish["day"], wish["time"], clinic.zone) if wish["time"] else None
    doctors = [wish["doctor"]] if wish["doctor"] else wish["visit_type"].doctors.all()
    answers = []
    for doctor in doctors:
        found = explaining.explain(
            visit_type=wish["visit_type"], doctor=doctor, day=wish["day"], start=start, now=now
        )
        rows = [(time_text(one.start, clinic.zone), one.reasons) for one in found.starts]
        is_not_in = any(reason.code == "no-hours" for reason in found.reasons)
        answers.append(
            {
                "doctor": doctor,
                "reasons": found.reasons,
                "rows": rows,
                "is_not_in": is_not_in,
                "patients": found.patient_ids,
            }
        )
    return answers
