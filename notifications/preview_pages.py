"""The portal's pages on which the clinic reads what its patients are sent."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.portal import page, show
from accounts.queries import current_clinic
from notifications import preview
from notifications.catalog import KINDS

# Whose business the clinic's words are; nothing of a patient is on these pages.
PERMISSION = "accounts.view_clinic"


@page("notifications/preview/", name="message_previews", permission=PERMISSION)
@require_safe
def previews(request: HttpRequest) -> TemplateResponse:
    """All kinds, with their subjects and how long they are as text messages."""
    clinic = _clinic()
    kinds = [(name, kind, preview.variants(name, clinic=clinic)[0]) for name, kind in KINDS.items()]
    return show(
        request,
        "admin/notifications/previews.html",
        title=_("What messages say"),
        kinds=kinds,
        languages=settings.LANGUAGES,
    )


@page("notifications/preview/<slug:kind>/", name="message_preview", permission=PERMISSION)
@require_safe
def one(request: HttpRequest, kind: str) -> TemplateResponse:
    if kind not in KINDS:
        raise Http404
    return show(
        request,
        "admin/notifications/preview.html",
        title=_("What messages say: %(kind)s") % {"kind": kind},
        kinds=list(KINDS),
        kind=kind,
        variants=preview.variants(kind, clinic=_clinic()),
        languages=dict(settings.LANGUAGES),
    )


def _clinic() -> dict[str, str]:
    """The sample's own, before there is a clinic."""
    clinic = current_clinic()
    if clinic is None:
        return {}
    return {
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone,
        "clinic_address": clinic.address,
    }
