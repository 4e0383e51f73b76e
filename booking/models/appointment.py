from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Doctor, Patient
from booking.models.hours import TsTzRange
from booking.models.slot import Slot
from booking.models.visit_type import VisitType
from clinic.lib.times import local_day


class Status(models.TextChoices):
    HELD = "held", _("held")
    PENDING = "pending", _("awaiting an answer")
    BOOKED = "booked", _("booked")
    CHECKED_IN = "checked_in", _("checked in")
    COMPLETED = "completed", _("completed")
    EXPIRED = "expired", _("expired")
    DECLINED = "declined", _("declined")
    CANCELLED = "cancelled", _("cancelled")
    LAPSED = "lapsed", _("not answered in time")
    NO_SHOW = "no_show", _("did not come")


# These occupy their time; everything else is history.
LIVE = [Status.HELD, Status.PENDING, Status.BOOKED, Status.CHECKED_IN, Status.COMPLETED]
# These the patient sees as visits to come.
AGREED = [Status.PENDING, Status.BOOKED, Status.CHECKED_IN]
# These may go to another time: nobody has come yet.
MOVABLE = [Status.PENDING, Status.BOOKED]


def _pair(who: str, when: str) -> Q:
    """Who did it and when it was done: both or neither."""
    return Q(**{f"{who}__isnull": True, f"{when}__isnull": True}) | Q(
        **{f"{who}__isnull": False, f"{when}__isnull": False}
    )


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def live(self) -> AppointmentQuerySet:
        return self.filter(status__in=LIVE)

    def of_patient_user(self, user_id: object) -> AppointmentQuerySet:
        """The visits that this signed-in person may see, own and of those in care; never holds."""
        patients = Patient.objects.looked_after_by(user_id).values("pk")
        return self.filter(patient__in=patients).exclude(status__in=[Status.HELD, Status.EXPIRED])

    def upcoming(self, *, now: dt.datetime) -> AppointmentQuerySet:
        return self.filter(status__in=AGREED, end__gt=now).order_by("start")

    def stale_holds(self, *, now: dt.datetime) -> AppointmentQuerySet:
        return self.filter(status=Status.HELD, held_until__lte=now)


