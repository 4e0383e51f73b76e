"""The portal's menu and its first page. `settings.UNFOLD` names both."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from accounts.queries import current_clinic
from booking import unreached
from booking.desk.common import MAY
from booking.desk.requests import open_requests, open_wishes
from booking.models import Appointment, Status
from booking.wording import day_text
from clinic.lib.times import day_bounds, local_day

# Visits of so many days ago are still asked after, when nobody has closed them.
UNCLOSED_DAYS = 14


class Entry(NamedTuple):
    title: Any
    icon: str
    url: str  # its name
    permission: str
    badge: str = ""  # of what is counted in `_counts`


MENU: list[tuple[Any, list[Entry]]] = [
    (
        _("Front desk"),
        [
            Entry(_("The day"), "calendar_view_day", "admin:desk", MAY),
            Entry(_("Book a visit"), "add_circle", "admin:desk_book", MAY),
            Entry(_("Requests"), "mark_email_unread", "admin:desk_requests", MAY, "requests"),
            Entry(
                _("Waiting list"), "hourglass_top", "admin:booking_waitlistentry_changelist",
                "booking.view_waitlistentry",
            ),
            Entry(_("Not reached"), "phone_missed", "admin:desk_not_reached", MAY),
            Entry(_("Who is away"), "event_busy", "away_list", "booking.view_timeoff"),
            Entry(_("Why not offered?"), "help", "admin:booking_why", MAY),
            Entry(
                _("All visits"), "list_alt", "admin:booking_appointment_changelist",
                "booking.view_appointment",
            ),
        ],
    ),
    (
        _("People"),
        [
            Entry(
                _("Patients"), "group", "admin:accounts_patient_changelist",
                "accounts.view_patient",
            ),
            Entry(
                _("Carers"), "family_restroom", "admin:accounts_care_changelist",
                "accounts.view_care",
            ),
            Entry(
                _("Duplicates"), "group_remove", "admin:booking_merge", "accounts.change_patient"
            ),
            Entry(
                _("Documents"), "description", "admin:documents_document_changelist",
                "documents.change_document",
            ),
            Entry(
                _("Doctors"), "stethoscope", "admin:accounts_doctor_changelist",
                "accounts.view_doctor",
            ),
            Entry(_("Logins"), "badge", "admin:accounts_user_changelist", "accounts.view_user"),
            Entry(_("Roles"), "shield_person", "admin:auth_group_changelist", "auth.view_group"),
            Entry(
                _("Tokens"), "key", "admin:accounts_apitoken_changelist",
                "accounts.view_apitoken",
            ),
        ],
    ),
    (
        _("Offer"),
        [
            Entry(
                _("Visit types"), "medical_services", "admin:booking_visittype_changelist",
                "booking.view_visittype",
            ),
            Entry(
                _("Working hours"), "schedule", "admin:booking_hours",
                "booking.change_workinghours",
            ),
            Entry(
                _("Time off"), "beach_access", "admin:booking_timeoff_changelist",
                "booking.view_timeoff",
            ),
            Entry(
                _("Rooms and equipment"), "meeting_room", "admin:booking_resource_changelist",
                "booking.view_resource",
            ),
            Entry(
                _("Public holidays"), "celebration", "admin:booking_holidays",
                "booking.view_timeoff",
            ),
            Entry(
                _("The clinic"), "local_hospital", "admin:accounts_clinic_changelist",
                "accounts.view_clinic",
            ),
        ],
    ),
    (
        _("Look back"),
        [
            Entry(_("Figures"), "bar_chart", "admin:booking_figures", "booking.view_appointment"),
            Entry(
                _("Messages"), "mail", "admin:notifications_message_changelist",
                "notifications.view_message",
            ),
            Entry(_("Dead letters"), "unsubscribe", "admin:dead_letters", "accounts.view_user"),
            Entry(
                _("What messages say"), "drafts", "admin:message_previews", "accounts.view_clinic"
            ),
            Entry(
                _("Suppressed addresses"), "unsubscribe",
                "admin:notifications_suppression_changelist", "notifications.view_suppression",
            ),
            Entry(
                _("Audit trail"), "history", "admin:accounts_auditevent_changelist",
                "accounts.view_auditevent",
            ),
            Entry(
                _("Emergency access"), "emergency", "admin:accounts_emergencyaccess_changelist",
                "accounts.view_emergencyaccess",
            ),
        ],
    ),
]  # fmt: skip


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu, of what this person may open."""
    groups = []
    for title, entries in MENU:
        items = [item for entry in entries if (item := _item(request, entry)) is not None]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any] | None:
    if not request.user.has_perm(entry.permission):
        return None
    try:
        link = reverse(entry.url)
    except NoReverseMatch:
        return None
    item: dict[str, Any] = {"title": entry.title, "icon": entry.icon, "link": link}
    # The day is the start of every address of the desk, and would be lit on all of them.
    item["active"] = (
        request.path == link if entry.url == "admin:desk" else (request.path.startswith(link))
    )
    if entry.badge and (number := _waiting(request)):
        item |= {"badge": str(number), "badge_variant": "warning"}
    return item


def _waiting(request: HttpRequest) -> int:
    """How many patients wait for an answer."""
    clinic = current_clinic()
    if clinic is None:
        return 0
    return open_requests(clinic, now=timezone.now()).count() + open_wishes(clinic).count()


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Today at a glance, for whoever works at the desk."""
    clinic = current_clinic()
    if clinic is not None and request.user.has_perm(MAY):
        context["glance"] = glance(clinic, now=timezone.now())
        context["title"] = day_text(context["glance"]["day"], year=True)
    return context


def glance(clinic: Clinic, *, now: dt.datetime) -> dict[str, Any]:
    today = local_day(now, clinic.zone)
    start, end = day_bounds(today, clinic.zone)
    statuses = list(
        Appointment.objects.filter(doctor__clinic=clinic, start__gte=start, start__lt=end)
        .exclude(status=Status.HELD)
        .values_list("status", flat=True)
    )
    agreed = [Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED]
    unclosed = Appointment.objects.filter(
        doctor__clinic=clinic,
        start__gte=start - dt.timedelta(days=UNCLOSED_DAYS),
        start__lt=start,
        status__in=[Status.BOOKED, Status.CHECKED_IN],
    ).order_by("start")
    near = Appointment.objects.filter(
        doctor__clinic=clinic,
        start__gt=now,
        start__lt=end + dt.timedelta(days=1),
        status__in=unreached.COMING,
    ).values_list("pk", flat=True)
    oldest = list(unclosed.values_list("start", flat=True)[:1000])
    return {
        "day": today,
        "visits": sum(status in agreed for status in statuses),
        "arrived": statuses.count(Status.CHECKED_IN),
        "done": statuses.count(Status.COMPLETED),
        "no_show": statuses.count(Status.NO_SHOW),
        "requests": open_requests(clinic, now=now).count(),
        "wishes": open_wishes(clinic).count(),
        "unreached": len(unreached.among(near)),
        "unclosed": len(oldest),
        "unclosed_day": local_day(oldest[0], clinic.zone) if oldest else None,
    }
