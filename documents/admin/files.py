"""Which documents there are, for staff. What a file is called often says what it is about, so its
name is for those alone who may read it: the permission `documents.view_document`."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.portal import AuditedAdmin, BoundedPaginator
from accounts.queries import patients_matching
from documents.checking import refusals
from documents.models import Document, DocumentStatus

READ = "documents.view_document"
HOLD = "documents.hold_document"


class PatientFilter(admin.SimpleListFilter):
    """By a link from the patient's page; shown only when one came by it, to be taken off again."""

    title = _("patient")
    parameter_name = "patient"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, _("this one"))] if (value := self.value()) else []

    def value(self) -> str | None:
        value = self.used_parameters.get(self.parameter_name)
        return str(value[0] if isinstance(value, list) else value) if value else None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Document]) -> QuerySet[Document]:
        """Raises ValueError for what is no id."""
        return queryset.filter(patient=uuid.UUID(self.value())) if self.value() else queryset


@admin.register(Document)
class DocumentAdmin(AuditedAdmin):
    list_filter = (PatientFilter, "status", "kind")
    list_select_related = ("patient",)
    list_per_page = 25
    search_fields = ("patient__name",)
    search_help_text = _("Of whom: name, email, phone or date of birth")
    ordering = ("-created_at", "id")
    sortable_by = ()
    paginator = BoundedPaginator
    actions: Any = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A document comes with a file, which is streamed: see `scanning`."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        """No field of one is changed by hand."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        return False

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        named = ("name",) if request.user.has_perm(READ) else ()
        return ("created_at", "patient", "kind", *named, "status", "by_scanner", "held_at")

    def get_fields(self, request: HttpRequest, obj: Document | None = None) -> tuple[str, ...]:
        named = ("name", "open_it") if request.user.has_perm(READ) else ()
        hold = ("hold_it",) if request.user.has_perm(HOLD) else ()
        return (
            *("patient", "kind", *named, "status", "why_refused", "taken_out", "by_scanner"),
            *("size", "content_type", "created_at", "created_by", "keep_until"),
            *("held_at", "held_reason", *hold, "deleted_at"),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> Any:
        return self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        """A form that was given out and never used is no document."""
        never = [DocumentStatus.AWAITED, DocumentStatus.LAPSED]
        return super().get_queryset(request).exclude(status__in=never)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Document], search_term: str
    ) -> tuple[QuerySet[Document], bool]:
        """By whose they are; never by what they are called."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(patient__in=patients_matching(search_term)), False

    @admin.display(description=_("virus scanner"))
    def by_scanner(self, document: Document) -> str:
        """In words: a cross would look like a virus that was found."""
        return str(_("scanned") if document.scanned else _("not scanned"))

    @admin.display(description=_("why not accepted"))
    def why_refused(self, document: Document) -> str:
        """As the patient is told."""
        return refusals.sentence(document.refusal) if document.refusal else "–"

    @admin.display(description=_("taken out"))
    def taken_out(self, document: Document) -> str:
        return ", ".join(refusals.removed_words(document.removed)) or "–"

    @admin.display(description=_("the document"))
    def open_it(self, document: Document) -> str | SafeString:
        """On the page where everybody opens it, with its line in the trail."""
        if document.status != DocumentStatus.READY or document.deleted_at:
            return "–"
        address = reverse("document", args=[document.pk])
        return format_html('<a href="{}">{}</a>', address, _("Open"))

    @admin.display(description=_("legal hold"))
    def hold_it(self, document: Document) -> str | SafeString:
        """On a page that asks for the reason, or whether it is meant: see `holding`."""
        if document.deleted_at:
            return "–"
        held = document.held_at is not None
        name, words = ("lift", _("Lift the hold")) if held else ("hold", _("Put on hold"))
        address = reverse(f"admin:documents_{name}", args=[document.pk])
        return format_html('<a href="{}">{}</a>', address, words)
