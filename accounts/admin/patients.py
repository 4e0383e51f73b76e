"""Patients, for staff: found by name, address, phone or date of birth. There is no export."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.functions import Upper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Patient
from accounts.portal import AuditedAdmin, BoundedPaginator, sorted_after_search
from accounts.queries import patients_matching


@admin.register(Patient)
class PatientAdmin(AuditedAdmin):
    list_display = ("name", "date_of_birth", "phone", "email", "has_login", "is_guest")
    list_filter = ("is_guest",)
    search_fields = ("name", "email", "phone")
    search_help_text = _("Name, email, phone, or date of birth as 1985-03-27 or 27 3 1985")
    ordering = ("name", "id")
    sortable_by = ("name", "date_of_birth")
    list_per_page = 25
    paginator = BoundedPaginator
    fields = (
        "name",
        "date_of_birth",
        "phone",
        "email",
        "language",
        "time_zone",
        "contact_by",
        "texts_agreed_at",
        "reminders_stopped_at",
        "has_login",
        "is_guest",
        "created_at",
        "messages_sent",
        "documents",
    )
    readonly_fields = ("has_login", "is_guest", "created_at", "messages_sent", "documents")
    actions = ("merge",)

    @admin.action(description=_("Put two records of one person together"), permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Patient]) -> HttpResponse | None:
        """Shows both beside each other; nothing is done yet."""
        chosen = list(queryset.order_by("created_at", "id").values_list("pk", flat=True)[:3])
        if len(chosen) != 2:
            messages.error(request, _("Choose the two records that are of one person."))
            return None
        address = reverse("admin:booking_merge")
        return redirect(f"{address}?one={chosen[0]}&other={chosen[1]}")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Patient | None = None
    ) -> tuple[str, ...]:
        """Whoever signs in changes the address there, where a code proves it."""
        has_login = obj is not None and obj.user_id is not None
        return (*self.readonly_fields, "email") if has_login else self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Patient]:
        """Who was erased is not there to be chosen, changed or written to."""
        return super().get_queryset(request).filter(erased_at__isnull=True)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Patient], search_term: str
    ) -> tuple[QuerySet[Patient], bool]:
        if not search_term.strip():
            return queryset, False
        found = queryset & patients_matching(search_term)
        return sorted_after_search(found, name="name", by=Upper("name")), False

    @admin.display(description=_("messages"))
    def messages_sent(self, patient: Patient) -> str | SafeString:
        if patient._state.adding:
            return "–"
        address = reverse("admin:notifications_message_changelist", query={"patient": patient.pk})
        return format_html('<a href="{}">{}</a>', address, _("What was sent"))

    @admin.display(description=_("documents"))
    def documents(self, patient: Patient) -> str | SafeString:
        if patient._state.adding:
            return "–"
        return format_html(
            '<a href="{}">{}</a> · <a href="{}">{}</a>',
            reverse("admin:documents_document_changelist", query={"patient": patient.pk}),
            _("Which there are"),
            reverse("admin:documents_scan", query={"patient": patient.pk}),
            _("Add a scan"),
        )

    @admin.display(boolean=True, description=_("signs in"))
    def has_login(self, patient: Patient) -> bool:
        return patient.user_id is not None
