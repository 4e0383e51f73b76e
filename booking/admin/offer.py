"""What the clinic offers: visit types, working hours, time off. Saving brings the grid in line."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts.models import Clinic, Doctor
from accounts.portal import AuditedAdmin
from accounts.queries import current_clinic
from booking import answers, operations
from booking.availability import Span
from booking.models import Need, Resource, TimeOff, VisitType, WorkingHours


class GridAdmin(AuditedAdmin):
    """Of what shapes the grid of free times. Visits that are booked stay as they are."""

    def clinic_of(self, obj: Any) -> Clinic:
        return obj.clinic

    def doctors_of(self, obj: Any) -> list[Doctor] | None:
        """Whose grid a change touches; None for everybody's."""
        return [obj.doctor] if obj.doctor else None

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        before = type(obj).objects.select_related("doctor").get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        if before is not None and before.doctor_id != obj.doctor_id:
            self._bring_in_line(request, before)
        self._bring_in_line(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self._bring_in_line(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset.select_related("doctor"):
            self.delete_model(request, obj)

    def _bring_in_line(self, request: HttpRequest, obj: Any) -> None:
        report = operations.generate_slots(
            clinic=self.clinic_of(obj), doctors=self.doctors_of(obj), now=timezone.now()
        )
        messages.info(
            request,
            _("Free times brought in line: %(new)d new, %(gone)d gone, %(other)d changed.")
            % {"new": report.created, "gone": report.removed, "other": report.changed},
        )


def forget_offer(clinic: Clinic) -> None:
    """What was answered of the free times of a clinic is no longer so."""
    now = timezone.now()
    horizons = clinic.visit_types.values_list("horizon_days", flat=True)
    answers.forget_span(clinic, Span(now, now + dt.timedelta(days=max(horizons, default=0))))


class NeedInline(TabularInline):
    """What each visit of the type needs: any one of the rooms or devices of each line."""

    model = Need
    extra = 0
    filter_horizontal = ("resources",)


@admin.register(Resource)
class ResourceAdmin(AuditedAdmin):
    """What is out of use stays listed, inactive; one that visits have had cannot be deleted."""

    list_display = ("name", "kind", "active")
    list_filter = ("kind", "active")
    search_fields = ("name",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"clinic": current_clinic()}

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget_offer(obj.clinic)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        forget_offer(obj.clinic)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


@admin.register(VisitType)
class VisitTypeAdmin(AuditedAdmin):
    list_display = ("name", "minutes", "needs_approval", "active", "position")
    list_filter = ("active", "needs_approval")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    filter_horizontal = ("doctors",)
    inlines = (NeedInline,)
    fieldsets = (
        (None, {"fields": ("clinic", "name", "slug", "description", "what_to_bring", "price")}),
        (_("Time"), {"fields": ("minutes", "buffer_before", "buffer_after")}),
        (
            _("Rules"),
            {"fields": ("notice_minutes", "horizon_days", "change_notice_minutes",
                        "needs_approval")},
        ),
        (_("Offer"), {"fields": ("doctors", "active", "position")}),
    )  # fmt: skip

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"clinic": current_clinic()}

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A longer horizon needs cells, and what was answered before is no longer so."""
        super().save_related(request, form, formsets, change)
        visit_type, now = form.instance, timezone.now()
        operations.generate_slots(clinic=visit_type.clinic, now=now)
        answers.forget_span(visit_type.clinic, Span(now, visit_type.latest(now)))


@admin.register(WorkingHours)
class WorkingHoursAdmin(GridAdmin):
    list_display = ("doctor", "weekday", "opens", "closes", "valid_from", "valid_until")
    list_filter = ("weekday", "doctor")
    list_select_related = ("doctor",)

    def clinic_of(self, obj: WorkingHours) -> Clinic:
        return obj.doctor.clinic


@admin.register(TimeOff)
class TimeOffAdmin(GridAdmin):
    list_display = ("kind", "doctor", "start", "end", "note")
    list_filter = ("kind", "doctor")
    list_select_related = ("doctor",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"clinic": current_clinic()}
