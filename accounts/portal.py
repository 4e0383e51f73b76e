"""What every page of the staff portal shares: its changes are written to the audit trail."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from accounts.operations import record_audit
from clinic.lib.actor import Actor


class AuditedAdmin(ModelAdmin):
    """Writes one audit row for each change: the fields' names, never their values.

    Django's own log is not written: it would keep people's names beside the change.
    """

    show_full_result_count = False

    def save_related(
        self, request: HttpRequest, form: ModelForm[Any], formsets: list[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        fields = list(form.changed_data)
        fields += [formset.prefix for formset in formsets if formset.has_changed()]
        if change and not fields:
            return
        verb = "changed" if change else "created"
        self.audit(request, form.instance, verb, {"fields": fields} if change else {})

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        self.audit(request, obj, "deleted")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for each in queryset:
            self.audit(request, each, "deleted")
        super().delete_queryset(request, queryset)

    def audit(
        self,
        request: HttpRequest,
        obj: models.Model,
        verb: str,
        data: dict[str, Any] | None = None,
    ) -> None:
        record_audit(
            action=f"{obj._meta.model_name}.{verb}",
            subject=obj,
            by=Actor.from_request(request),
            now=timezone.now(),
            patient_id=getattr(obj, "patient_id", None),
            data=data,
        )

    def log_addition(self, *args: Any) -> None:
        """Not in Django's log; see the class."""

    def log_change(self, *args: Any) -> None:
        """Not in Django's log; see the class."""

    def log_deletions(self, *args: Any) -> None:
        """Not in Django's log; see the class."""


class ReadOnlyAdmin(AuditedAdmin):
    """Shows rows that nobody changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown: list[str] = list(self.fields or [])
        return shown or [field.name for field in self.model._meta.fields]


class BoundedPaginator(Paginator):
    """Counts to ten thousand and no further: the table has millions of rows."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows = self.object_list.order_by()[: self.MOST]  # type: ignore[attr-defined]
        return int(rows.count())
