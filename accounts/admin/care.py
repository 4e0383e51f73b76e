"""Who looks after whose visits: opened and ended by staff, who have seen the papers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.models import Care
from accounts.operations import care as operations
from accounts.portal import AuditedAdmin
from clinic.lib.actor import Actor


class OpenCareForm(forms.ModelForm):
    """The login is named by its address: staff see no list of logins."""

    email = forms.EmailField(
        label=_("Email of the carer's login"), widget=UnfoldAdminEmailInputWidget
    )

    class Meta:
        model = Care
        fields = ("patient", "relation")

    by: Actor

    def clean(self) -> dict[str, Any]:
        """Opened here, where a refusal can still be shown beside the form."""
        data = super().clean() or {}
        if not self.errors:
            try:
                self.opened = operations.open_care(by=self.by, now=timezone.now(), **data)
            except operations.CareError as error:
                raise ValidationError(str(error)) from error
        return data

    def save(self, commit: bool = True) -> Care:
        self.instance = self.opened
        return self.opened

    def save_m2m(self) -> None:
        """Nothing of that kind here."""


@admin.register(Care)
class CareAdmin(AuditedAdmin):
    list_display = ("patient", "carer", "relation", "opened_at", "ended_at")
    list_filter = ("relation",)
    list_select_related = ("user", "patient")
    search_fields = ("patient__name", "user__email")
    ordering = ("-opened_at",)
    fields = ("patient", "carer", "relation", "opened_at", "opened_by", "ended_at")
    autocomplete_fields = ("patient",)
    actions = ("end",)

    def has_delete_permission(self, request: HttpRequest, obj: Care | None = None) -> bool:
        return False  # rows are kept: care ends

    def get_fields(self, request: HttpRequest, obj: Care | None = None) -> Any:
        return self.fields if obj else ("email", "patient", "relation")

    def get_readonly_fields(self, request: HttpRequest, obj: Care | None = None) -> list[str]:
        return list(self.fields) if obj else []

    def get_form(
        self, request: HttpRequest, obj: Care | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        form = super().get_form(request, obj, change, **{**kwargs, "form": OpenCareForm})
        form.by = Actor.from_request(request)
        return form

    def save_model(self, request: HttpRequest, obj: Care, form: Any, change: bool) -> None:
        """Written, with its audit row, when the form was checked."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing more is written; see above."""

    @admin.display(description=_("carer"))
    def carer(self, care: Care) -> str:
        return f"{care.user.name} ({care.user.email})" if care.user.name else care.user.email

    @admin.action(description=_("End"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Care]) -> None:
        by, now = Actor.from_request(request), timezone.now()
        ended = sum(operations.end_care(care=care, by=by, now=now) for care in queryset)
        messages.success(request, _("Ended: %(count)d") % {"count": ended})
