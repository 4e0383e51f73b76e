"""What the clinic offers: visit types, working hours, time off. Saving brings the grid in line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import Clinic
from accounts.portal import AuditedAdmin, ReadOnlyAdmin
from accounts.queries import current_clinic
from booking import answers, operations
from booking.availability import Span
from booking.models import Need, Resource, TimeOff, VisitType, WorkingHours
from clinic.lib.actor import Actor


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
    # A few hours with commas between: one line is enough.
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}
    fieldsets = (
        (None, {"fields": ("clinic", "name", "slug", "description", "price")}),
        (_("What patients bring"), {"fields": ("what_to_bring", "documents_asked")}),
        (_("Time"), {"fields": ("minutes", "buffer_before", "buffer_after")}),
        (
            _("Rules"),
            {"fields": ("notice_minutes", "horizon_days", "change_notice_minutes",
                        "needs_approval", "reminder_hours")},
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
class WorkingHoursAdmin(ReadOnlyAdmin):
    """To look at. They are changed a week at a time, where visits in the way are dealt with."""

    list_display = ("doctor", "weekday", "opens", "closes", "valid_from", "valid_until", "week")
    list_filter = ("weekday", "doctor")
    list_select_related = ("doctor",)
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("change"))
    def week(self, obj: WorkingHours) -> str:
        address = reverse("admin:booking_hours_of", args=[obj.doctor_id])
        return format_html('<a href="{}">{}</a>', address, _("The week"))


@admin.register(TimeOff)
class TimeOffAdmin(AuditedAdmin):
    """Adding notes the visits that stand there and leads to them; deleting opens the time again.

    Its time is not changed: it is deleted, and added as it should be.
    """

    list_display = ("kind", "doctor", "start", "end", "note", "visits")
    list_filter = ("kind", "doctor")
    list_select_related = ("doctor",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"clinic": current_clinic()}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("clinic", "doctor", "kind", "start", "end") if obj else ()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(request, super().delete_view, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(request, super().changelist_view, *args, **kwargs)

    def _or_say_why(
        self, request: HttpRequest, view: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except operations.BookingError as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:booking_timeoff_changelist")

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        added = operations.add_time_off(
            clinic=obj.clinic,
            doctor=obj.doctor,
            kind=obj.kind,
            start=obj.start,
            end=obj.end,
            note=obj.note,
            by=Actor.from_request(request),
            now=timezone.now(),
        )
        obj.pk, obj._state.adding = added.pk, False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:  # what is added has its line in the audit trail already
            super().save_related(request, form, formsets, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if obj.affected.exists():
            return redirect("away", pk=obj.pk)
        return super().response_add(request, obj, post_url_continue)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        by = Actor.from_request(request)
        operations.remove_time_off(time_off=obj, by=by, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset.select_related("clinic", "doctor"):
            self.delete_model(request, obj)

    @admin.display(description=_("visits"))
    def visits(self, obj: TimeOff) -> str:
        return format_html('<a href="{}">{}</a>', reverse("away", args=[obj.pk]), _("Show"))
