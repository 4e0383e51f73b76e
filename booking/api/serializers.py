"""The shapes of requests and answers. What is allowed is decided by `booking.operations`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from booking.lookups import is_sensible
from booking.models import Appointment, Status
from clinic.lib.times import iso_z


class InstantField(serializers.DateTimeField):
    """A moment with its offset: 2026-12-01T14:00:00Z. Without one nobody knows when it is."""

    default_error_messages = {
        "naive": _("Say the offset too, like 2026-12-01T14:00:00Z."),
        "range": _("This moment is out of range."),
    }

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        if value.tzinfo is None:
            self.fail("naive")
        if not is_sensible(value):
            self.fail("range")
        return value.astimezone(dt.UTC)

    def to_representation(self, value: Any) -> str:
        return iso_z(value)


def _choice(**options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=SHOWN, **options)


# A hold is no visit yet; everything else a patient may see.
SHOWN = [status.value for status in Status if status not in (Status.HELD, Status.EXPIRED)]


class HoldRequest(serializers.Serializer):
    start = InstantField()
    visit_type = serializers.CharField(max_length=50)
    doctor = serializers.UUIDField(required=False, allow_null=True, default=None)


class HoldAnswer(serializers.ModelSerializer):
    start = InstantField()
    end = InstantField()
    expires_at = InstantField(source="held_until")
    doctor = serializers.UUIDField(source="doctor_id")

    class Meta:
        model = Appointment
        fields = ["id", "start", "end", "expires_at", "doctor"]


class BookingRequest(serializers.Serializer):
    """Either `hold`, or `start` and `visit_type` (and a doctor, unless any will do)."""

    hold = serializers.UUIDField(required=False)
    start = InstantField(required=False)
    visit_type = serializers.CharField(max_length=50, required=False)
    doctor = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    patient = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Somebody in your care, as in their appointments; you yourself if left out.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "hold" in attrs:
            given = {"start", "visit_type"} & set(attrs) or attrs["doctor"] is not None
            if given:
                raise serializers.ValidationError(
                    {"hold": _("A hold has its time already: send nothing else of it.")}
                )
            return attrs
        missing = {"start", "visit_type"} - set(attrs)
        if missing:
            required = serializers.Field.default_error_messages["required"]
            raise serializers.ValidationError(dict.fromkeys(missing, required), code="required")
        return attrs


class MoveRequest(serializers.Serializer):
    start = InstantField()
    doctor = serializers.UUIDField(required=False, allow_null=True, default=None)


class CancelRequest(serializers.Serializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class AppointmentAnswer(serializers.ModelSerializer):
    """Without the reason for the visit: answers are kept for a day beside their key."""

    status = _choice(read_only=True)
    patient = serializers.UUIDField(source="patient_id")
    start = InstantField()
    end = InstantField()
    doctor = serializers.UUIDField(source="doctor_id")
    doctor_name = serializers.CharField(source="doctor.display_name")
    visit_type = serializers.CharField(source="visit_type.slug")

    class Meta:
        model = Appointment
        fields = [
            "id",
            "patient",
            "status",
            "start",
            "end",
            "doctor",
            "doctor_name",
            "visit_type",
            "decision_reason",
        ]
