"""The audit trail, to be read by those who may. To read it is itself written down."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter, TextFilter
from unfold.decorators import display

from accounts import trail
from accounts.admin import audit_export
from accounts.models import AuditEvent
from accounts.portal import BoundedPaginator, ReadOnlyAdmin
from accounts.queries import audit_actions
from clinic.lib.actor import Actor


class SpanFilter(RangeDateTimeFilter):
    """By the clinic's clock, as the list shows it; the theme's own means UTC."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> Any:
        bounds = {
            "at__gte": self._moment("from", dt.time.min),
            "at__lte": self._moment("to", dt.time.max),
        }
        return queryset.filter(**{name: at for name, at in bounds.items() if at is not None})

    def _moment(self, end: str, otherwise: dt.time) -> dt.datetime | None:
        """Raises ValueError for what is no day or time."""
        day = str(self.used_parameters.get(f"at_{end}_0") or "").strip()
        if not day:
            return None
        clock = str(self.used_parameters.get(f"at_{end}_1") or "").strip()
        time = dt.time.fromisoformat(clock) if clock else otherwise
        return timezone.make_aware(dt.datetime.combine(dt.date.fromisoformat(day), time))


class PersonFilter(TextFilter):
    title = _("person (email or id)")
    parameter_name = "user_id"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> Any:
        if not (text := (self.value() or "").strip()):
            return queryset
        return queryset.filter(user_id__in=trail.users_named(text))


class PatientFilter(TextFilter):
    title = _("patient (name, date of birth or id)")
    parameter_name = "patient_id"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> Any:
        if not (text := (self.value() or "").strip()):
            return queryset
        by_name = may_name(request) or trail.as_id(text) is not None
        return trail.about(trail.patients_named(text) if by_name else [], queryset)


class ActionFilter(SimpleListFilter):
    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in audit_actions(starting_with="")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> Any:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("when", "action", "who", "whose", "record", "address", "why")
    list_filter = (("at", SpanFilter), PersonFilter, PatientFilter, ActionFilter)
    list_filter_submit = True
    list_per_page = 25
    list_before_template = "admin/accounts/_trail.html"
    search_fields = ("action",)
    search_help_text = _(
        "An id (of a person, patient or record), an email, or the start of an action"
    )
    # As the indexes have it: all rows, a person's, a patient's.
    ordering = ("-at", "-id")
    sortable_by = ()
    paginator = BoundedPaginator
    actions = None
    patient_path = "patient_id"

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        if not search_term.strip():
            return queryset, False
        return trail.searched(search_term, queryset, by_name=may_name(request)), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the names of all on the page, asked for once."""
        response = super().changelist_view(request, extra_context)
        shown = (getattr(response, "context_data", None) or {}).get("cl")
        if shown is not None:
            shown.result_list = list(shown.result_list)
            names = trail.names_of(shown.result_list, patients=may_name(request))
            for row in shown.result_list:
                row.names = names
        return response

    def get_urls(self) -> list[Any]:
        address = path(
            "export/", self.admin_site.admin_view(self.export), name="accounts_auditevent_export"
        )
        return [address, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The trail as it is filtered and searched, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        try:
            return audit_export.download_trail(
                self.get_changelist_instance(request).queryset,
                filters=request.GET,
                with_names=may_name(request),
                by=Actor.from_request(request),
                now=timezone.now(),
            )
        except audit_export.TooLong as refusal:
            messages.error(request, str(refusal))
        except (IncorrectLookupParameters, DataError, ValueError, OverflowError, ValidationError):
            messages.error(request, _("This could not be looked for."))
        return redirect("admin:accounts_auditevent_changelist")

    @display(description=_("when"))
    def when(self, row: AuditEvent) -> str:
        return f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}"

    @display(description=_("who"))
    def who(self, row: AuditEvent) -> str:
        return _name(row, row.user_id) or row.actor

    @display(description=_("whose record"))
    def whose(self, row: AuditEvent) -> str | SafeString:
        if row.patient_id is None:
            listed = len(row.data.get("patients", ()))
            return str(_("a list of %(count)d") % {"count": listed}) if listed else "–"
        name = _name(row, row.patient_id)
        if name == str(row.patient_id):
            return name
        address = reverse("admin:accounts_patient_change", args=[row.patient_id])
        return format_html('<a href="{}">{}</a>', address, name)

    @display(description=_("record"))
    def record(self, row: AuditEvent) -> str:
        """Of which kind; its id stands on the row's own page."""
        return row.subject_type.rpartition(".")[2]

    @display(description=_("why"))
    def why(self, row: AuditEvent) -> str:
        return str(row.data.get("ground") or ", ".join(row.data.get("overrode", ())) or "–")


def may_name(request: HttpRequest) -> bool:
    """Whoever may see patients may read here whose record it was; others see the id."""
    return request.user.has_perm("accounts.view_patient")


def _name(row: AuditEvent, id: uuid.UUID | None) -> str:
    names: dict[uuid.UUID, str] = getattr(row, "names", {})
    return names.get(id, str(id)) if id else ""
