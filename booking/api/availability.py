"""Free times: the one address that everybody asks, so it does nothing that it need not.

Neither REST framework nor the session takes part: the query string is looked up in the process,
the answer is finished bytes from Valkey. What a query string means (its visit type and doctor) is
believed for a few seconds; the free times themselves are never kept in the process.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from accounts.models import Doctor
from accounts.queries import current_clinic
from booking import answers
from booking.api.base import ApiView
from booking.api.lookups import bad_query, days_or_400, doctor_or_404, visit_type_or_404
from booking.api.problem_schema import problems
from booking.models import VisitType

MOST_DAYS = 31
BELIEVED_SECONDS = 5.0
MOST_KNOWN = 2000


@dataclass(frozen=True, slots=True)
class _Asked:
    visit_type: VisitType
    doctor: Doctor | None
    first: dt.date
    last: dt.date


# What a clinic's query strings mean, and until when (monotonic clock) that is believed.
_known: dict[tuple[Any, str], tuple[float, _Asked]] = {}


class FreeTimeAnswer(serializers.Serializer):
    start = serializers.DateTimeField()
    doctors = serializers.IntegerField(help_text="How many doctors are free then.")


class AvailabilityAnswer(serializers.Serializer):
    timezone = serializers.CharField()
    visit_type = serializers.CharField()
    slots = FreeTimeAnswer(many=True)


class AvailabilityView(ApiView):
    authentication_classes: Any = []
    permission_classes = [AllowAny]
    throttle_classes: Any = []

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer without REST framework; it is left to tell what is wrong with a request."""
        if request.method in ("GET", "HEAD"):
            asked = believed(request)
            if asked is not None:
                return answer(request, asked)
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(
        auth=[],
        parameters=[
            OpenApiParameter("from", dt.date, required=True, description="The clinic's first day."),
            OpenApiParameter(
                "to", dt.date, required=True, description="The last; at most 31 days."
            ),
            OpenApiParameter("visit_type", str, required=True, description="A slug."),
            OpenApiParameter("doctor", {"type": "string", "format": "uuid"}),
        ],
        responses={200: AvailabilityAnswer, 304: None, **problems(400, 404)},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The free times of a visit type. Answers carry an ETag."""
        return answer(request._request, _understood(request._request))


def believed(request: HttpRequest) -> _Asked | None:
    """What this query string was understood to ask for a moment ago."""
    clinic = current_clinic()
    found = _known.get((clinic.pk if clinic else None, request.META.get("QUERY_STRING", "")))
    return found[1] if found is not None and time.monotonic() < found[0] else None


def _understood(request: HttpRequest) -> _Asked:
    """What the query string asks for. Raises Problem (400, 404)."""
    query = request.GET
    visit_type = visit_type_or_404(_once(query, "visit_type", required=True) or "")
    days = days_or_400(_once(query, "from"), _once(query, "to"), at_most=MOST_DAYS)
    doctor = doctor_or_404(visit_type, _once(query, "doctor"))
    asked = _Asked(visit_type, doctor, *days)
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    key = (visit_type.clinic_id, request.META.get("QUERY_STRING", ""))
    _known[key] = (time.monotonic() + BELIEVED_SECONDS, asked)
    return asked


def _once(query: QueryDict, name: str, *, required: bool = False) -> str | None:
    values = query.getlist(name)
    if required and not values:
        raise bad_query(name, _("This parameter is required."), "required")
    if len(values) > 1:
        raise bad_query(name, _("This parameter was given more than once."))
    return values[0] if values else None


def answer(request: HttpRequest, asked: _Asked) -> HttpResponse:
    answer = answers.free_times(
        visit_type=asked.visit_type,
        first=asked.first,
        last=asked.last,
        doctor=asked.doctor,
        now=timezone.now(),
    )
    if _has_already(request, answer.etag):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(answer.body, content_type="application/json")
    # A change shows at once: caches may keep the answer, but ask each time whether it still holds.
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = answer.etag
    return response


def _has_already(request: HttpRequest, etag: str) -> bool:
    wanted = request.META.get("HTTP_IF_NONE_MATCH")
    if not wanted:
        return False
    if wanted == etag:
        return True
    return any(one in ("*", etag, f"W/{etag}") for one in parse_etags(wanted))
