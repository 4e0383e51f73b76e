"""How problems appear in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from clinic.lib.problems import CONTENT_TYPE

MEANINGS = {
    400: "Not understood: malformed JSON, or fields that are not valid (see `errors`).",
    401: "No token, or one that is unknown, expired or revoked.",
    403: "`profile-missing` or `email-unverified`: finish signing up first.",
    404: "Unknown, or not the caller's.",
    409: (
        "`taken` (with `alternatives`), `patient-busy`, `hold-expired`, `wrong-state`: the world "
        "has changed; `in-flight`: the first request with this Idempotency-Key still runs."
    ),
    413: "`too-large`: more than a megabyte.",
    415: "The body is not application/json.",
    422: (
        "`too-soon`, `too-far`, `not-offered`, `too-late-to-change`: the clinic's rules forbid it; "
        "`idempotency-key-reused`: the key was used for another request."
    ),
    429: "Too many requests; `Retry-After` says when to go on.",
}


class FieldError(serializers.Serializer):
    field = serializers.CharField()
    detail = serializers.CharField()
    code = serializers.CharField()


class Alternative(serializers.Serializer):
    start = serializers.DateTimeField()
    doctors = serializers.IntegerField(help_text="How many doctors are free then.")


class ProblemDocument(serializers.Serializer):
    """RFC 9457. Programs decide by `code`; `detail` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]
    alternatives = Alternative(many=True, required=False)


def problems(*statuses: int) -> dict[Any, Any]:
    """The `responses` of an operation that may be refused in these ways."""
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemDocument, MEANINGS[status])
        for status in statuses
    }


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "A random value of the caller's for this one request. Repeating with the same key returns "
        "the first answer for 24 hours (with `Idempotency-Replayed: true`) and has no other effect."
    ),
)
