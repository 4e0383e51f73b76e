"""Two plain endpoints that a static site can use: no sign-in, no cookies, CORS by setting."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from booking import lookups
from booking.api import places
from booking.api.base import ApiView
from booking.api.idempotency import idempotent
from booking.api.lookups import Days, date_or_400, in_order_or_400, uuid_or_404
from booking.api.problem_schema import IDEMPOTENCY_KEY, problems
from booking.models import Appointment
from booking.operations.guests import request_as_guest
from clinic.lib.actor import Actor
from clinic.lib.languages import current_language
from clinic.lib.throttles import AnonymousThrottle, RateThrottle, ScopedThrottle, address_of

# A name goes into a mail to an address that nobody has confirmed: no lines, no links.
NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f]|://|www\.", re.IGNORECASE)


class PlaceAnswer(serializers.Serializer):
    appointmentId = serializers.CharField()
    appointmentDate = serializers.DateField(help_text="By the clinic's clock.")
    appointmentTime = serializers.RegexField(r"^\d\d:\d\d$")
    status = serializers.ChoiceField(choices=[places.AVAILABLE, places.PENDING])


class RequestAnswer(PlaceAnswer):
    status = serializers.ChoiceField(
        choices=[places.AVAILABLE, places.UNAVAILABLE, *dict.fromkeys(places.TOLD.values())]
    )
    decisionReason = serializers.CharField(required=False)


class GuestRequest(serializers.Serializer):
    appointmentId = serializers.CharField(max_length=60)
    patientName = serializers.CharField(max_length=150)
    patientEmail = serializers.EmailField(max_length=254)
    notes = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, allow_null=True, default=""
    )

    def validate_patientName(self, name: str) -> str:
        if NOT_IN_NAMES.search(name):
            raise serializers.ValidationError(_("Enter a name."))
        return name


class GuestAddressThrottle(ScopedThrottle):
    scope = "guest-address"


class GuestEmailThrottle(RateThrottle):
    """Counted by the view, when it knows the address: nobody's mailbox is to be flooded."""

    scope = "guest-email"


class PlacesView(ApiView):
    authentication_classes: Any = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="appointment_slot_list",
        auth=[],
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, description="By default today."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="By default the last."),
        ],
        responses={200: PlaceAnswer(many=True), **problems(400, 404, 429)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Each doctor's free places of the next days, and those that somebody asked for."""
        visit_type, now = places.offered_or_404(), timezone.now()
        offered = places.window(visit_type.clinic, now=now)
        asked = _days(request, offered)
        days = Days(max(asked.first, offered.first), min(asked.last, offered.last))
        found = places.listed(visit_type, days, now=now) if days.first <= days.last else b"[]"
        return HttpResponse(
            found,
            content_type="application/json",
            headers={"Cache-Control": "no-cache"},
        )


class PlaceView(ApiView):
    authentication_classes: Any = []
    permission_classes = [AllowAny]

    @extend_schema(
        auth=[],
        parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH)],
        responses={200: RequestAnswer, **problems(404, 429)},
    )
    def get(self, request: Request, id: str) -> Response:
        """A place by its id on the list; or a request and the clinic's answer, by its own id."""
        if (place := places.place_of(id)) is None:
            return Response(places.request_item(_request_or_404(id)))
        visit_type = places.offered_or_404()
        doctor = places.doctor_of_or_404(visit_type, place)
        status = places.status_of(visit_type, doctor, place, now=timezone.now())
        return Response(places.item(id, place.start, visit_type.clinic, status))


class BookPlaceView(ApiView):
    authentication_classes: Any = []
    permission_classes = [AllowAny]
    throttle_classes = [AnonymousThrottle, GuestAddressThrottle]

    @extend_schema(
        auth=[],
        request=GuestRequest,
        responses={201: RequestAnswer, **problems(400, 404, 409, 422, 429)},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Ask for a place. The answer's `appointmentId` is the request's own: keep it to look at
        the clinic's answer. The request lapses unless the link in the mail is followed."""
        form = GuestRequest(data=request.data)
        form.is_valid(raise_exception=True)
        asked: dict[str, Any] = form.validated_data
        visit_type, place = places.offered_or_404(), _place_or_404(asked["appointmentId"])
        doctor = places.doctor_of_or_404(visit_type, place)
        _count_email(asked["patientEmail"])
        visit = request_as_guest(
            name=asked["patientName"],
            email=asked["patientEmail"],
            language=current_language(),
            visit_type=visit_type,
            start=place.start,
            doctor=doctor,
            reason=asked["notes"] or "",
            by=Actor.from_request(request),
            now=timezone.now(),
        )
        told = places.request_item(visit)
        return Response(told, status=201, headers={"Location": f"/appointment-slot/{visit.pk}"})

    def caller(self, request: Request) -> str:
        """Whoever sends from this address for this mailbox; there is no session."""
        email = request.data.get("patientEmail", "") if isinstance(request.data, dict) else ""
        text = f"{address_of(request)} {str(email).strip().lower()}"
        return f"guest:{hashlib.sha256(text.encode()).hexdigest()}"


def _days(request: Request, offered: Days) -> Days:
    query = request.query_params
    first = date_or_400("from", query["from"]) if "from" in query else offered.first
    last = date_or_400("to", query["to"]) if "to" in query else max(first, offered.last)
    return in_order_or_400(Days(first, last))


def _place_or_404(public_id: str) -> places.Place:
    place = places.place_of(public_id)
    if place is None:
        raise Http404
    return place


def _request_or_404(public_id: str) -> Appointment:
    visit = lookups.guest_request(uuid_or_404(public_id))
    if visit is None:
        raise Http404
    return visit


def _count_email(email: str) -> None:
    throttle = GuestEmailThrottle()
    if not throttle.count(email.lower()):
        raise Throttled(wait=throttle.wait())
