"""A patient's own visits: book, list, look at, cancel, move."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Patient
from accounts.queries import people_of
from booking import lookups, operations
from booking.api.base import ApiView, CanBook, holders_of, patient_or_refusal
from booking.api.idempotency import idempotent
from booking.api.lookups import (
    appointment_or_404,
    bad_query,
    clinic_or_404,
    date_or_400,
    doctor_or_404,
    hold_or_404,
    visit_type_or_404,
)
from booking.api.problem_schema import IDEMPOTENCY_KEY, problems
from booking.api.serializers import (
    SHOWN,
    AppointmentAnswer,
    BookingRequest,
    CancelRequest,
    MoveRequest,
)
from booking.looks import note_visit, note_visits
from booking.models import Appointment
from booking.operations import BookingError
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds

ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
PAGE = inline_serializer(
    "AppointmentPage",
    {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": AppointmentAnswer(many=True),
    },
)


class LatestFirst(CursorPagination):
    page_size = 50
    ordering = ("-start", "-pk")


class AppointmentsView(ApiView):
    def get_permissions(self) -> list[Any]:
        return [CanBook()] if self.request.method == "POST" else [IsAuthenticated()]

    @extend_schema(
        operation_id="appointments_list",
        parameters=[
            OpenApiParameter("status", str, enum=SHOWN),
            OpenApiParameter("from", OpenApiTypes.DATE, description="Not before this day."),
            OpenApiParameter("cursor", str, description="As in `next` and `previous`."),
        ],
        responses={200: PAGE, **problems(400, 401, 404, 429)},
    )
    def get(self, request: Request) -> Response:
        """One's own visits, the latest first, a page at a time."""
        pages = LatestFirst()
        page = pages.paginate_queryset(_asked_for(request), request, view=self)
        note_visits(request, "appointments.listed", page or [], of=Appointment)
        return pages.get_paginated_response(AppointmentAnswer(page, many=True).data)

    @extend_schema(
        request=BookingRequest,
        responses={201: AppointmentAnswer, **problems(400, 401, 403, 404, 409, 422, 429)},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Book a visit, from a hold or directly. `pending` means that the clinic will answer."""
        form = BookingRequest(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            booked = _book(request, form.validated_data)
        except (BookingError, Http404):
            earlier = _booked_already(request, form.validated_data)
            if earlier is None:
                raise
            booked = earlier
        where = {"Location": reverse("api-appointment", args=[booked.pk])}
        return Response(AppointmentAnswer(booked).data, status=201, headers=where)


class AppointmentView(ApiView):
    @extend_schema(
        operation_id="appointments_retrieve",
        parameters=[ID],
        responses={200: AppointmentAnswer, **problems(401, 404, 429)},
    )
    def get(self, request: Request, id: str) -> Response:
        """One of one's own visits."""
        visit = appointment_or_404(request.user, id)
        note_visit(request, visit)
        return Response(AppointmentAnswer(visit).data)


class CancelView(ApiView):
    @extend_schema(
        request=CancelRequest,
        responses={200: AppointmentAnswer, **problems(400, 401, 404, 409, 422, 429)},
        parameters=[ID, IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request, id: str) -> Response:
        """Cancel a visit, or withdraw a request, within the clinic's notice."""
        visit = appointment_or_404(request.user, id)
        form = CancelRequest(data=request.data)
        form.is_valid(raise_exception=True)
        cancelled = operations.cancel(
            appointment=visit,
            reason=form.validated_data["reason"],
            by=Actor.from_request(request),
            now=timezone.now(),
        )
        return Response(AppointmentAnswer(cancelled).data)


class RescheduleView(ApiView):
    @extend_schema(
        request=MoveRequest,
        responses={200: AppointmentAnswer, **problems(400, 401, 404, 409, 422, 429)},
        parameters=[ID, IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request, id: str) -> Response:
        """Move a visit. Refused, it stays as it is; without a doctor it keeps its own if free."""
        visit = appointment_or_404(request.user, id)
        form = MoveRequest(data=request.data)
        form.is_valid(raise_exception=True)
        moved = operations.reschedule(
            appointment=visit,
            start=form.validated_data["start"],
            doctor=doctor_or_404(visit.visit_type, form.validated_data["doctor"]),
            by=Actor.from_request(request),
            now=timezone.now(),
        )
        moved.refresh_from_db(fields=["doctor"])  # it may have gone to another
        return Response(AppointmentAnswer(moved).data)


def _book(request: Request, wish: dict[str, Any]) -> Appointment:
    return operations.book(
        patient=_patient_of(request, wish["patient"]),
        reason=wish["reason"],
        source="api",
        by=Actor.from_request(request),
        now=timezone.now(),
        **_time_of(request, wish),
    )


def _patient_of(request: Request, pk: uuid.UUID | None) -> Patient:
    """Oneself, or somebody in one's care; nobody else exists."""
    if pk is None:
        return patient_or_refusal(request)
    for person in people_of(request.user):
        if person.pk == pk:
            return person
    raise Http404


def _booked_already(request: Request, wish: dict[str, Any]) -> Appointment | None:
    """The visit that the hold has become already: it was confirmed twice."""
    visit = lookups.own_visit(request.user.pk, wish["hold"]) if "hold" in wish else None
    return visit if visit is not None and visit.is_live else None


def _time_of(request: Request, wish: dict[str, Any]) -> dict[str, Any]:
    """What `operations.book` is told of the time: the caller's hold, or the wish itself."""
    if "hold" in wish:
        hold = hold_or_404(holders_of(request), wish["hold"])
        return {"hold": hold, "holder": hold.holder}
    visit_type = visit_type_or_404(wish["visit_type"])
    doctor = doctor_or_404(visit_type, wish["doctor"])
    return {"visit_type": visit_type, "start": wish["start"], "doctor": doctor}


def _asked_for(request: Request) -> QuerySet[Appointment]:
    visits = Appointment.objects.of_patient_user(request.user.pk)
    visits = visits.select_related("visit_type", "doctor")
    if (status := request.query_params.get("status")) is not None:
        if status not in SHOWN:
            raise bad_query("status", _("One of %(known)s.") % {"known": ", ".join(SHOWN)})
        visits = visits.filter(status=status)
    if (first := request.query_params.get("from")) is not None:
        day = date_or_400("from", first)
        visits = visits.filter(start__gte=day_bounds(day, clinic_or_404().zone)[0])
    return visits
