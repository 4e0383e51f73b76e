"""Public holidays in the staff portal: choose country and region, look, apply."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import Clinic
from accounts.portal import page, show
from accounts.queries import current_clinic
from booking import operations, public_holidays
from booking.desk.common import staff_sentence
from booking.operations import BookingError
from clinic.lib.actor import Actor
from clinic.lib.times import local_day

MAY = "booking.add_timeoff"
YEARS_AHEAD = 3


class PlaceForm(forms.Form):
    """Whose holidays, and of which years. The regions are those of the chosen country."""

    country = forms.ChoiceField(label=gettext_lazy("Country"))
    region = forms.ChoiceField(label=gettext_lazy("Region"), required=False)
    years = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Years"), coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, *, this_year: int) -> None:
        super().__init__(data)
        country = data.get("country", "")
        self.fields["country"].choices = [("", "–"), *public_holidays.countries()]  # type: ignore[attr-defined]
        regions = public_holidays.regions(country)
        self.fields["region"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("the whole country")),
            *((code, code) for code in regions),
        ]
        years = range(this_year, this_year + YEARS_AHEAD)
        self.fields["years"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]


@page("booking/holidays/", name="booking_holidays", permission=MAY)
@require_http_methods(["GET", "HEAD", "POST"])
def holidays(request: HttpRequest) -> HttpResponse:
    """GET looks (the choice is in the address), POST closes the clinic on the chosen days."""
    clinic = current_clinic()
    if clinic is None:
        return show(request, "admin/booking/holidays.html", title=_("Public holidays"))
    now = timezone.now()
    asked = (request.GET if request.method != "POST" else request.POST).copy()
    this_year = local_day(now, clinic.zone).year
    if "years" not in asked:
        asked.setlist("years", [str(this_year), str(this_year + 1)])
    if asked.get("region") not in public_holidays.regions(asked.get("country", "")):
        asked["region"] = ""  # of the country that was chosen before
    form = PlaceForm(asked, this_year=this_year)
    chosen = bool(asked.get("country")) and form.is_valid()
    if request.method == "POST" and chosen:
        return _apply(request, clinic, form)
    days = _days(clinic, form) if chosen else []
    context = {"form": form, "days": days, "chosen": chosen, "zone": clinic.zone}
    context["asked_wrongly"] = bool(asked.get("country")) and not chosen
    return show(
        request, "admin/booking/holidays.html", title=_("Public holidays"),
        status=400 if context["asked_wrongly"] or request.method == "POST" else 200, **context,
    )  # fmt: skip


def _days(clinic: Clinic, form: PlaceForm) -> list[public_holidays.Day]:
    data = form.cleaned_data
    return public_holidays.preview(
        clinic, data["country"], data["region"], data["years"], now=timezone.now()
    )


def _apply(request: HttpRequest, clinic: Clinic, form: PlaceForm) -> HttpResponse:
    wanted = set(request.POST.getlist("day"))
    days = {
        day.date: day.name
        for day in _days(clinic, form)
        if day.date.isoformat() in wanted and day.can_apply
    }
    try:
        added = operations.apply_holidays(
            clinic=clinic, days=days, by=Actor.from_request(request), now=timezone.now()
        )
    except BookingError as error:
        messages.error(request, staff_sentence(error))
    else:
        text = ngettext(
            "The clinic is closed on %(number)d more day.",
            "The clinic is closed on %(number)d more days.",
            len(added),
        )
        messages.success(request, text % {"number": len(added)})
    data = form.cleaned_data
    query = request.POST.copy()
    query.clear()
    query["country"], query["region"] = data["country"], data["region"]
    query.setlist("years", [str(year) for year in data["years"]])
    return redirect(f"{reverse('admin:booking_holidays')}?{query.urlencode()}")
