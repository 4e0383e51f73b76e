"""What became of messages. Not what they say: that is between the clinic and the patient."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.operations import record_audit
from accounts.portal import BoundedPaginator, ReadOnlyAdmin
from clinic.lib.actor import Actor
from notifications import outbox, preview_pages, suppression_pages
from notifications.models import Message

__all__ = ["MessageAdmin", "preview_pages", "suppression_pages"]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "template", "recipient", "status", "attempts", "sent_at", "error")
    list_filter = ("status", "template")
    search_fields = ("recipient",)
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    list_per_page = 25
    paginator = BoundedPaginator
    fields = (
        "template",
        "recipient",
        "language",
        "status",
        "created_at",
        "send_after",
        "expires_at",
        "attempts",
        "sent_at",
        "error",
    )
    readonly_fields = fields
    actions = ("queue_again",)

    @admin.action(description=_("Try failed ones again"), permissions=["change"])
    def queue_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        now, by = timezone.now(), Actor.from_request(request)
        queued = outbox.queue_again(messages=list(queryset), now=now)
        for message in queued:
            record_audit(action="message.queued_again", subject=message, by=by, now=now)
        messages.success(request, _("Queued again: %(count)d") % {"count": len(queued)})
