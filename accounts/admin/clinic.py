"""The clinic itself."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import Clinic
from accounts.portal import AuditedAdmin
from accounts.queries import forget_current_clinic


class ClinicForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in sorted(zoneinfo.available_timezones())],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Clinic
        fields = ("name", "address", "phone", "email", "time_zone", "language", "opening_text")


@admin.register(Clinic)
class ClinicAdmin(AuditedAdmin):
    form = ClinicForm
    list_display = ("name", "time_zone", "is_current")
    fields = ClinicForm.Meta.fields
    actions = None

    def save_model(self, request: HttpRequest, obj: Clinic, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget_current_clinic)
