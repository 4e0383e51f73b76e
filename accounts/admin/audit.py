"""The audit trail, to be read by those who may."""

from __future__ import annotations

import uuid

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from accounts.models import AuditEvent
from accounts.portal import BoundedPaginator, ReadOnlyAdmin
from accounts.queries import audit_actions


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "action", "actor", "user_id", "subject_type", "subject_id", "address")
    list_filter = (("at", RangeDateTimeFilter),)
    list_filter_submit = True
    list_per_page = 25
    search_fields = ("action",)
    search_help_text = _("An id (of a person, patient or record), or the start of an action")
    ordering = ("-id",)
    sortable_by = ()
    paginator = BoundedPaginator
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            id = uuid.UUID(term)
        except ValueError:
            if actions := audit_actions(starting_with=term):
                return queryset.filter(action__in=actions), False
            return queryset.filter(subject_id=term), False
        concerned = Q(patient_id=id) | Q(user_id=id) | Q(subject_id=str(id))
        return queryset.filter(concerned), False
