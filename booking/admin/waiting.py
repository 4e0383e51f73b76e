"""The waiting list in the staff portal: who waits for what, what became free, who was asked."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminRadioSelectWidget

from accounts.portal import AuditedAdmin, BoundedPaginator, ReadOnlyAdmin
from booking import operations, waitlist
from booking.models import FreedTime, Offer, PartOfDay, WaitlistEntry
from booking.models.hours import WorkingHours
from booking.operations import BookingError, Wishes
from booking.wording import time_text, when_text
from clinic.lib.actor import Actor

STATUS = {
    WaitlistEntry.Status.WAITING: "warning",
    WaitlistEntry.Status.OFFERED: "info",
    WaitlistEntry.Status.BOOKED: "success",
}
ANSWERS = {
    Offer.Status.OPEN: "info",
    Offer.Status.ACCEPTED: "success",
    Offer.Status.DECLINED: "danger",
}


class EntryForm(forms.ModelForm):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"),
        choices=WorkingHours.WEEKDAYS,
        coerce=int,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None means any."),
    )
    parts = forms.MultipleChoiceField(
        label=_("Parts of the day"),
        choices=PartOfDay.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None means any."),
    )

    class Meta:
        model = WaitlistEntry
        fields = (
            "patient", "visit_type", "urgent", "earliest", "latest", "weekdays", "parts", "doctors",
        )  # fmt: skip
        help_texts = {"doctors": _("None means any.")}

    @property
    def wishes(self) -> Wishes:
        data = self.cleaned_data
        return Wishes(
            earliest=data["earliest"],
            latest=data["latest"],
            doctors=list(data["doctors"]),
            weekdays=data["weekdays"],
            parts=data["parts"],
        )


class AnswerForm(forms.Form):
    """What somebody says on the phone."""

    answer = forms.ChoiceField(label=_("Answer"), widget=UnfoldAdminRadioSelectWidget)

    def __init__(self, *args: Any, offer: Offer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers = [("leave", _("Leaves the waiting list"))]
        if offer is not None:
            answers = [("yes", _("Takes the time")), ("no", _("Does not take it")), *answers]
        self.fields["answer"].choices = answers  # type: ignore[attr-defined]


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(AuditedAdmin):
    """Written by the operations alone, which also write the audit trail."""

    form = EntryForm
    list_display = (
        "patient", "visit_type", "is_urgent", "since", "wishes", "shown_status", "asked",
    )  # fmt: skip
    list_filter = ("status", "urgent", "visit_type")
    list_select_related = ("clinic", "patient", "visit_type")
    search_fields = ("patient__name", "patient__email", "patient__phone")
    search_help_text = _("Name, email or phone of the patient")
    ordering = ("-urgent", "created_at")
    list_per_page = 50
    paginator = BoundedPaginator
    actions = None
    actions_detail = ["answer"]
    autocomplete_fields = ("patient",)
    filter_horizontal = ("doctors",)
    fields = (
        "patient", "visit_type", "urgent", "earliest", "latest", "weekdays", "parts", "doctors",
        "since", "shown_status", "asked",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitlistEntry]:
        return super().get_queryset(request).prefetch_related("doctors", "offers__hold__doctor")

    def get_readonly_fields(
        self, request: HttpRequest, obj: WaitlistEntry | None = None
    ) -> tuple[str, ...]:
        """The place in the list is of one patient and one kind of visit."""
        shown = ("since", "shown_status", "asked")
        return (*shown, "patient", "visit_type") if obj else shown

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What has ended is history."""
        is_over = isinstance(obj, WaitlistEntry) and not obj.is_open
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        entry = self.get_object(request, object_id)
        is_open = entry is not None and entry.is_open
        return super().get_actions_detail(request, object_id) if is_open else []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What the operation refuses is said on the page that was left."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except BookingError as refusal:
            messages.error(request, str(refusal))
            return redirect(request.path)

    def save_model(
        self, request: HttpRequest, obj: WaitlistEntry, form: EntryForm, change: bool
    ) -> None:
        who: dict[str, Any] = {"by": Actor.from_request(request), "now": timezone.now()}
        wish, urgent = form.wishes, form.cleaned_data["urgent"]
        if change:
            operations.change_wish(entry=obj, wish=wish, urgent=urgent, **who)
            return
        made = operations.join_waitlist(
            patient=obj.patient, visit_type=obj.visit_type, wish=wish, urgent=urgent, **who
        )
        obj.pk, obj._state.adding = made.pk, False

    def save_related(self, *args: Any) -> None:
        """Done by the operation."""

    @display(description=_("urgent"), boolean=True, ordering="urgent")
    def is_urgent(self, obj: WaitlistEntry) -> bool:
        return obj.urgent

    @display(description=_("waiting since"), ordering="created_at")
    def since(self, obj: WaitlistEntry) -> str:
        return when_text(obj.created_at, obj.clinic.zone, year=True) if obj.created_at else "-"

    @display(description=_("wishes"))
    def wishes(self, obj: WaitlistEntry) -> str:
        return waitlist.wish_text(obj)

    @display(description=_("status"), label={key.label: value for key, value in STATUS.items()})
    def shown_status(self, obj: WaitlistEntry) -> str:
        return obj.get_status_display()

    @display(description=_("what was offered"))
    def asked(self, obj: WaitlistEntry) -> str:
        """Each offer with its answer, latest first."""
        if obj._state.adding:
            return "-"
        return "; ".join(_offer_text(offer, obj) for offer in obj.offers.all()) or "-"

    @action(description=_("Answer for the patient"), url_path="answer", permissions=["change"])
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks on GET, acts on POST."""
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        if not self.has_change_permission(request, entry):
            raise PermissionDenied
        offer = entry.offers.filter(status=Offer.Status.OPEN).first()
        form = AnswerForm(request.POST or None, offer=offer)
        if request.method == "POST" and form.is_valid():
            self._act(request, entry, offer, form.cleaned_data["answer"])
            return redirect(reverse("admin:booking_waitlistentry_change", args=[entry.pk]))
        self.record_look(request, entry)
        context = self.admin_site.each_context(request) | {
            "title": _("Answer for the patient"),
            "form": form,
            "entry": entry,
            "offer": offer,
            "wishes": self.wishes(entry),
            "when": when_text(offer.hold.start, entry.clinic.zone) if offer else "",
            "until": time_text(offer.expires_at, entry.clinic.zone) if offer else "",
            "opts": self.opts,
        }
        return render(request, "admin/booking/waiting_answer.html", context)

    def _act(
        self, request: HttpRequest, entry: WaitlistEntry, offer: Offer | None, answer: str
    ) -> None:
        who: dict[str, Any] = {"by": Actor.from_request(request), "now": timezone.now()}
        try:
            if answer == "yes" and offer is not None:
                operations.accept_offer(offer=offer, **who)
            elif answer == "no" and offer is not None:
                operations.decline_offer(offer=offer, **who)
            else:
                operations.leave_waitlist(entry=entry, **who)
        except BookingError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Done."))


def _offer_text(offer: Offer, entry: WaitlistEntry) -> str:
    when = when_text(offer.hold.start, entry.clinic.zone)
    return f"{when}, {offer.hold.doctor}: {offer.get_status_display()}"


class _History(ReadOnlyAdmin):
    """What the waiting list did by itself: nobody changes it."""

    list_per_page = 50
    paginator = BoundedPaginator
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(FreedTime)
class FreedTimeAdmin(_History):
    list_display = ("doctor", "when", "cause", "freed", "offers_made", "shown_state")
    list_filter = ("cause", "doctor")
    list_select_related = ("doctor__clinic",)
    ordering = ("-id",)
    fields = ("doctor", "when", "cause", "freed", "offers_made", "shown_state", "asked")
    readonly_fields = fields

    def names_patients(self, request: HttpRequest) -> bool:
        return True

    def patients_on_page(self, obj: FreedTime) -> set[uuid.UUID]:
        """The list says nothing of who was asked, the page of one time does."""
        return set(obj.offers.values_list("entry__patient_id", flat=True))

    @display(description=_("time"))
    def when(self, obj: FreedTime) -> str:
        zone = obj.doctor.clinic.zone
        return f"{when_text(obj.start, zone)} – {time_text(obj.end, zone)}"

    @display(description=_("became free"))
    def freed(self, obj: FreedTime) -> str:
        return when_text(obj.freed_at, obj.doctor.clinic.zone)

    @display(description=_("state"))
    def shown_state(self, obj: FreedTime) -> str:
        if obj.done_at:
            return str(_("left to everybody, or taken"))
        later = when_text(obj.look_after, obj.doctor.clinic.zone)
        return str(_("looked at again: %(when)s")) % {"when": later}

    @display(description=_("who was asked"))
    def asked(self, obj: FreedTime) -> str:
        offers = obj.offers.select_related("entry__patient").order_by("made_at")
        lines = [f"{offer.entry.patient}: {offer.get_status_display()}" for offer in offers]
        return "; ".join(lines) or "-"


@admin.register(Offer)
class OfferAdmin(_History):
    list_display = ("patient", "when", "doctor", "made", "until", "shown_status")
    list_filter = ("status",)
    list_select_related = ("entry__patient", "hold__doctor", "hold__clinic")
    search_fields = ("entry__patient__name",)
    ordering = ("-made_at",)
    fields = ("patient", "when", "doctor", "made", "until", "shown_status", "answered")
    readonly_fields = fields

    @display(description=_("patient"))
    def patient(self, obj: Offer) -> str:
        return obj.entry.patient.name

    @display(description=_("time"))
    def when(self, obj: Offer) -> str:
        return when_text(obj.hold.start, obj.hold.clinic.zone)

    @display(description=_("doctor"))
    def doctor(self, obj: Offer) -> str:
        return str(obj.hold.doctor)

    @display(description=_("offered"), ordering="made_at")
    def made(self, obj: Offer) -> str:
        return when_text(obj.made_at, obj.hold.clinic.zone)

    @display(description=_("kept until"))
    def until(self, obj: Offer) -> str:
        return when_text(obj.expires_at, obj.hold.clinic.zone)

    @display(description=_("answered"))
    def answered(self, obj: Offer) -> str:
        return when_text(obj.answered_at, obj.hold.clinic.zone) if obj.answered_at else "-"

    @display(description=_("answer"), label={key.label: value for key, value in ANSWERS.items()})
    def shown_status(self, obj: Offer) -> str:
        return obj.get_status_display()
