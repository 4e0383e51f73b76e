"""The log of messages: what was sent to whom, what became of it, and why it was not sent.

What a message says and whom it speaks of is for those who may see patients. Operators see the
rest: that is what they need to keep messages leaving.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.models import Patient
from accounts.portal import BoundedPaginator, ReadOnlyAdmin, sorted_after_search
from accounts.queries import current_clinic, patients_matching
from clinic.lib.actor import Actor
from notifications import operations
from notifications.admin.filters import KindFilter, PatientFilter, VisitFilter, is_id, kind_text
from notifications.admin.preview import preview
from notifications.explaining import explain, why_none
from notifications.models import Channel, Message, MessageStatus

# Patients whose messages a search shows; who finds more has written too little.
MOST_FOUND = 200
LABELS = {
    MessageStatus.QUEUED: "info",
    MessageStatus.SENDING: "info",
    MessageStatus.SENT: "success",
    MessageStatus.DELIVERED: "success",
    MessageStatus.BOUNCED: "danger",
    MessageStatus.COMPLAINED: "danger",
    MessageStatus.FAILED: "danger",
    MessageStatus.VOID: "warning",
}
FACTS = (
    "kind", "shown_status", "why", "whom", "channel", "to", "language", "priority_text",
    "created_at", "send_after", "expires_at", "sent_at", "settled_at", "provider", "provider_id",
    "parts", "tries_made", "tellings", "linked",
)  # fmt: skip
# What they show may name somebody.
PERSONAL = ("whom", "content")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_filter = ("status", KindFilter, "channel", PatientFilter, VisitFilter)
    search_fields = ("provider_id",)
    search_help_text = _("A patient's name, email, phone or date of birth; or a provider's id")
    # As the index has it.
    ordering = ("-created_at", "-id")
    sortable_by = ("created_at",)
    list_per_page = 25
    paginator = BoundedPaginator
    fields = (*FACTS, "content")
    readonly_fields = fields
    actions = ("queue_again",)
    actions_detail = ["resend"]

    def names_patients(self, request: HttpRequest) -> bool:
        return may_read(request)

    # -- The list ----------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        shown = ("created_at", "kind", "channel", "to", "shown_status", "sent_at")
        return (*shown[:2], "whom", *shown[2:]) if may_read(request) else shown

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        return self.list_filter if may_read(request) else self.list_filter[:3]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        personal = lookup.split("__")[0] == PatientFilter.parameter_name
        if personal and not (request and may_read(request)):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        # What it says is read for the one that is opened, not for each in a list.
        found = super().get_queryset(request).select_related("patient__user")
        return found if "object_id" in _arguments(request) else found.defer("context")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Of somebody to whom nothing was ever written the list says why."""
        asked = request.GET.get(PatientFilter.parameter_name, "")
        if may_read(request) and is_id(asked):
            patient = Patient.objects.select_related("user").filter(pk=asked).first()
            if patient is not None and not patient.messages.exists():
                messages.info(request, why_none(patient).sentence)
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(provider_id=term[:128]) & ~Q(provider_id="")
        if may_read(request):
            patients = patients_matching(term).values_list("pk", flat=True)[:MOST_FOUND]
            wanted |= Q(patient__in=list(patients))
        found = queryset.filter(wanted)
        newest = F("created_at") + dt.timedelta()
        return sorted_after_search(found, name="created_at", by=newest), False

    @admin.action(description=_("Try failed ones again"), permissions=["change"])
    def queue_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        queued = operations.replay(
            messages=list(queryset), by=Actor.from_request(request), now=timezone.now()
        )
        messages.success(request, _("Queued again: %(count)d") % {"count": len(queued)})

    # -- One message -------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Message | None = None) -> tuple[str, ...]:
        if may_read(request):
            return tuple("recipient" if name == "to" else name for name in self.fields)
        return tuple(name for name in self.fields if name not in PERSONAL)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.get_fields(request, obj))

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

    @action(description=_("Send it again"), url_path="resend", permissions=["change"])
    def resend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask on GET, act on POST, and say what came of it."""
        message = self.get_object(request, object_id)
        if message is None:
            raise Http404
        if not (self.has_change_permission(request, message) and may_read(request)):
            raise PermissionDenied
        if request.method == "POST":
            try:
                message = operations.resend(
                    message=message, by=Actor.from_request(request), now=timezone.now()
                )
            except operations.NotResent as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("It is sent again. This is the new message."))
            return redirect(reverse("admin:notifications_message_change", args=[message.pk]))
        self.record_look(request, message)
        context = self.admin_site.each_context(request) | {
            "title": _("Send it again"),
            "message": message,
            "kind": kind_text(message.template),
            "opts": self.opts,
        }
        return render(request, "admin/notifications/resend.html", context)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        return super().get_actions_detail(request, object_id) if may_read(request) else []

    # -- What is shown -----------------------------------------------------------------------

    @display(description=_("message"))
    def kind(self, obj: Message) -> str:
        return kind_text(obj.template)

    @display(description=_("status"), label={key.label: value for key, value in LABELS.items()})
    def shown_status(self, obj: Message) -> str:
        return obj.get_status_display()

    @display(description=_("to"))
    def to(self, obj: Message) -> str:
        return masked(obj)

    @display(description=_("patient"))
    def whom(self, obj: Message) -> str | SafeString:
        if obj.patient is None:
            return "–"
        address = reverse("admin:accounts_patient_change", args=[obj.patient_id])
        return format_html('<a href="{}">{}</a>', address, obj.patient)

    @display(description=_("why"))
    def why(self, obj: Message) -> str:
        clinic = current_clinic()
        zone = clinic.zone if clinic else timezone.get_default_timezone()
        return explain(obj, zone=zone, now=timezone.now()).sentence

    @display(description=_("priority"))
    def priority_text(self, obj: Message) -> str:
        return obj.get_priority_display()

    @display(description=_("parts and cost"))
    def parts(self, obj: Message) -> str:
        return "–" if obj.segments is None else f"{obj.segments} · {obj.cost or 0}"

    @display(description=_("tries that failed"))
    def tries_made(self, obj: Message) -> SafeString:
        rows = obj.tries.order_by("begun_at", "id")
        return _lines((t.begun_at, f"{t.get_outcome_display()} {t.error}".strip()) for t in rows)

    @display(description=_("said by the provider"))
    def tellings(self, obj: Message) -> SafeString:
        return _lines((e.at, f"{e.kind} {e.detail}".strip()) for e in obj.events.order_by("at"))

    @display(description=_("sent instead"))
    def linked(self, obj: Message) -> SafeString:
        others = [*([obj.stands_in_for] if obj.stands_in_for else []), *obj.stand_ins.all()]
        address = "admin:notifications_message_change"
        return format_html_join(
            SafeString("<br>"),
            '<a href="{}">{}, {}</a>',
            (
                (reverse(address, args=[o.pk]), o.get_channel_display(), o.get_status_display())
                for o in others
            ),
        ) or SafeString("–")

    @display(description=_("what it says"))
    def content(self, obj: Message) -> SafeString:
        return preview(obj)


def may_read(request: HttpRequest) -> bool:
    """Whoever may see patients may see what they were written."""
    return request.user.has_perm("accounts.view_patient")


def masked(message: Message) -> str:
    """Enough to tell two apart. The whole address stands in the patient's record."""
    if message.channel == Channel.SMS:
        return f"…{message.recipient[-3:]}"
    name, _at, host = message.recipient.rpartition("@")
    return f"{name[:1]}…@{host}"


def _arguments(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    return match.kwargs if match else {}


def _lines(rows: Any) -> SafeString:
    lines = ((timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S"), text) for at, text in rows)
    return format_html_join(SafeString("<br>"), "{} · {}", lines) or SafeString("–")