class Appointment(models.Model):
    """A visit from its hold to its end; see the table of states in docs/states.md.

    `start` to `end` is what the patient is told; `busy_start` to `busy_end` is what it takes of
    the doctor's time: whole cells, buffers included. `version` rises with each change of time, so
    that a message can name the version it speaks of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Each of the last three is the first column of an index below; of clinics there are few.
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="appointments", db_index=False)
    doctor = models.ForeignKey(Doctor, models.PROTECT, related_name="appointments", db_index=False)
    visit_type = models.ForeignKey(
        VisitType, models.PROTECT, related_name="appointments", db_index=False
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="appointments", db_index=False
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    version = models.PositiveIntegerField(default=1)
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    busy_start = models.DateTimeField()
    busy_end = models.DateTimeField()
    reason = models.TextField(_("reason for the visit"), blank=True, max_length=2000)
    source = models.CharField(_("booked through"), max_length=12, default="web")
    created_at = models.DateTimeField()

    # A hold: until when, and for whom (a random value in the browser's session, or a user's id).
    held_until = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=64, blank=True)
    # Of a hold or a guest's request: a digest of the network it came from, to count by.
    origin = models.CharField(max_length=32, blank=True)
    # A guest's request lapses then, unless the mailed link was followed.
    confirm_by = models.DateTimeField(null=True, blank=True)

    booked_at = models.DateTimeField(null=True, blank=True)
    booked_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 (a pair)
    # When it was given its present time, if that is not the one it was booked for.
    moved_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    decision_reason = models.CharField(_("reason given"), max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    cancel_reason = models.CharField(_("reason for cancelling"), max_length=500, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)

    # The patient said that he will come; when a reminder left. Both of the present version.
    confirmed_at = models.DateTimeField(_("attendance confirmed"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    # Minutes ahead of UTC that the clinic's clock was expected to be at the start, when it was
    # agreed: what the patient was told is `start` plus this, whatever the rules of the zone become.
    utc_offset = models.SmallIntegerField(null=True, blank=True)
    # Some of its cells are none that the doctor's hours give: they go with the visit.
    outside_hours = models.BooleanField(
        _("outside of working hours"), default=False, db_default=False
    )
    # Visits that were booked together, all or none: a family's morning, a course of six.
    group = models.UUIDField(null=True, blank=True)
    # Beside what the kind of visit needs; told in the text of a mail, never around it.
    documents_asked = models.CharField(
        _("documents asked for"), max_length=500, blank=True, default="", db_default=""
    )
    # For the clinic's people alone: never on a patient's page, in a message or in the API.
    internal_note = models.TextField(_("internal note"), blank=True, max_length=2000)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="appointment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(end__gt=F("start"))
                & Q(busy_start__lte=F("start"))
                & Q(busy_end__gte=F("end")),
                name="appointment_times_order",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.HELD, held_until__isnull=False) | ~Q(status=Status.HELD),
                name="appointment_hold_has_end",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.HELD, Status.EXPIRED])
                | Q(patient__isnull=False, booked_at__isnull=False),
                name="appointment_has_patient",
            ),
            models.CheckConstraint(
                condition=_pair("booked_by", "booked_at"), name="appointment_booked_pair"
            ),
            models.CheckConstraint(
                condition=_pair("decided_by", "decided_at"), name="appointment_decided_pair"
            ),
            models.CheckConstraint(
                condition=_pair("ended_by", "ended_at"), name="appointment_ended_pair"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        Status.EXPIRED,
                        Status.DECLINED,
                        Status.CANCELLED,
                        Status.LAPSED,
                        Status.NO_SHOW,
                        Status.COMPLETED,
                    ],
                    ended_at__isnull=False,
                )
                | Q(
                    status__in=[Status.HELD, Status.PENDING, Status.BOOKED, Status.CHECKED_IN],
                    ended_at__isnull=True,
                ),
                name="appointment_ended_when_over",
            ),
            models.UniqueConstraint(
                fields=["holder"],
                condition=Q(status=Status.HELD) & ~Q(holder=""),
                name="one_hold_per_holder",
            ),
            # The last line of defence: with every lock removed, these still stand.
            ExclusionConstraint(
                name="appointment_doctor_once",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    (TsTzRange("busy_start", "busy_end"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=LIVE),
            ),
            ExclusionConstraint(
                name="appointment_patient_once",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    (TsTzRange("start", "end"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=LIVE),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-start"], name="appointment_patient_start"),
            models.Index(fields=["doctor", "start"], name="appointment_doctor_start"),
            # The portal's list, in its order, whole or by one of its filters.
            models.Index(fields=["start"], name="appointment_start"),
            models.Index(fields=["status", "start"], name="appointment_status_start"),
            models.Index(fields=["visit_type", "start"], name="appointment_type_start"),
            # What a doctor has not closed yet: a few among all the visits there ever were.
            models.Index(
                fields=["doctor", "start"],
                condition=Q(status__in=["booked", "checked_in"]),
                name="appointment_unclosed",
            ),
            models.Index(
                fields=["held_until"], condition=Q(status="held"), name="appointment_holds"
            ),
            models.Index(
                fields=["start"], condition=Q(status="pending"), name="appointment_pending"
            ),
            models.Index(
                fields=["group"], condition=Q(group__isnull=False), name="appointment_group"
            ),
            models.Index(
                fields=["origin"],
                condition=Q(status__in=["held", "pending"]) & ~Q(origin=""),
                name="appointment_origin",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start.astimezone(self.clinic.zone):%Y-%m-%d %H:%M} {self.status}"

    @property
    def documents(self) -> list[str]:
        """What the patient is asked to bring: what its kind of visit needs, then what staff ask for
        beside it."""
        own = [self.documents_asked] if self.documents_asked else []
        return [*self.visit_type.documents, *own]

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def is_held(self, *, now: dt.datetime) -> bool:
        return self.status == Status.HELD and self.held_until is not None and now < self.held_until

    def is_upcoming(self, *, now: dt.datetime) -> bool:
        return self.status in AGREED and self.end > now

    def can_change(self, *, now: dt.datetime) -> bool:
        """Whether the patient may still cancel or move it by himself."""
        return self.status in MOVABLE and (
            now <= self.visit_type.changes_close_at(self.start) or self.is_unanswered(now=now)
        )

    def can_arrive(self, *, now: dt.datetime) -> bool:
        """From the visit's day on, by the clinic's calendar: earlier is a slip of the finger."""
        zone = self.clinic.zone
        return self.status == Status.BOOKED and local_day(now, zone) >= local_day(self.start, zone)

    def is_unanswered(self, *, now: dt.datetime) -> bool:
        """A request that nobody has answered can be withdrawn until its start."""
        return self.status == Status.PENDING and now < self.start


class AppointmentSlot(models.Model):
    """That an appointment has, or had, a cell. Rows are kept: `released_at` ends them."""

    id = models.BigAutoField(primary_key=True)
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="cells")
    # Regenerating a grid may remove a free cell that an appointment once had.
    slot = models.ForeignKey(Slot, models.SET_NULL, null=True, related_name="claims")
    claimed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("cell of an appointment")
        verbose_name_plural = _("cells of appointments")
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(released_at__isnull=True), name="slot_claimed_once"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=False) | Q(slot__isnull=False),
                name="claim_has_slot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.slot_id}"
