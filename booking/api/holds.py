"""Keeping a time for a few minutes. Needs no sign-in."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from booking import holders, operations
from booking.api.base import ApiView, holder_of, holders_of
from booking.api.idempotency import idempotent
from booking.api.lookups import doctor_or_404, hold_or_404, visit_type_or_404
from booking.api.problem_schema import IDEMPOTENCY_KEY, problems
from booking.api.serializers import HoldAnswer, HoldRequest
from booking.operations import HoldExpired
from clinic.lib.actor import Actor
from clinic.lib.problems import Problem
from clinic.lib.throttles import AnonymousThrottle, UserThrottle


class HoldsView(ApiView):
    permission_classes = [AllowAny]
    throttle_classes = [AnonymousThrottle, UserThrottle, holders.HoldThrottle]

    @extend_schema(
        request=HoldRequest,
        responses={201: HoldAnswer, **problems(400, 404, 409, 422, 429)},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep a time. A caller has one hold at most: a new one takes the place of the earlier.

        Without a token the hold belongs to the session of the cookie that is set.
        """
        form = HoldRequest(data=request.data)
        form.is_valid(raise_exception=True)
        wish: dict[str, Any] = form.validated_data
        visit_type = visit_type_or_404(wish["visit_type"])
        hold = holders.hold_once(
            visit_type=visit_type,
            start=wish["start"],
            doctor=doctor_or_404(visit_type, wish["doctor"]),
            holder=holder_of(request),
            by=Actor.from_request(request),
            now=timezone.now(),
        )
        return Response(HoldAnswer(hold).data, status=201)


class HoldView(ApiView):
    permission_classes = [AllowAny]

    @extend_schema(
        responses={204: None, **problems(404, 429)},
        parameters=[OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
    )
    def delete(self, request: Request, id: str) -> Response:
        """Give a kept time back. One that has ended, or is another's, is unknown."""
        hold = hold_or_404(holders_of(request), id)
        try:
            operations.release(hold=hold, by=Actor.from_request(request), now=timezone.now())
        except HoldExpired as error:
            raise Problem(404, "not-found", error) from error
        return Response(status=204)
