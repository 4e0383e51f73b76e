"""What can be booked, and with whom. Public."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Clinic, Doctor
from booking import queries
from booking.api.base import ApiView
from booking.api.lookups import clinic_or_404
from booking.api.problem_schema import problems
from booking.models import VisitType
from clinic.lib.replica import may_lag

FRESH = {"Cache-Control": "public, max-age=60"}


class VisitTypeAnswer(serializers.ModelSerializer):
    class Meta:
        model = VisitType
        fields = [
            "slug",
            "name",
            "description",
            "minutes",
            "price",
            "what_to_bring",
            "needs_approval",
            "notice_minutes",
            "change_notice_minutes",
            "horizon_days",
        ]


class DoctorAnswer(serializers.ModelSerializer):
    title = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    photo = serializers.SerializerMethodField()
    visit_types = serializers.SerializerMethodField()

    class Meta:
        model = Doctor
        fields = ["id", "name", "title", "about", "languages", "photo", "visit_types"]

    def get_photo(self, doctor: Doctor) -> str | None:
        return reverse("doctor_photo", args=[doctor.pk]) if doctor.photo else None

    def get_visit_types(self, doctor: Doctor) -> list[str]:
        return self.context["offers"].get(doctor.pk, [])


class PublicView(ApiView):
    authentication_classes: Any = []  # the same for everybody: an old token does not matter
    permission_classes = [AllowAny]


class VisitTypesView(PublicView):
    @extend_schema(responses={200: VisitTypeAnswer(many=True), **problems(429)}, auth=[])
    def get(self, request: Request) -> Response:
        """The kinds of visit that can be booked."""
        return Response(_visit_types(clinic_or_404()), headers=FRESH)


class DoctorsView(PublicView):
    @extend_schema(responses={200: DoctorAnswer(many=True), **problems(429)}, auth=[])
    def get(self, request: Request) -> Response:
        """The doctors, and the visit types (by slug) that each offers."""
        return Response(_doctors(clinic_or_404()), headers=FRESH)


@may_lag
def _visit_types(clinic: Clinic) -> Any:
    return VisitTypeAnswer(queries.visit_types(clinic=clinic), many=True).data


@may_lag
def _doctors(clinic: Clinic) -> Any:
    doctors = clinic.doctors.filter(active=True)
    return DoctorAnswer(doctors, many=True, context={"offers": _offers(clinic)}).data


def _offers(clinic: Clinic) -> dict[Any, list[str]]:
    """Slugs by doctor, in the order in which the clinic lists them."""
    rows = queries.visit_types(clinic=clinic).filter(doctors__isnull=False)
    offers = defaultdict(list)
    for doctor_id, slug in rows.values_list("doctors", "slug"):
        offers[doctor_id].append(slug)
    return offers
