"""Visits in the staff portal: find one, answer a request, cancel. Rows are never edited by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from accounts.portal import BoundedPaginator, ReadOnlyAdmin, sorted_after_search
from accounts.queries import patients_matching
from booking import operations
from booking.admin import exporting
from booking.admin.filters import WhenFilter
from booking.models import Appointment, Status
from booking.wording import when_text
from clinic.lib.actor import Actor

# Patients whose visits a search shows; who finds more has written too little.
MOST_FOUND = 200
LABELS = {
    Status.BOOKED: "success",
    Status.CHECKED_IN: "success",
    Status.PENDING: "warning",
    Status.HELD: "info",
    Status.CANCELLED: "danger",
    Status.DECLINED: "danger",
    Status.NO_SHOW: "danger",
}


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(
        label=_("Answer"),
        choices=[("accept", _("Accept")), ("decline", _("Decline"))],
        widget=UnfoldAdminRadioSelectWidget,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("Needed to decline. The patient reads it."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("answer") == "decline" and not data.get("reason"):
            self.add_error("reason", _("Please say why, so that the patient knows."))
        return data


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("The patient reads it."),
    )


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ("when", "doctor", "patient", "visit_type", "shown_status", "source")
    list_filter = (WhenFilter, "status", "visit_type", "doctor")
    list_select_related = ("clinic", "doctor", "patient", "visit_type")
    search_fields = ("patient__name",)
    search_help_text = _("Name, email, phone or date of birth of the patient")
    # What sorts by another table, or by what no index has, would read every visit there ever was.
    sortable_by = ("when",)
    list_per_page = 25
    list_before_template = "admin/booking/_ranges.html"
    paginator = BoundedPaginator
    actions_detail = ["answer", "cancel"]
    fields = (
        "when", "doctor", "patient", "visit_type", "shown_status", "reason", "source",
        "decision_reason", "cancel_reason", "created_at", "booked_at", "decided_at", "ended_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What is to come from the next on; what is past, and what is looked for, latest first."""
        when = request.GET.get(WhenFilter.parameter_name)
        is_ahead = when in WhenFilter.AHEAD and not request.GET.get("q", "").strip()
        return ("start",) if is_ahead else ("-start",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Appointment], search_term: str
    ) -> tuple[QuerySet[Appointment], bool]:
        """Patients first, not too many, then their visits: no join over all that ever was."""
        if not search_term.strip():
            return queryset, False
        found = list(patients_matching(search_term).values_list("pk", flat=True)[: MOST_FOUND + 1])
        if len(found) > MOST_FOUND:
            messages.warning(
                request,
                _("More than %(most)d patients fit, so not all visits are shown. Write more of it.")
                % {"most": MOST_FOUND},
            )
        visits = queryset.filter(patient__in=found[:MOST_FOUND])
        return sorted_after_search(visits, name="start", by=F("start") + dt.timedelta()), False

    def get_urls(self) -> list[Any]:
        address = path(
            "export/", self.admin_site.admin_view(self.export), name="booking_appointment_export"
        )
        return [address, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered and searched, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        try:
            visits = self.get_changelist_instance(request).queryset
            return exporting.download_visits(
                visits, filters=request.GET, by=Actor.from_request(request), now=timezone.now()
            )
        except exporting.TooLong as refusal:
            messages.error(request, str(refusal))
        except (IncorrectLookupParameters, DataError, ValueError, OverflowError, ValidationError):
            messages.error(request, _("This could not be looked for."))
        return redirect("admin:booking_appointment_changelist")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what can be done with this visit as it is now."""
        visit = self.get_object(request, object_id)
        is_ahead = visit is not None and timezone.now() < visit.end
        possible = {
            "answer": is_ahead and visit.status == Status.PENDING,
            "cancel": is_ahead and visit.status in operations.CANCELLABLE,
        }
        offered = super().get_actions_detail(request, object_id)
        return [some for some in offered if possible[some.action_name.rsplit("_", 1)[-1]]]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Nothing here is edited, so nothing is saved."""
        context = (extra_context or {}) | {"show_save": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, context)

    @display(description=_("when"), ordering="start")
    def when(self, obj: Appointment) -> str:
        return when_text(obj.start, obj.clinic.zone, year=True)

    @display(description=_("status"), label={key.label: value for key, value in LABELS.items()})
    def shown_status(self, obj: Appointment) -> str:
        return obj.get_status_display()

    @action(description=_("Answer the request"), url_path="answer", permissions=["change"])
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def work(visit: Appointment, data: dict[str, Any], **who: Any) -> None:
            if data["answer"] == "accept":
                operations.accept(appointment=visit, **who)
            else:
                operations.decline(appointment=visit, reason=data["reason"], **who)

        return self._act(request, object_id, AnswerForm, work, _("Answer the request"))

    @action(description=_("Cancel the visit"), url_path="cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def work(visit: Appointment, data: dict[str, Any], **who: Any) -> None:
            operations.cancel(appointment=visit, reason=data["reason"], **who)

        return self._act(request, object_id, CancelForm, work, _("Cancel the visit"))

    def _act(
        self,
        request: HttpRequest,
        object_id: str,
        form_class: type[forms.Form],
        work: Callable[..., None],
        title: Any,
    ) -> HttpResponse:
        """Ask on GET, act on POST, and say what came of it."""
        visit = self.get_object(request, object_id)
        if visit is None:
            raise Http404
        if not self.has_change_permission(request, visit):
            raise PermissionDenied
        form = form_class(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                work(visit, form.cleaned_data, by=Actor.from_request(request), now=timezone.now())
            except operations.BookingError as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Done. The patient is told."))
            return redirect(reverse("admin:booking_appointment_change", args=[visit.pk]))
        self.record_look(request, visit)
        context = self.admin_site.each_context(request) | {
            "title": title,
            "form": form,
            "visit": visit,
            "when": self.when(visit),
            "opts": self.opts,
        }
        return render(request, "admin/booking/act.html", context)
