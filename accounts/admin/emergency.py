"""Records that were opened in an emergency, for operators: whether each was one. Operators see no
patients: whose record it was is an id, by which the trail tells what was read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from accounts.models import EmergencyAccess, User
from accounts.operations import review_emergency_access
from accounts.portal import BoundedPaginator, ReadOnlyAdmin, show
from clinic.lib.actor import Actor


class LookedInto(admin.SimpleListFilter):
    title = _("looked into")
    parameter_name = "reviewed_at"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("no", _("Not yet")), ("yes", _("Looked into"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[EmergencyAccess]
    ) -> QuerySet[EmergencyAccess]:
        if self.value() is None:
            return queryset
        return queryset.filter(reviewed_at__isnull=self.value() != "yes")


@admin.register(EmergencyAccess)
class EmergencyAccessAdmin(ReadOnlyAdmin):
    list_display = ("opened_at", "doctor", "reason", "ends_at", "reviewed_at")
    list_filter = (LookedInto,)
    list_select_related = ("doctor",)
    ordering = ("-opened_at",)
    sortable_by = ()
    paginator = BoundedPaginator
    fields = ("doctor", "reason", "opened_at", "ends_at", "what_was_done", "reviewed_at", "by_whom")
    actions = ("look_into",)
    actions_detail = ("looked_into",)

    def has_change_permission(
        self, request: HttpRequest, obj: EmergencyAccess | None = None
    ) -> bool:
        """Nothing is changed by hand; who may change is who may say that it was looked into."""
        return obj is None and super().has_change_permission(request)

    def has_look_into_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    @admin.action(description=_("I have looked into it"), permissions=["look_into"])
    def look_into(self, request: HttpRequest, queryset: QuerySet[EmergencyAccess]) -> None:
        by, now = Actor.from_request(request), timezone.now()
        ids = list(queryset.values_list("pk", flat=True))
        noted = sum(review_emergency_access(access_id=pk, by=by, now=now) for pk in ids)
        said = ngettext("Noted: %(count)d.", "Noted: %(count)d.", noted) % {"count": noted}
        messages.success(request, said)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Nothing to press when somebody has looked into it."""
        found = self.get_object(request, object_id)
        still = found is not None and found.reviewed_at is None
        return super().get_actions_detail(request, object_id) if still else []

    @action(
        description=_("I have looked into it"),
        url_path="looked-into",
        permissions=["look_into"],
    )
    def looked_into(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks on GET, acts on POST."""
        access = self.get_object(request, object_id)
        if access is None:
            raise Http404
        address = reverse("admin:accounts_emergencyaccess_change", args=[access.pk])
        if request.method == "POST":
            by, now = Actor.from_request(request), timezone.now()
            if review_emergency_access(access_id=access.pk, by=by, now=now):
                messages.success(request, _("Noted: you have looked into it."))
            else:
                messages.info(request, _("Somebody had looked into it before."))
            return redirect(address)
        title = _("I have looked into it")
        context = {"title": title, "access": access, "address": address, "opts": self.opts}
        return show(request, "admin/accounts/looked_into.html", **context)

    @admin.display(description=_("in the audit trail"))
    def what_was_done(self, access: EmergencyAccess) -> SafeString:
        address = reverse("admin:accounts_auditevent_changelist", query={"q": access.patient_id})
        return _link(address, _("What was read of this record"))

    @admin.display(description=_("looked into by"))
    def by_whom(self, access: EmergencyAccess) -> str | SafeString:
        """Until then the way to it, which on a phone the page's head would hide in a menu."""
        if access.reviewed_by is None:
            address = reverse("admin:accounts_emergencyaccess_looked_into", args=[access.pk])
            return _link(address, _("I have looked into it"))
        reviewer = User.objects.filter(pk=access.reviewed_by).first()
        return reviewer.email if reviewer else "–"


def _link(address: str, words: str | Promise) -> SafeString:
    """In the portal's colour for links: within a field its theme has none."""
    look = "text-primary-600 dark:text-primary-500"
    return format_html('<a class="{}" href="{}">{}</a>', look, address, words)
