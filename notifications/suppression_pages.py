"""Addresses that nothing is sent to: why, since when, and allowing messages again."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.models import Patient, User
from accounts.portal import BoundedPaginator, ReadOnlyAdmin
from clinic.lib.actor import Actor
from notifications import operations
from notifications.models import Suppression

Reason = Suppression.Reason
WARNINGS = {
    Reason.BOUNCE: _(
        "A message came back because there is no such address. Please ask for the right one and"
        " correct it at the patient instead. Allow messages again only if you know that this"
        " address works now: what goes to addresses that do not exist makes providers take our"
        " other messages for spam."
    ),
    Reason.COMPLAINT: _(
        "The owner of this address called a message of ours unwanted. Allow messages again only if"
        " they ask for it themselves."
    ),
    Reason.OPT_OUT: _(
        "The owner of this number asked for no more text messages. Allow them again only if they"
        " ask for it themselves. Their phone company may stop our messages until they answer"
        " START to one of them."
    ),
}


class StillFilter(SimpleListFilter):
    title = _("state")
    parameter_name = "lifted_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Nothing is sent")), ("yes", _("Allowed again"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Suppression]
    ) -> QuerySet[Suppression]:
        asked = {"no": True, "yes": False}.get(self.value() or "")
        return queryset if asked is None else queryset.filter(lifted_at__isnull=asked)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = ("address", "channel", "reason", "since", "state")
    list_filter = (StillFilter, "channel", "reason")
    search_fields = ("address",)
    search_help_text = _("An email address or a phone number")
    # As the index has it.
    ordering = ("-since",)
    sortable_by = ("since",)
    list_per_page = 50
    paginator = BoundedPaginator
    actions = None
    actions_detail = ["lift"]
    fields = ("address", "channel", "reason", "since", "state", "whose", "told_by")
    readonly_fields = fields

    def names_patients(self, request: HttpRequest) -> bool:
        return True

    def patients_of(self, rows: list[Suppression]) -> set[uuid.UUID]:
        """An address is somebody's, though no row says whose."""
        return set(owners_of(rows).values_list("pk", flat=True))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """From its beginning, in lower case as it is kept: what its unique index can find."""
        term = search_term.strip().lower()
        return (queryset.filter(address__startswith=term) if term else queryset), False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        found = self.get_object(request, object_id)
        live = found is not None and found.lifted_at is None
        return super().get_actions_detail(request, object_id) if live else []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Nothing here is edited, so nothing is saved."""
        context = (extra_context or {}) | {"show_save": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, context)

    @display(
        description=_("state"),
        label={_("Nothing is sent"): "danger", _("Allowed again"): "success"},
    )
    def state(self, obj: Suppression) -> str:
        return str(_("Nothing is sent") if obj.lifted_at is None else _("Allowed again"))

    @display(description=_("whose"))
    def whose(self, obj: Suppression) -> SafeString | str:
        links = [
            (reverse("admin:accounts_patient_change", args=[patient.pk]), patient.name)
            for patient in owners_of([obj]).order_by("name")[:20]
        ]
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "-"

    @display(description=_("told by"))
    def told_by(self, obj: Suppression) -> SafeString | str:
        if obj.message_id is None:
            return "-"
        link = reverse("admin:notifications_message_change", args=[obj.message_id])
        return format_html_join("", '<a href="{}">{}</a>', [(link, _("This message"))])

    @action(description=_("Allow messages again"), url_path="lift", permissions=["change"])
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Warns on GET, acts on POST."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        page = reverse("admin:notifications_suppression_change", args=[found.pk])
        if request.method == "POST":
            try:
                operations.lift(
                    suppression=found, by=Actor.from_request(request), now=timezone.now()
                )
            except operations.AlreadyLifted as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Messages go to this address again."))
            return redirect(page)
        self.record_look(request, found)
        context = self.admin_site.each_context(request) | {
            "title": _("Allow messages again"),
            "address": found.address,
            "warning": WARNINGS[Reason(found.reason)],
            "page": page,
            "opts": self.opts,
        }
        return render(request, "admin/notifications/lift.html", context)


def owners_of(rows: list[Suppression]) -> QuerySet[Patient]:
    """Whose addresses these are, each found by its own index."""
    emails = [row.address.lower() for row in rows if "@" in row.address]
    logins = list(User.objects.filter(email__in=emails).values_list("pk", flat=True))
    wanted = Q(phone__in=[row.address for row in rows]) | Q(user__in=logins)
    for email in emails:
        wanted |= Q(email__iexact=email)
    return Patient.objects.filter(wanted)
