"""Bearer tokens of the API: to be seen and ended."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken
from accounts.operations import tokens
from accounts.portal import ReadOnlyAdmin
from clinic.lib.actor import Actor


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "expires_at", "revoked_at")
    search_fields = ("user__email",)
    ordering = ("-created_at",)
    fields = ("user", "created_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    patient_path = "user__patient__pk"
    actions = ("revoke",)

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        by, now = Actor.from_request(request), timezone.now()
        ended = sum(tokens.revoke(token=token, by=by, now=now) for token in queryset)
        messages.success(request, _("Revoked: %(count)d") % {"count": ended})
