"""Doctors and their photos, for staff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminImageFieldWidget, UnfoldBooleanWidget

from accounts.models import Doctor
from accounts.operations.photos import NoPhoto, as_photo, set_photo
from accounts.portal import AuditedAdmin
from clinic.lib.actor import Actor

LARGEST_FILE = 10 * 1024 * 1024


class DoctorForm(forms.ModelForm):
    new_photo = forms.FileField(
        label=_("New photo"),
        required=False,
        widget=UnfoldAdminImageFieldWidget,
        help_text=_("JPEG, PNG or WebP. It is made small, and what the camera wrote is removed."),
    )
    remove_photo = forms.BooleanField(
        label=_("Remove the photo"), required=False, widget=UnfoldBooleanWidget
    )

    class Meta:
        model = Doctor
        fields = (
            "clinic",
            "user",
            "title",
            "name",
            "languages",
            "about",
            "slot_minutes",
            "active",
            "agenda_by_mail",
        )

    def clean_new_photo(self) -> bytes | None:
        file = self.cleaned_data["new_photo"]
        if not file:
            return None
        if file.size > LARGEST_FILE:
            raise ValidationError(_("This file is larger than 10 MB."))
        try:
            return as_photo(file)
        except NoPhoto as error:
            raise ValidationError(_("This is no JPEG, PNG or WebP picture.")) from error


@admin.register(Doctor)
class DoctorAdmin(AuditedAdmin):
    form = DoctorForm
    list_display = ("name", "title", "slot_minutes", "active")
    list_filter = ("active",)
    search_fields = ("name",)
    autocomplete_fields = ()
    raw_id_fields = ("user",)
    readonly_fields = ("present_photo",)
    fields = (*DoctorForm.Meta.fields, "present_photo", "new_photo", "remove_photo")
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The grid changes with the hours, on the page that brings both in line."""
        return (*self.readonly_fields, "slot_minutes") if obj else self.readonly_fields

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        photo = form.cleaned_data.get("new_photo")
        if photo is None and not form.cleaned_data.get("remove_photo"):
            return
        doctor, by = form.instance, Actor.from_request(request)

        def store() -> None:  # after the commit: the store is no part of the transaction
            try:
                set_photo(doctor=doctor, photo=photo, by=by, now=timezone.now())
            except Exception:  # whatever the store's client raises; everything else is saved
                messages.error(request, _("The photo could not be stored. Try again later."))

        transaction.on_commit(store)

    @admin.display(description=_("photo"))
    def present_photo(self, doctor: Doctor) -> str:
        if not doctor.photo:
            return "–"
        address = reverse("doctor_photo", args=[doctor.pk])
        return format_html('<img src="{}" alt="" width="96" height="96">', address)
